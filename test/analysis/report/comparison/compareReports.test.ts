import { expect, test } from 'vitest';
import { compareReports, newcombe } from '../../../../src/analysis/report/comparison/compareReports.ts';
import type { Report } from '../../../../src/analysis/report/report.ts';
import { parseStudy } from '../../../../src/analysis/study/file/parse.ts';
import { fakeStudyText, fakeTrials } from '../../../support/fakeTrials.ts';
import { reportOf } from '../../../support/reportOf.ts';

const { study } = parseStudy(fakeStudyText, 'fake.yaml');
const report = reportOf(await fakeTrials(study), study);
const asked = (configuration: unknown): Report => ({ ...report, configuration });

test.each([
  // Newcombe (1998), table II, method 10.
  ['56 of 70 less 48 of 80', 56, 70, 48, 80, 0.0524, 0.3339],
  ['9 of 10 less 3 of 10', 9, 10, 3, 10, 0.1705, 0.809],
  ['6 of 7 less 2 of 7', 6, 7, 2, 7, 0.0582, 0.8062],
  ['5 of 56 less none of 29', 5, 56, 0, 29, -0.0381, 0.1926],
])('%s: the published interval', (_, right, of, from, ofCount, lower, upper) => {
  const told = newcombe(right / of, of, from / ofCount, ofCount);
  expect(told.estimate).toBeCloseTo(right / of - from / ofCount, 12);
  // Four decimals are published.
  expect([told.lower, told.upper].map((limit) => Number(limit.toFixed(4)))).toEqual([lower, upper]);
});

test('a report against itself: nothing differs, every attack and curve has its pair', () => {
  const { design, clock, trash, attacks, curves } = compareReports(report, report);
  expect(design).toEqual([]);
  expect(clock).toBe('seconds');
  expect(trash.map(({ lines }) => lines)).toEqual(report.trash.map((line) => [line, line]));
  expect(attacks.map(({ lines }) => lines)).toEqual(report.attacks.map((line) => [line, line]));
  for (const { difference } of attacks) expect(difference?.estimate).toBe(0);
  expect(curves).toHaveLength(report.kaplanMeier.length);
});

test('the interval of a ratio of scores is that of the difference of two independent logarithms', () => {
  const [line] = report.trash;
  const score = (value: number, factor: number) => [{ ...line, value, lower: value / factor, upper: value * factor }];
  const [{ ratio }] = compareReports(
    { ...report, trash: score(2, Math.exp(0.3)) },
    { ...report, trash: score(1, Math.exp(0.4)) },
  ).trash;
  // Logarithms known to 0.3 and 0.4 differ by what is known to 0.5.
  expect(ratio!.estimate).toBeCloseTo(0.5, 12);
  expect(ratio!.lower).toBeCloseTo(0.5 * Math.exp(-0.5), 12);
  expect(ratio!.upper).toBeCloseTo(0.5 * Math.exp(0.5), 12);
});

test('what only one report has is shown alone, and has no difference', () => {
  const { attacks, trash } = compareReports(report, {
    ...report,
    trash: report.trash.slice(1),
    attacks: report.attacks.slice(0, -2),
  });
  expect(trash[0]).toMatchObject({ lines: [report.trash[0], null], ratio: null });
  expect(attacks.filter(({ difference }) => difference === null).map(({ lines }) => lines)).toEqual(
    report.attacks.slice(-2).map((line) => [line, null]),
  );
});

test('what the studies ask differently is said by its path; their names are no difference', () => {
  const one = asked({ name: 'a', training: { epochs: 4 }, attacks: [{ name: 'fgm', eps: [0.1, 0.2] }] });
  const other = asked({ name: 'b', training: { epochs: 8 }, attacks: [{ name: 'fgm', eps: [0.1] }], seeds: 2 });
  expect(compareReports(one, other).design).toEqual([
    { what: 'training.epochs', values: ['4', '8'] },
    { what: 'attacks[0].eps', values: ['0.1, 0.2', '0.1'] },
    { what: 'seeds', values: ['not given', '2'] },
  ]);
  const elsewhere = { ...report, adapter: { ...report.adapter, name: 'another GPU' } };
  expect(compareReports(report, elsewhere).design).toMatchObject([{ what: 'adapter' }]);
});

test('costs on different clocks are not compared', () => {
  const { clock, trash, curves, attacks } = compareReports(report, {
    ...report,
    survival: { ...report.survival, clock: 'queries' },
  });
  expect({ clock, curves }).toEqual({ clock: null, curves: [] });
  expect(trash.every(({ ratio }) => ratio === null)).toBe(true);
  expect(attacks[0].difference).not.toBeNull();
});
