import { type Comparison, compareRuns, type Difference } from '../../analysis/report/compare.ts';
import { interval, number, percent, pValue } from '../../analysis/report/format.ts';
import { readable } from '../../analysis/report/names.ts';
import { readFinished } from '../../analysis/study/run.ts';
import { readRun } from '../../analysis/study/store.node.ts';
import { print, type Terminal } from '../terminal.ts';

/** `outlast study compare DIR...` */
export async function compareCommand(
  folders: readonly string[],
  { json, all }: { readonly json?: boolean; readonly all?: boolean },
  terminal: Terminal,
): Promise<void> {
  const runs = [];
  for (const folder of folders) {
    const { parsed, store } = await readRun(folder);
    runs.push({ name: folder, study: parsed.study, finished: await readFinished(parsed.study, store) });
  }
  const comparison = compareRuns(runs);
  print(terminal, json ? JSON.stringify(comparison, null, 2) : text(comparison, all ?? false).join('\n'));
}

/** Lines of trials that are shown unless all are asked for. */
const FEW = 20;

function text(comparison: Comparison, all: boolean): string[] {
  const { runs, common, attacks, accuracy, survival, trials, trash } = comparison;
  const letters = runs.map((_, k) => String.fromCharCode(65 + k));
  const shown = all ? trials : byDifference(trials).slice(0, FEW);
  return [
    ...runs.map((run, k) => `${letters[k]}  ${run}: ${attacks[k]} attacks, ${common} of them in all runs`),
    '',
    ...runs.flatMap((_, k) => {
      const [of, time] = [accuracy[k], survival[k]];
      if (of === null) return [];
      return [
        `${letters[k]} against A: accuracy after attacks ${signed(of)}, p ${pValue(of.p)}`,
        `${letters[k]} against A: cost of attacking an image ${time === null ? 'cannot be compared: no image is in both' : `× ${number(time.estimate)} (95 % interval ${interval(time.lower, time.upper)}), p ${pValue(time.p)}`}`,
      ];
    }),
    '',
    ...columns([
      ['TRASH', ...letters, ...letters.slice(1).map((letter) => `${letter} / A`)],
      ...trash.map(({ model, defence, scores, ratio }) => [
        `${model}, ${readable(defence)}`,
        ...scores.map((score) =>
          score === null ? '–' : `${number(score.value)} (${interval(score.lower, score.upper)})`,
        ),
        ...ratio
          .slice(1)
          .map((one) => (one === null ? '–' : `${number(one.estimate)} (${interval(one.lower, one.upper)})`)),
      ]),
    ]),
    '',
    ...columns([
      ['Accuracy after', ...letters, ...letters.slice(1).map((letter) => `${letter} - A`)],
      ...shown.map(({ trial, accuracy: own, difference }) => [
        trial,
        ...own.map((share) => percent(share)),
        ...difference.slice(1).map((one) => (one === null ? '–' : signed(one))),
      ]),
    ]),
    ...(shown.length < trials.length
      ? [
          `${shown.length} of ${trials.length} attacks, the largest differences first; --all shows them all, --json as data`,
        ]
      : []),
  ];
}

function byDifference(trials: Comparison['trials']): Comparison['trials'] {
  const size = (differences: readonly (Difference | null)[]) =>
    Math.max(...differences.map((one) => Math.abs(one?.estimate ?? 0)));
  return trials.toSorted((a, b) => size(b.difference) - size(a.difference));
}

/** A difference of shares in points: `-1.2 points (-3.0 to 0.6)`. */
function signed({ estimate, lower, upper }: Difference): string {
  const points = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(100 * value).toFixed(1)}`;
  return `${points(estimate)} points (${points(lower)} to ${points(upper)})`;
}

/** Cells in columns: the first to the left, the others to the right. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, k) => Math.max(...rows.map((row) => row[k].length)));
  return rows.map((row) =>
    row.map((cell, k) => (k === 0 ? cell.padEnd(widths[k]) : cell.padStart(widths[k]))).join('  '),
  );
}
