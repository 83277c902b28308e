import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runProgram } from '../../src/cli/program/program.ts';
import { fakeAdapter, fakeRunTrial, fakeStudyText } from '../support/fakeTrials.ts';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'outlast-compare-'));
  writeFileSync(join(folder, 'fake.yaml'), fakeStudyText);
  for (const run of ['a', 'b'])
    expect((await outlast('study', 'run', path('fake.yaml'), '--out', path(run))).code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true }));

const path = (name: string) => join(folder, name);

async function outlast(...words: string[]) {
  const collect = () => {
    const chunks: string[] = [];
    const write = (chunk: unknown, _: unknown, done: () => void) => {
      chunks.push(String(chunk));
      done();
    };
    return { stream: Object.assign(new Writable({ write }), { isTTY: false }), text: () => chunks.join('') };
  };
  const [stdout, stderr] = [collect(), collect()];
  const code = await runProgram(words, {
    terminal: { stdout: stdout.stream, stderr: stderr.stream } as never,
    openDevice: () => Promise.reject(new Error('no device')),
    openMachine: async () => ({ adapter: fakeAdapter, runTrial: fakeRunTrial, close: () => {} }),
  });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

test('compare: two equal runs, as text and as JSON', async () => {
  const { code, stdout } = await outlast('study', 'compare', path('a'), path('b'));
  expect(code).toBe(0);
  expect(stdout).toContain('48 attacks, 48 of them in all runs');
  // Numbers as programs read them, here and in what `study report` says.
  const told = await outlast('study', 'report', path('a'));
  expect(told.stdout).toMatch(/TRASH \d/);
  for (const text of [stdout, told.stdout]) expect(text).not.toMatch(/[−×⁰-⁹∞–]|\d,\d{3}/);
  expect(stdout).toContain('B against A: accuracy after attacks the same, p 1.000');
  expect(stdout).toContain(
    'B against A: cost of attacking an image 1.00 times that of A (95 % interval 1.00 to 1.00), p 1.000',
  );
  expect(stdout).toContain('20 of 48 attacks');
  const json = await outlast('study', 'compare', path('a'), path('b'), '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({ common: 48, attacks: [48, 48] });
  expect((await outlast('study', 'compare', path('a'), path('b'), '--html', path('compared.html'))).code).toBe(0);
  const { document } = parseHTML(readFileSync(path('compared.html'), 'utf8'));
  const rows = (id: string) => [...document.querySelectorAll(`section[aria-labelledby="${id}"] tbody tr`)];
  expect(document.querySelector('h1')?.textContent).toBe('2 runs compared');
  // Two depths under three defences, and 48 attacks; equal runs have ratios of 1 and differences of nothing.
  expect(rows('trash')).toHaveLength(6);
  expect(rows('attacks')).toHaveLength(48);
  expect(rows('trash').every((row) => row.lastElementChild?.textContent?.startsWith('1.00 ('))).toBe(true);
  expect(rows('attacks').every((row) => row.lastElementChild?.textContent?.startsWith('the same'))).toBe(true);
  expect(await outlast('study', 'compare', path('a'))).toMatchObject({ code: 2, stdout: '' });
});

test("import: a table in the authors' format becomes a report; what is missing is told in one line", async () => {
  const heading =
    'model_name,def_gen,atk_gen,accuracy,adv_accuracy,def_value,train_time,predict_time,adv_fit_time,data_gen,atk_value';
  const rows = [
    'FGM,0.9,0.4,18,240,1.2,20,torch_mnist,0.1',
    'FGM,0.9,0.1,18,240,1.2,10,torch_mnist,0.3',
    'FGM,0.9,0.1,18,240,1.2,,torch_mnist,0.3',
  ];
  writeFileSync(path('results.csv'), `${heading}\n${rows.map((row) => `ResNet18,Control,${row}\n`).join('')}`);
  const { code, stdout, stderr } = await outlast('study', 'import', path('results.csv'), '--out', path('earlier'));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '1 of 3 rows are left out: no time of the attack\n' });
  expect(stdout).toContain(`Report: ${path('earlier/report.html')}`);
  const report = JSON.parse(readFileSync(path('earlier/report.json'), 'utf8'));
  expect(report).toMatchObject({ study: 'results', survival: { encoding: 'paper', rows: 200, events: 150 } });
  writeFileSync(path('other.csv'), 'a,b\n1,2\n');
  const wrong = await outlast('study', 'import', path('other.csv'), '--out', path('nowhere'));
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toMatch(/^outlast: .*other\.csv has no column that tells the accuracy after the attack; .*\n$/);
});
