/** What tests ask of a page, as text: it runs in the browser, whose types no other code may see. */

/** What axe finds, as lines. */
export const AXE_VIOLATIONS = `axe.run().then(({ violations }) =>
  violations.map(({ id, nodes }) => id + ': ' + nodes[0].failureSummary + ' ' + nodes[0].html.slice(0, 200)))`;

/** What of a page sticks out: the page itself sideways, figures without size, letters of figures beyond their edges, as lines. */
export const STICKS_OUT = `(() => {
  const found = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) found.push('the page is ' + root.scrollWidth + ' wide of ' + root.clientWidth);
  for (const figure of document.querySelectorAll('figure')) {
    const drawing = figure.querySelector('svg, img');
    const box = drawing.getBoundingClientRect();
    const name = (drawing.getAttribute('aria-label') ?? drawing.getAttribute('alt')).slice(0, 60);
    if (box.width < 100 || box.height < 40) found.push(name + ': ' + box.width + ' by ' + box.height);
    for (const text of drawing.querySelectorAll('text')) {
      const letters = text.getBoundingClientRect();
      if (letters.width === 0) continue;
      // Two pixels: the height of a line counts what hangs below letters.
      if (letters.left < box.left - 2 || letters.right > box.right + 2 || letters.top < box.top - 2 || letters.bottom > box.bottom + 2)
        found.push(name + ': ' + text.textContent);
    }
  }
  return found;
})()`;

/** Tables, figures and paragraphs that reach over the right edge, as lines. */
export const CUT_OFF = `[...document.querySelectorAll('table, figure, pre, p')].flatMap((element) => {
  const { right } = element.getBoundingClientRect();
  return right > document.documentElement.clientWidth + 1
    ? [element.tagName + ' ' + element.textContent.slice(0, 60) + ': ' + right]
    : [];
})`;

/** Colour of letters, colour of paper, and how the way past the beginning is shown. */
export const LOOKS = `(() => {
  const { color, backgroundColor } = getComputedStyle(document.body);
  return [color, backgroundColor, getComputedStyle(document.querySelector('.skip')).display];
})()`;

/** How many elements the keyboard should reach. */
export const REACHABLE = `document.querySelectorAll('a[href], [tabindex="0"]').length`;

/** Which of these has the focus, and the ring around it; what it says, and whether it is in sight. */
export const FOCUSED = `(() => {
  const element = document.activeElement;
  const all = [...document.querySelectorAll('a[href], [tabindex="0"]')];
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  return {
    index: all.indexOf(element),
    ring: outlineStyle + ' ' + outlineWidth,
    id: element.id,
    text: element.textContent.slice(0, 60),
    inSight: element.getBoundingClientRect().top >= 0,
  };
})()`;
