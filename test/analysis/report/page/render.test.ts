import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { reportTables } from '../../../../src/analysis/report/csv.ts';
import { readingOf } from '../../../../src/analysis/report/lines/trash.ts';
import { interval, number, percent } from '../../../../src/analysis/report/page/format.ts';
import { readable } from '../../../../src/analysis/report/page/names.ts';
import { renderReport } from '../../../../src/analysis/report/page/render.ts';
import { meaningOf } from '../../../../src/analysis/report/page/verdict.ts';
import type { Report } from '../../../../src/analysis/report/report.ts';
import { parseStudy } from '../../../../src/analysis/study/file/parse.ts';
import { fakeStudyText, fakeTrials } from '../../../support/fakeTrials.ts';
import { reportOf } from '../../../support/reportOf.ts';

const { study } = parseStudy(fakeStudyText, 'fake.yaml');
const trials = await fakeTrials(study);
const report = reportOf(trials, study);
const page = renderReport(report);
const { document } = parseHTML(page);

type Searchable = Pick<typeof document, 'querySelectorAll'>;

const textsOf = (selector: string, within: Searchable = document) =>
  [...within.querySelectorAll(selector)].map((element) => element.textContent!.replace(/\s+/g, ' ').trim());

/** The table with this caption, as the texts of its cells. */
function tableRows(caption: string): string[][] {
  const table = [...document.querySelectorAll('table')].find(
    (t) => t.querySelector('caption')!.textContent === caption,
  )!;
  return [...table.querySelectorAll('tbody tr')].map((row) => textsOf('th, td', row));
}

test('the same trials give the same page', () => {
  expect(renderReport(reportOf(trials, study))).toBe(page);
});

test('the verdict comes first, then the figures, the numbers and the machine', () => {
  expect(textsOf('h1')).toEqual(['fake']);
  expect(textsOf('h2')).toEqual([
    'Verdict',
    'Warnings',
    'Accuracy and robustness',
    'Checks of the attacks',
    'Survival under attack',
    'What survival depends on',
    'Was training worth its cost?',
    'What attacks look like',
    'What the paper claims, tested here',
    'Models and attacks in numbers',
    'Assumptions',
    'What this covers of NIST AI 100-2 and the EU AI Act',
    'Words',
    'Machine, and how to reproduce this',
  ]);
});

