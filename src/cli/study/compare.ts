import {
  attackCount,
  type Comparison,
  compareRuns,
  comparisonSentences,
  type Difference,
  readable,
  renderComparison,
  runLetters,
  signedPoints,
} from '../../analysis/report/index.ts';
import { readFinished } from '../../analysis/study/index.ts';
import { readRun } from '../../analysis/study/store/store.node.ts';
import { writeFileAtomic } from '../../base/files.node.ts';
import { plain } from '../../base/notation.ts';
import { type Line, Table } from '../terminal/table.ts';
import { print, printLines, type Terminal } from '../terminal/terminal.ts';

const { interval, number, percent } = plain;

/** `outlast study compare DIR...` */
export async function compareCommand(
  folders: readonly string[],
  { json, html, all }: { readonly json?: boolean; readonly html?: string; readonly all?: boolean },
  terminal: Terminal,
): Promise<void> {
  const runs = [];
  for (const folder of folders) {
    const { parsed, store } = await readRun(folder);
    runs.push({ name: folder, study: parsed.study, finished: await readFinished(parsed.study, store) });
  }
  const comparison = compareRuns(runs);
  if (html !== undefined) await writeFileAtomic(html, renderComparison(comparison));
  if (json) print(terminal, JSON.stringify(comparison, null, 2));
  else printLines(terminal, text(comparison, all ?? false));
}

/** Lines of trials that are shown unless all are asked for. */
const FEW = 20;

function text(comparison: Comparison, all: boolean): Line[] {
  const { runs, common, attacks, trials, trash } = comparison;
  const letters = runLetters(runs);
  const shown = all ? trials : byDifference(trials).slice(0, FEW);
  return [
    ...runs.map((run, k) => `${letters[k]}  ${run}: ${attackCount(attacks[k], common)}`),
    '',
    ...comparisonSentences(comparison, plain),
    '',
    new Table([
      ['TRASH', ...letters, ...letters.slice(1).map((letter) => `${letter} / A`)],
      ...trash.map(({ model, defence, scores, ratio }) => [
        `${model}, ${readable(defence)}`,
        ...scores.map((score) =>
          score === null ? plain.none : `${number(score.value)} (${interval(score.lower, score.upper)})`,
        ),
        ...ratio
          .slice(1)
          .map((one) => (one === null ? plain.none : `${number(one.estimate)} (${interval(one.lower, one.upper)})`)),
      ]),
    ]),
    '',
    new Table([
      ['Accuracy after', ...letters, ...letters.slice(1).map((letter) => `${letter} - A`)],
      ...shown.map(({ trial, accuracy: shares, difference }) => [
        trial,
        ...shares.map((share) => percent(share)),
        ...difference.slice(1).map((one) => (one === null ? plain.none : signedPoints(one, plain))),
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
