import { decode } from 'fast-png';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { renderReport } from '../../../../src/analysis/report/page/render.ts';
import { parseStudy } from '../../../../src/analysis/study/file/parse.ts';
import { type BrowserPages, browserPages } from '../../../support/browserPages.ts';
import { fakeStudyText, fakeTrials } from '../../../support/fakeTrials.ts';
import { AXE, AXE_VIOLATIONS, CUT_OFF, FOCUSED, LOOKS, REACHABLE, STICKS_OUT } from '../../../support/inPage.ts';
import { reportOf } from '../../../support/reportOf.ts';

/** One study whose models have a panel each, and one that has too many of everything. */
const STUDIES = {
  small: fakeStudyText,
  wide: `name: wide
data: [{ name: mnist, train: 6000, test: 10000 }, { name: cifar10, train: 6000, test: 10000 }]
models: { depth: [18, 34], width: 16, precision: [f32, f16] }
training: { epochs: 4, batch_size: 64, learning_rate: 0.05 }
defences:
  - { name: none }
  - { name: feature-squeezing, bit_depth: [2, 4, 8] }
  - { name: gaussian-noise, scale: [0.01, 0.1, 0.3] }
attacks: [{ name: deepfool }, { name: pgd, eps: [0.05, 0.2] }]
samples: 40
`,
} as const;
type Name = keyof typeof STUDIES;
const NAMES = Object.keys(STUDIES) as Name[];

let pages: BrowserPages<Name>;

beforeAll(async () => {
  const texts = NAMES.map(async (name) => {
    const { study } = parseStudy(STUDIES[name], `${name}.yaml`);
    return [name, renderReport(reportOf(await fakeTrials(study), study))] as const;
  });
  pages = await browserPages(Object.fromEntries(await Promise.all(texts)) as Record<Name, string>);
});

afterAll(async () => {
  await pages?.close();
});

const open = (name: Name, width = 1100, scheme: 'light' | 'dark' = 'light') => pages.open(name, width, scheme);

const SCHEMES = ['light', 'dark'] as const;

test('no script runs in a report, should one ever get into it, and nothing is asked of anybody', async () => {
  const { page, said } = await open('small');
  const ran = await page.evaluate(`
    const script = document.createElement('script');
    script.textContent = 'document.title = "ran"';
    const image = document.createElement('img');
    image.src = 'http://127.0.0.1:9/pixel.png';
    document.body.append(script, image);
    document.title;
  `);
  expect(ran).not.toBe('ran');
  await expect.poll(() => said.filter((line) => line.includes('Content Security Policy')).length).toBe(2);
  await page.close();
});

test.each([
  ['small', 'light'],
  ['small', 'dark'],
  ['wide', 'light'],
] as const)('%s, %s: no request, no complaint, and no violation that axe finds, of any level', async (name, scheme) => {
  const { page, said } = await open(name, 1100, scheme);
  // Not as a script of the page: its policy allows none.
  await page.evaluate(AXE);
  expect(await page.evaluate(AXE_VIOLATIONS)).toEqual([]);
  expect(said).toEqual([]);
  await page.close();
});

test.each(SCHEMES)('%s: the screen is not blank, and its paper has the colour of the scheme', async (scheme) => {
  const { page } = await open('small', 1100, scheme);
  const { data, channels } = decode(await page.screenshot());
  const colours = new Map<string, number>();
  for (let at = 0; at < data.length; at += channels) {
    const key = `${data[at]},${data[at + 1]},${data[at + 2]}`;
    colours.set(key, (colours.get(key) ?? 0) + 1);
  }
  const [[paper, most]] = [...colours].sort((a, b) => b[1] - a[1]);
  expect(paper).toBe(scheme === 'light' ? '255,254,251' : '22,23,26');
  // Letters and rules take from one to forty in a hundred of a page.
  const share = (most * channels) / data.length;
  expect(share).toBeGreaterThan(0.6);
  expect(share).toBeLessThan(0.99);
  await page.close();
});

test.each(NAMES.flatMap((name) => [1100, 390].map((width) => [name, width] as const)))(
  '%s, %i pixels wide: nothing sticks out of the page or of its figure',
  async (name, width) => {
    const { page } = await open(name, width);
    expect(await page.evaluate(STICKS_OUT)).toEqual([]);
    expect(await page.locator('figure svg').count()).toBeGreaterThan(8);
    await page.close();
  },
);

test.each(NAMES)(
  '%s, printed: black on white, nothing cut off at the edge, nothing that only a screen needs',
  async (name) => {
    // Letter paper within half-inch margins, in CSS pixels.
    const { page } = await open(name, 720, 'dark');
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await page.evaluate(CUT_OFF)).toEqual([]);
    expect(await page.evaluate(LOOKS)).toEqual(['rgb(0, 0, 0)', 'rgb(255, 255, 255)', 'none']);
    await page.close();
  },
);

interface Focused {
  readonly index: number;
  readonly ring: string;
  readonly id: string;
  readonly text: string;
  readonly inSight: boolean;
}

test('the keyboard alone: first a way past the beginning, then every link and every region that scrolls, in order, each with a ring', async () => {
  const { page } = await open('small', 390);
  const wanted = await page.evaluate(REACHABLE);
  await page.keyboard.press('Tab');
  let focused: Focused = await page.evaluate(FOCUSED);
  expect(focused).toMatchObject({ text: 'Skip to the report', inSight: true });
  let reached = 0;
  for (; focused.index >= reached; reached++) {
    expect(focused).toMatchObject({ index: reached, ring: 'solid 2px' });
    await page.keyboard.press('Tab');
    focused = await page.evaluate(FOCUSED);
  }
  expect(reached).toBe(wanted);
  await page.locator('.skip').focus();
  await page.keyboard.press('Enter');
  focused = await page.evaluate(FOCUSED);
  expect(focused.id).toBe('main');
  await page.close();
});
