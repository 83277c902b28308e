import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareRuns } from '../../../../src/analysis/report/comparison/compare.ts';
import { renderComparison } from '../../../../src/analysis/report/comparison/comparisonPage.ts';
import { renderReport } from '../../../../src/analysis/report/page/render.ts';
import { parseStudy } from '../../../../src/analysis/study/file/parse.ts';
import { type BrowserPages, browserPages } from '../../../support/browserPages.ts';
import { fakeStudyText, fakeTrials } from '../../../support/fakeTrials.ts';
import {
  AXE,
  AXE_VIOLATIONS,
  AXIS_TITLES,
  CLAIMS,
  CONTENTS,
  DRAWINGS_SHOWN,
  LOST_CELLS,
  SCROLLING_TABLES,
  SILENT_MARKS,
  STICKS_OUT,
} from '../../../support/inPage.ts';
import { recorded, reportOn } from '../../../support/recordedVerdict.ts';
import { reportOf } from '../../../support/reportOf.ts';

/* What readers see at the widths of a phone, a tablet, a laptop and a large screen. */
const WIDTHS = [390, 768, 1280, 1600];

/** The paper's networks, defences and attacks, at one setting each. */
const PAPER = `name: another-name
data: { name: mnist, train: 6000, test: 10000 }
models: { depth: [18, 34, 50, 101, 152], width: 8 }
training: { epochs: 4, batch_size: 64, learning_rate: 0.05 }
defences:
  - { name: none }
  - { name: gaussian-augmentation, sigma: 0.3, ratio: 0.5 }
  - { name: gaussian-noise, scale: 0.1 }
  - { name: high-confidence, cutoff: 0.5 }
  - { name: feature-squeezing, bit_depth: 4 }
attacks:
  - { name: fgm, eps: [0.1, 0.3] }
  - { name: pgd, eps: [0.1, 0.3] }
  - { name: deepfool }
  - { name: hopskipjump }
  - { name: pixel, th: 4 }
  - { name: threshold, th: 64 }
samples: 20
`;

/** The report on made-up trials of a study. */
async function fakeReport(text: string) {
  const { study } = parseStudy(text, 'study.yaml');
  return reportOf(await fakeTrials(study), study);
}

const REPORTS = {
  /** A recorded run: one network, no defence, four attacks, so one series in each figure. */
  attackers: reportOn(recorded('attackers')),
  /** A recorded run: two networks, of which one learned nothing. */
  learning: reportOn(recorded('learning')),
  /** Two networks with three defences: panels, and several series in each. */
  quickstart: await fakeReport(fakeStudyText),
  paper: await fakeReport(PAPER),
};
type Name = keyof typeof REPORTS | 'comparison';
const STUDIES = Object.keys(REPORTS) as (keyof typeof REPORTS)[];
const NAMES: readonly Name[] = [...STUDIES, 'comparison'];

let pages: BrowserPages<Name>;

beforeAll(async () => {
  const runs = ['again-1', 'again-2'].map((name) => ({ name, ...recorded(name) }));
  const texts = STUDIES.map((name) => [name, renderReport(REPORTS[name])]);
  pages = await browserPages({ ...Object.fromEntries(texts), comparison: renderComparison(compareRuns(runs)) });
});

afterAll(async () => {
  await pages?.close();
});

describe.each(WIDTHS)('%i pixels wide', (width) => {
  test.each(NAMES)('%s: nothing is cut, nothing is out of sight but in boxes that scroll', async (name) => {
    const { page } = await pages.open(name, width);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(await page.evaluate(STICKS_OUT)).toEqual([]);
    expect(await page.evaluate(LOST_CELLS)).toEqual([]);
    await page.close();
  });

  test.each(STUDIES)(
    '%s: every panel is within the window, with letters that can be read, and whole titles of axes',
    async (name) => {
      const { page } = await pages.open(name, width);
      const shown = await page.evaluate<{ name: string; within: boolean; letters: number }[]>(DRAWINGS_SHOWN);
      // By factor, by strength, survival, time ratios, TRASH and more.
      expect(shown.length).toBeGreaterThan(5);
      expect(shown.filter(({ within }) => !within)).toEqual([]);
      // Letters of captions and tables have 13 to 15 pixels; those of figures are near that.
      expect(shown.filter(({ letters }) => letters < 10.5 || letters > 16)).toEqual([]);
      const titles = await page.evaluate<{ text: string; within: boolean }[]>(AXIS_TITLES);
      expect(titles.length).toBeGreaterThanOrEqual(shown.length);
      expect(titles.filter(({ within }) => !within)).toEqual([]);
      await page.close();
    },
  );
});

test.each(NAMES)('%s, 1280 pixels wide: no table needs to scroll', async (name) => {
  const { page } = await pages.open(name, 1280);
  expect(await page.evaluate(SCROLLING_TABLES)).toEqual([]);
  await page.close();
});

test.each(STUDIES)('%s: the contents name every section, and lead to it', async (name) => {
  const { page } = await pages.open(name, 1280);
  const contents = await page.evaluate<[string, string | null][]>(CONTENTS);
  const headings = await page.locator('h2').allTextContents();
  expect(contents).toEqual(headings.map((heading) => [heading, `H2 ${heading}`]));
  expect(headings.length).toBeGreaterThan(7);
  await page.close();
});

test.each(NAMES)('%s: axe finds no violation in the folded parts either', async (name) => {
  const { page } = await pages.open(name, 390);
  await page.evaluate(`for (const one of document.querySelectorAll('details')) one.open = true`);
  await page.evaluate(AXE);
  expect(await page.evaluate(AXE_VIOLATIONS)).toEqual([]);
  await page.close();
});

test.each(STUDIES)(
  "%s: the paper's claims are open and follow the verdict in the paper's own study; in others they are folded, behind all figures",
  async (name) => {
    const { page } = await pages.open(name, 1280);
    const claims = REPORTS[name].claims.length;
    expect(claims).toBe(15);
    const last = await page.locator('figure:has(svg)').count();
    expect(await page.evaluate(CLAIMS)).toEqual(
      name === 'paper' ? { claims, folded: false, figuresBefore: 1 } : { claims, folded: true, figuresBefore: last },
    );
    await page.close();
  },
);

test('what is folded away is on paper', async () => {
  const { page } = await pages.open('quickstart', 720);
  await page.emulateMedia({ media: 'print' });
  expect(await page.locator('section[aria-labelledby=claims] table').isVisible()).toBe(true);
  const { folded } = await page.evaluate<{ folded: boolean }>(CLAIMS);
  expect(folded).toBe(false);
  await page.close();
});

test.each(STUDIES.flatMap((name) => [390, 1280].map((width) => [name, width] as const)))(
  '%s, %i pixels wide: a pointer that rests on a mark is told its values',
  async (name, width) => {
    const { page } = await pages.open(name, width);
    const { silent, count } = await page.evaluate<{ silent: string[]; count: number }>(SILENT_MARKS);
    expect(silent).toEqual([]);
    expect(count).toBeGreaterThan(10);
    await page.close();
  },
);
