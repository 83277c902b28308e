import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Report } from '../../src/analysis/report/report.ts';
import { parseStudy } from '../../src/analysis/study/file/parse.ts';
import { fakeStudyText, fakeTrials } from '../support/fakeTrials.ts';
import { AXE_VIOLATIONS, CUT_OFF } from '../support/inPage.ts';
import { reportOf } from '../support/reportOf.ts';
import { type WebPages, webPages } from '../support/webPages.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const run = mkdtempSync(join(tmpdir(), 'outlast-run-'));
let report: Report;
let pages: WebPages;

beforeAll(async () => {
  const { study } = parseStudy(fakeStudyText, 'fake.yaml');
  report = reportOf(await fakeTrials(study), study);
  mkdirSync(join(run, 'trials/a'), { recursive: true });
  pages = await webPages(run);
});

afterAll(async () => {
  await pages?.close();
  rmSync(run, { recursive: true, force: true });
});

test.each(['light', 'dark'] as const)('the run that is served shows when its report is written, %s', async (scheme) => {
  rmSync(join(run, 'report.json'), { force: true });
  rmSync(join(run, 'trials/a/trial.json'), { force: true });
  const { page, said } = await pages.open('studies', { scheme });
  await page.getByText('The run that is served has 0 finished trials.').waitFor();
  writeFileSync(join(run, 'trials/a/trial.json'), '{}');
  writeFileSync(join(run, 'trials/b.error.json'), JSON.stringify({ message: 'conv2d: out of memory' }));
  writeFileSync(join(run, 'report.json'), JSON.stringify(report));
  await page.getByText('The run that is served has 1 finished trials.').waitFor();
  await page.getByText('conv2d: out of memory').waitFor();
  await page.getByRole('heading', { name: 'fake', exact: true }).waitFor();
  await page.getByRole('img', { name: /^TRASH of/ }).waitFor();
  await page.getByRole('img', { name: /^Kaplan-Meier curves of/ }).waitFor();
  // What the table says is what the file says.
  const [line] = report.trash;
  const cells = await page.locator('section[aria-label="TRASH as a table"] tbody tr').first().innerText();
  expect(cells.split('\t').slice(0, 3)).toEqual([line.model, line.defence, line.value?.toPrecision(3)]);
  const { model, attack } = report.attacks[0];
  const filter = (name: RegExp) => page.locator('label', { hasText: name }).last().locator('select');
  await filter(/^Attack/).selectOption(attack);
  await filter(/^Model/).selectOption(model);
  const left = report.attacks.filter((one) => one.model === model && one.attack === attack).length;
  await page.getByText(`${left} of ${report.attacks.length} attacks`).waitFor();
  expect(left).toBeLessThan(report.attacks.length);
  expect(await page.evaluate(`${await readFile(AXE, 'utf8')};${AXE_VIOLATIONS}`)).toEqual([]);
  expect(said).toEqual([]);
  await page.close();
});

test('390 pixels wide: nothing sticks out but what scrolls', async () => {
  writeFileSync(join(run, 'report.json'), JSON.stringify(report));
  const { page } = await pages.open('studies', { width: 390 });
  await page.getByRole('img', { name: /^TRASH of/ }).waitFor();
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
  expect((await page.evaluate<string[]>(CUT_OFF)).filter((line) => !line.startsWith('TABLE'))).toEqual([]);
  await page.close();
});

test.each([
  ['notes.json', 'no JSON at all', 'it is no JSON; report.json of a run'],
  ['list.json', '[]', 'it is no report; it must be report.json of a run'],
  ['study.json', '{"study":"a","trials":{}}', '"adapter" is missing; it must be report.json of a run'],
])('%s is refused in a line', async (name, text, says) => {
  const { page } = await pages.open('studies');
  await page
    .getByLabel("A run's report.json; drop it here")
    .setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from(text) });
  await page.getByText(`${name}: ${says}`).waitFor();
  await page.close();
});

test("what the visitor's file says stays while the run that is served goes on, until the run is asked for", async () => {
  writeFileSync(join(run, 'report.json'), JSON.stringify(report));
  const { page } = await pages.open('studies');
  await page.getByRole('heading', { name: 'fake', exact: true }).waitFor();
  await page
    .getByLabel("A run's report.json; drop it here")
    .setInputFiles({ name: 'list.json', mimeType: 'application/json', buffer: Buffer.from('[]') });
  await page.getByText('list.json: it is no report').waitFor();
  mkdirSync(join(run, 'trials/c'), { recursive: true });
  writeFileSync(join(run, 'trials/c/trial.json'), '{}');
  await page.getByText('The run that is served has 2 finished trials.').waitFor();
  expect(await page.getByRole('alert').innerText()).toContain('list.json: it is no report');
  await page.getByRole('button', { name: 'Show the run that is served' }).click();
  await page.getByRole('heading', { name: 'fake', exact: true }).waitFor();
  expect(await page.getByRole('alert').innerText()).toBe('');
  await page.close();
});

test('two runs are compared: TRASH, survival and attacks side by side, and what the studies differ in', async () => {
  writeFileSync(join(run, 'report.json'), JSON.stringify(report));
  const { page, said } = await pages.open('studies', { width: 390 });
  await page.getByRole('heading', { name: 'fake', exact: true }).waitFor();
  // Twice the TRASH, one attack fewer, and another number of epochs.
  const trash = report.trash.map((line) => {
    const [value, lower, upper] = [line.value, line.lower, line.upper].map((one) => one && 2 * one);
    return { ...line, value, lower, upper };
  });
  const other = {
    ...report,
    study: 'other',
    configuration: { ...(report.configuration as object), training: { epochs: 8 } },
    ...{ trash, attacks: report.attacks.slice(1) },
  };
  await page
    .getByLabel('The report.json of another run')
    .setInputFiles({ name: 'other.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(other)) });
  await page.getByText('47 attacks are in both runs, 1 only in A, 0 only in B.', { exact: false }).waitFor();
  await page.getByRole('img', { name: /^TRASH of 6 models in both runs/ }).waitFor();
  await page.getByRole('img', { name: /^Kaplan-Meier curves of .* A: \d+ of/ }).waitFor();
  const rows = (label: string) => page.locator(`section[aria-label="${label}"] tbody tr`);
  expect(await rows('What the studies differ in').allInnerTexts()).toEqual(['training.epochs\tnot given\t8']);
  for (const row of await rows('TRASH of both runs as a table').allInnerTexts()) expect(row).toMatch(/\t2\.00 \(.*\)$/);
  expect(await rows('Attacks of both runs as a table').first().innerText()).toMatch(/%\t–\t–$/);
  expect(await page.evaluate(`${await readFile(AXE, 'utf8')};${AXE_VIOLATIONS}`)).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
  expect(said).toEqual([]);
  await page.getByRole('button', { name: 'Compare no longer' }).click();
  await page.getByRole('heading', { name: 'fake', exact: true }).waitFor();
  await page.close();
});
