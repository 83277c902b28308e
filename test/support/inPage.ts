/** What tests ask of a page, as text: it runs in the browser, whose types no other code may see. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** axe-core, to be evaluated: not to be added as a script of the page, whose policy allows none. */
export const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds, as lines. */
export const AXE_VIOLATIONS = `axe.run().then(({ violations }) =>
  violations.map(({ id, nodes }) => id + ': ' + nodes[0].failureSummary + ' ' + nodes[0].html.slice(0, 200)))`;

/** What of a page sticks out: the page itself sideways, figures without size, letters of figures beyond their edges, as lines. */
export const STICKS_OUT = `(() => {
  const found = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) found.push('the page is ' + root.scrollWidth + ' wide of ' + root.clientWidth);
  for (const drawing of document.querySelectorAll('figure svg, figure img')) {
    if (!drawing.checkVisibility()) continue;
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

const REACHED = `[...document.querySelectorAll('a[href], summary, [tabindex="0"]')].filter((one) => one.checkVisibility())`;

/** How many elements the keyboard should reach. */
export const REACHABLE = `${REACHED}.length`;

/** Which of these has the focus, and the ring around it; what it says, and whether it is in sight. */
export const FOCUSED = `(() => {
  const element = document.activeElement;
  const all = ${REACHED};
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  return {
    index: all.indexOf(element),
    ring: outlineStyle + ' ' + outlineWidth,
    id: element.id,
    text: element.textContent.slice(0, 60),
    inSight: element.getBoundingClientRect().top >= 0,
  };
})()`;

/** Cells of tables that nothing brings into sight: beyond the window and in no box that scrolls, or in a box that is itself beyond it. */
export const LOST_CELLS = `[...document.querySelectorAll('th, td, caption span')].filter((cell) => cell.checkVisibility()).flatMap((cell) => {
  const box = cell.closest('.scroll');
  const scrolls = box !== null && getComputedStyle(box).overflowX === 'auto';
  const { right } = (scrolls ? box : cell).getBoundingClientRect();
  return right > innerWidth + 0.5 ? [cell.textContent.slice(0, 40) + ': ' + right] : [];
})`;

/** The captions of tables that are wider than their box. */
export const SCROLLING_TABLES = `[...document.querySelectorAll('.scroll:has(table)')]
  .filter((box) => box.scrollWidth > box.clientWidth)
  .map((box) => box.querySelector('caption').textContent + ': ' + box.scrollWidth + ' of ' + box.clientWidth)`;

const DRAWINGS = `[...document.querySelectorAll('figure svg')].filter((one) => one.checkVisibility())`;

/** The drawings in sight: whether each lies within the window, and how large its letters are. */
export const DRAWINGS_SHOWN = `${DRAWINGS}.map((drawing) => {
  const { left, right, width } = drawing.getBoundingClientRect();
  const letter = parseFloat(getComputedStyle(drawing.querySelector('text')).fontSize);
  return {
    name: drawing.getAttribute('aria-label').slice(0, 60),
    within: left >= 0 && right <= innerWidth,
    letters: (letter * width) / drawing.viewBox.baseVal.width,
  };
})`;

/** Titles of axes: whether each lies within its drawing. */
export const AXIS_TITLES = `${DRAWINGS}.flatMap((drawing) => {
  const box = drawing.getBoundingClientRect();
  return [...drawing.querySelectorAll('[class$="-axis label"] text')].map((title) => {
    const letters = title.getBoundingClientRect();
    const within =
      letters.left >= box.left && letters.right <= box.right && letters.top >= box.top && letters.bottom <= box.bottom;
    return { text: title.textContent, within };
  });
})`;

/** What contents lead to: the heading with that id, or null. */
export const CONTENTS = `[...document.querySelectorAll('nav a')].map((link) => {
  const target = document.getElementById(link.getAttribute('href').slice(1));
  return [link.textContent, target === null ? null : target.tagName + ' ' + target.textContent];
})`;

/** Marks that show nothing to a pointer that rests on their middle, of the figures whose marks all should; and how many there are. */
export const SILENT_MARKS = `(() => {
  const silent = [];
  let count = 0;
  for (const drawing of ${DRAWINGS}) {
    const data = drawing.closest('figure').querySelector('figcaption a').getAttribute('href');
    if (!/(accuracy|accuracy-by|coefficients|trash|costs)[.]csv$/.test(data)) continue;
    for (const mark of drawing.querySelectorAll('.mark.dot > *')) {
      mark.scrollIntoView({ block: 'center' });
      const { left, top, width, height } = mark.getBoundingClientRect();
      const hit = document.elementFromPoint(left + width / 2, top + height / 2);
      count++;
      if (!hit?.querySelector('title')?.textContent) silent.push(data + ': ' + mark.outerHTML);
    }
  }
  return { silent, count };
})()`;

/** How many claims of the paper there are, whether all are folded away, and how many figures come before them. */
export const CLAIMS = `(() => {
  const claims = [...document.querySelectorAll('section[aria-labelledby=claims] tbody tr')];
  const figures = [...document.querySelectorAll('figure:has(svg)')];
  return {
    claims: claims.length,
    folded: claims.every((one) => !one.checkVisibility()),
    figuresBefore: figures.filter((one) => one.compareDocumentPosition(claims[0]) & Node.DOCUMENT_POSITION_FOLLOWING).length,
  };
})()`;