test('the page needs nothing from elsewhere, and runs nothing', () => {
  expect(document.querySelectorAll('script, link, iframe, object, embed').length).toBe(0);
  expect(page.replaceAll('http://www.w3.org/', '')).not.toMatch(/https?:|@import|url\(/);
  for (const image of document.querySelectorAll('img'))
    expect(image.getAttribute('src')).toMatch(/^data:image\/png;base64,/);
  const tables = Object.keys(reportTables(report)).concat('survival-table.csv');
  for (const link of document.querySelectorAll('a')) {
    const target = link.getAttribute('href')!;
    if (target.startsWith('#')) expect(document.querySelector(target)).not.toBeNull();
    else if (target !== 'report.json') expect(tables).toContain(target.replace(/^data\//, ''));
  }
});

test('every figure is described and captioned, every table has a caption and scopes, every section a heading', () => {
  const figures = [...document.querySelectorAll('figure:has(svg)')];
  // Accuracy by factor and for each of two attacks; survival by three factors and for each attack; time ratios, partial effects,
  // calibration, TRASH, costs.
  expect(figures.length).toBe(1 + 2 + 3 + 2 + 5);
  // Weakest and strongest of two attacks, three images each.
  const pictures = [...document.querySelectorAll('img')];
  expect(pictures.length).toBe(2 * 2 * 3);
  for (const picture of pictures)
    expect(picture.getAttribute('alt')).toMatch(/^Image \d of class \d before and after \w+, [\d.]+ \(mnist\): /);
  for (const figure of figures) {
    for (const svg of figure.querySelectorAll('svg')) {
      expect(svg.getAttribute('role')).toBe('img');
      expect(svg.getAttribute('aria-label')!.length).toBeGreaterThan(40);
    }
    expect(figure.querySelector('figcaption')!.textContent!.length).toBeGreaterThan(15);
    // Colours are the page's, so that they follow the theme.
    expect(figure.outerHTML.match(/(?:fill|stroke)="#[0-9a-f]{3,6}"/)).toBeNull();
  }
  for (const table of document.querySelectorAll('table')) {
    expect(table.querySelector('caption')!.textContent).not.toBe('');
    for (const heading of table.querySelectorAll('th')) expect(heading.getAttribute('scope')).toMatch(/^(col|row)$/);
  }
  for (const section of document.querySelectorAll('section')) {
    const id = section.getAttribute('aria-labelledby')!;
    expect(section.querySelector('h2')!.id).toBe(id);
  }
});

test('the numbers of the report are on the page', () => {
  const verdict = tableRows(
    'TRASH of every model under the best single attack, with its 95 % interval and what it means',
  );
  expect(verdict.map((cells) => [cells[0], cells[3], cells[4]])).toEqual(
    report.trash.map(({ model, value, lower, upper }) => [model, number(value), interval(lower, upper)]),
  );
  expect(tableRows('Attacks')).toHaveLength(report.attacks.length);
  expect(tableRows('Models').map((cells) => cells[5])).toEqual(
    report.models.map(({ accuracy }) => `${(100 * accuracy).toFixed(2)} %`),
  );
  expect(textsOf('section[aria-labelledby=reproduce] td').join('|')).toContain(report.adapter.name);
});

test('a figure draws every number: a dot a strength, a mark a censoring, a curve a group', () => {
  const figureOf = (caption: RegExp) =>
    [...document.querySelectorAll('figure:has(svg)')].find((figure) =>
      caption.test(figure.querySelector('figcaption')!.textContent!),
    )!;
  const accuracy = figureOf(/^FGM, by model/);
  const survival = figureOf(/^FGM: Kaplan-Meier/);
  // One attack: 2 models x 3 defences x (4 strengths and 0).
  expect(accuracy.querySelectorAll('g.mark.dot path').length).toBe(2 * 3 * 5);
  const curves = report.kaplanMeier.filter(({ attack }) => attack === 'fgm');
  const censorings = curves.flatMap(({ steps }) => steps).filter(({ censored }) => censored > 0);
  // No curve has so many censorings that some are left out.
  expect(survival.querySelectorAll('g.mark.dot path').length).toBe(censorings.length);
  // Observed and fitted.
  expect(survival.querySelectorAll('g.mark.line path').length).toBe(2 * curves.length);
  // A panel a model.
  expect(textsOf('.panel-title', accuracy)).toEqual(['ResNet-18', 'ResNet-34']);
  expect(accuracy.querySelectorAll('svg').length).toBe(2);
});

test('a mark tells a pointer what the table says of it', () => {
  const told = textsOf('figure .hover title');
  for (const { defence, eps, robustAccuracy } of report.attacks)
    expect(told).toContain(`${readable(defence)}, ε ${eps}: ${percent(robustAccuracy)}`);
  for (const { model, defence, value, lower, upper } of report.trash)
    expect(told).toContain(`${model}, ${readable(defence)}: ${number(value)} (${interval(lower, upper)})`);
  const step = report.kaplanMeier[0].steps[0];
  expect(told.filter((text) => text.endsWith(` not broken, ${step.atRisk} at risk before`)).length).toBeGreaterThan(0);
});

/** The page of a changed report. */
const pageOf = (change: Partial<Report>) => parseHTML(renderReport({ ...report, ...change })).document;

test('text from outside is text, not markup', () => {
  const warning = '<script>alert(1)</script> & "quotes"';
  const changed = pageOf({ warnings: [warning], adapter: { ...report.adapter, name: '<b>x</b>' } });
  expect(changed.querySelectorAll('script').length).toBe(0);
  expect(changed.querySelector('.warnings li')!.textContent).toBe(warning);
  expect(changed.querySelector('.sub')!.textContent).toContain('<b>x</b>');
});

test('the verdict follows the intervals', () => {
  const line = report.trash[0];
  const lead = (...scores: [number, number, number][]) =>
    pageOf({
      trash: scores.map(([lower, value, upper]) => ({
        ...line,
        lower,
        value,
        upper,
        reading: readingOf({ kind: 'estimate', lower, upper, perBrokenLower: lower }, null),
      })),
    }).querySelector('.lead')!.textContent;
  expect(lead([2, 3, 4], [1.1, 2, 3])).toBe(
    'Every model here is cheaper to break than to train on, image for image, by the best single attack of this study, counted in seconds (2 of 2).',
  );
  expect(lead([0.1, 0.2, 0.9])).toBe(
    'Every model here is costlier to break than to train on, image for image, by the best single attack of this study, counted in seconds (1 of 1).',
  );
  expect(lead([2, 3, 4], [0.1, 0.2, 0.3], [0.5, 1.5, 2])).toBe(
    'Of 3 models, image for image, by the best single attack of this study, counted in seconds, 1 is cheaper to break than to train on, 1 is costlier to break and 1 cannot be told apart from even.',
  );
});

test('a model of which few images broke is not called cheaper to break than what each of these cost', () => {
  const score = { kind: 'estimate', lower: 1.2, upper: 3 } as const;
  expect(readingOf({ ...score, perBrokenLower: 1.1 }, null)).toBe('cheaper to break');
  expect(readingOf({ ...score, perBrokenLower: 0.9 }, null)).toBe('undecided');
  const note = '13 % of the images were broken, at 2.5 times the training cost for each';
  expect(meaningOf({ reading: 'undecided', value: 2, upper: 3, note })).toBe(`undecided: ${note}`);
});

test.each(['queries', 'flops'])('by %s nothing on the page is measured in seconds but training', async (clock) => {
  const other = parseStudy(fakeStudyText.replace('clock: seconds', `clock: ${clock}`), 'clock.yaml').study;
  const { document: changed } = parseHTML(renderReport(reportOf(trials, other)));
  expect(changed.querySelector('section[aria-labelledby=survival]')!.textContent).not.toMatch(/\d m?s\b|\(m?s\)/);
  expect(changed.querySelector('section[aria-labelledby=trash]')!.textContent).not.toMatch(/\d m?s\b|\(m?s\)/);
});

test('with prices the costs are shown in money, beside the plain score; without, no money is spoken of', () => {
  expect(page).not.toContain('EUR');
  const priced = parseStudy(
    `${fakeStudyText}prices: { currency: EUR, training: 3, attack: 1.5 }\n`,
    'priced.yaml',
  ).study;
  const built = reportOf(trials, priced);
  const { document: changed } = parseHTML(renderReport(built));
  const shown = [...changed.querySelectorAll('table')].find((table) =>
    table.querySelector('caption')!.textContent!.startsWith('TRASH at these prices'),
  )!;
  const rows = [...shown.querySelectorAll('tbody tr')].map((row) => textsOf('th, td', row));
  expect(rows.map((cells) => cells[5])).toEqual(built.trash.map(({ money }) => number(money?.value ?? null)));
  expect(rows[0][2]).toBe(`${number(built.trash[0].money!.trainingCost)} EUR`);
  expect(changed.querySelector('section[aria-labelledby=trash]')!.textContent).toContain('trains at 3.00 EUR');
});

test('the words above the table of costs name columns that its tables have', () => {
  const section = pageOf({}).querySelector('section[aria-labelledby=trash]')!;
  const words = section.querySelector('p')!.textContent!;
  const headings = textsOf('thead th', section).join('|');
  expect(words).toContain('the column “Up to”');
  expect(headings).toContain('Up to');
  expect(words).toContain('the column by the survival model');
  expect(headings).toContain('by the survival model');
});

test('reports without attacks, or without a model, still make a page', () => {
  const trainingsOnly = parseHTML(renderReport(reportOf(trials.slice(0, 4), study))).document;
  expect(trainingsOnly.querySelector('.lead')!.textContent).toBe(
    'There is no verdict: no attacked model can be scored.',
  );
  expect(trainingsOnly.querySelectorAll('figure').length).toBe(0);
  expect(trainingsOnly.querySelector('section[aria-labelledby=claims]')!.textContent).toContain(
    'cannot be tested here',
  );
  const kaplanMeier = report.kaplanMeier.map((curve) => ({ ...curve, fitted: [] }));
  const notes = ['no weibull model: no failure'];
  const withoutFit = pageOf({
    survival: { ...report.survival, fit: null, coefficients: [], notes },
    kaplanMeier,
    partialEffects: [],
    calibration: null,
  });
  expect(withoutFit.querySelector('section[aria-labelledby=model]')!.textContent).toContain(
    'No weibull model: no failure.',
  );
  expect(withoutFit.querySelectorAll('figure:has(svg)').length).toBe(13 - 3);
});
