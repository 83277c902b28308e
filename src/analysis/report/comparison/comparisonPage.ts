import { type NumberText, typeset } from '../../../base/notation.ts';
import { interval, number, percent } from '../page/format.ts';
import { type Column, definitions, type Html, html, table } from '../page/html.ts';
import { readable } from '../page/names.ts';
import { page } from '../page/page.ts';
import type { Comparison } from './compare.ts';
import type { Difference, Estimate } from './difference.ts';

/** A comparison of runs as one HTML page that needs nothing from elsewhere. */
export function renderComparison(comparison: Comparison): string {
  const { runs, common, attacks } = comparison;
  const letters = runLetters(runs);
  const heading = `${runs.length} runs compared`;
  return page({
    title: heading,
    subject: 'the comparison',
    kicker: 'outlast comparison',
    heading,
    sub: null,
    sections: [
      {
        id: 'verdict',
        heading: 'What differs',
        body: html`${definitions(runs.map((run, k) => [letters[k], `${run}: ${attackCount(attacks[k], common)}`]))}
<ul>${comparisonSentences(comparison).map((sentence) => html`<li>${sentence}</li>`)}</ul>`,
      },
      { id: 'trash', heading: 'TRASH', body: trashTable(comparison, letters) },
      { id: 'attacks', heading: 'Accuracy after each attack', body: attackTable(comparison, letters) },
    ],
  });
}

/** How many attacks a run has, and how many of them all have. */
export const attackCount = (all: number, common: number): string =>
  `${all} ${all === 1 ? 'attack' : 'attacks'}, ${common} of them in all runs`;

/** A, B, C, ... */
export const runLetters = (runs: readonly string[]): string[] => runs.map((_, k) => String.fromCharCode(65 + k));

/** For each run but the first, how its attacks came out against those of the first. */
export function comparisonSentences({ runs, accuracy, survival }: Comparison, numbers: NumberText = typeset): string[] {
  const { number, interval, pValue } = numbers;
  return runLetters(runs).flatMap((letter, k) => {
    const [of, cost] = [accuracy[k], survival[k]];
    if (of === null) return [];
    return [
      `${letter} against A: accuracy after attacks ${signedPoints(of, numbers)}, p ${pValue(of.p)}`,
      `${letter} against A: cost of attacking an image ${cost === null ? 'cannot be compared: no image was right before the attacks, or their seconds are of two kinds' : `${number(cost.estimate)} times that of A (95 % interval ${interval(cost.lower, cost.upper)}), p ${pValue(cost.p)}`}`,
    ];
  });
}

/** A difference of shares in points: `+1.2 points (−0.6 to +3.0)`; `the same` where no image differs. */
export function signedPoints({ estimate, lower, upper }: Estimate, { fixed, none }: NumberText = typeset): string {
  if (estimate === 0 && lower === 0 && upper === 0) return 'the same';
  const points = (value: number) => `${value < 0 ? '' : '+'}${fixed(100 * value, 1)}`;
  const limits = Number.isNaN(lower) ? none : `${points(lower)} to ${points(upper)}`;
  return `${points(estimate)} points (${limits})`;
}

const ratioText = (one: Difference | null) =>
  one === null ? '–' : `${number(one.estimate)} (${interval(one.lower, one.upper)})`;

function trashTable({ trash }: Comparison, letters: readonly string[]): Html {
  type Line = Comparison['trash'][number];
  const columns: readonly Column<Line>[] = [
    { heading: 'Model', header: true, cell: ({ model }) => model },
    { heading: 'Defence', cell: ({ defence }) => readable(defence) },
    ...letters.map(
      (letter, k): Column<Line> => ({
        heading: letter,
        numeric: true,
        cell: ({ scores }) => {
          const score = scores[k];
          return score === null ? '–' : `${number(score.value)} (${interval(score.lower, score.upper)})`;
        },
      }),
    ),
    ...letters.slice(1).map(
      (letter, k): Column<Line> => ({
        heading: `${letter} / A`,
        numeric: true,
        cell: ({ ratio }) => ratioText(ratio[k + 1]),
      }),
    ),
  ];
  return table(
    'TRASH of each run with its 95 % interval, and its ratio to that of the first, intervals counting as independent',
    columns,
    trash,
  );
}

function attackTable({ trials }: Comparison, letters: readonly string[]): Html {
  type Line = Comparison['trials'][number];
  const columns: readonly Column<Line>[] = [
    { heading: 'Attack', header: true, cell: ({ trial }) => trial },
    ...letters.map(
      (letter, k): Column<Line> => ({
        heading: letter,
        numeric: true,
        cell: ({ accuracy }) => percent(accuracy[k]),
      }),
    ),
    ...letters.slice(1).map(
      (letter, k): Column<Line> => ({
        heading: `${letter} - A`,
        numeric: true,
        cell: ({ difference }) => {
          const one = difference[k + 1];
          return one === null ? '–' : signedPoints(one);
        },
      }),
    ),
  ];
  return table(
    'Share of the attacked images that are right after each attack, and its difference to the first run',
    columns,
    trials,
  );
}
