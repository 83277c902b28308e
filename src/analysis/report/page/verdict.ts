import { type NumberText, typeset } from '../../../base/notation.ts';
import type { TrashFigure, TrashLine } from '../document.ts';
import { clockWord } from './names.ts';

/** A line with a point estimate and an interval. */
export type ScoredLine = TrashLine & { readonly value: number; readonly lower: number; readonly upper: number };

export function scoredLines(trash: readonly TrashLine[]): ScoredLine[] {
  return trash.filter((line): line is ScoredLine => line.value !== null && line.lower !== null && line.upper !== null);
}

/** What is counted in a verdict, in its order, and how it is said of some, and of all. */
const COUNTED = [
  [
    'cheaper to break',
    ['is', 'are'],
    'cheaper to break than to train on',
    'Every model here is cheaper to break than to train on',
  ],
  ['costlier to break', ['is', 'are'], 'costlier to break', 'Every model here is costlier to break than to train on'],
  ['undecided', ['cannot', 'cannot'], 'be told apart from even', 'No model here can be told apart from even'],
  ['not broken', ['was', 'were'], 'not broken', 'No model here was broken'],
] as const;

/** The study's verdict in one sentence: for which attacker, by which clock, and how many models are cheaper to break than to train. */
export function verdictSentence(trash: readonly TrashLine[]): string {
  const counted = COUNTED.map(([reading, verbs, some, all]) => {
    const count = trash.filter((line) => line.reading === reading).length;
    return { count, some: `${count} ${verbs[count === 1 ? 0 : 1]} ${some}`, all };
  }).filter(({ count }) => count > 0);
  const all = counted.reduce((sum, { count }) => sum + count, 0);
  const silent = trash.length - all;
  if (all === 0)
    return trash.some(({ value }) => value !== null)
      ? 'There is no verdict: no score has an interval, and without one it decides nothing.'
      : 'There is no verdict: no attacked model can be scored.';
  const clock = clockWord(trash.find(({ clocks }) => clocks.length > 0)?.clocks[0].clock ?? 'flops');
  const attacker = `image for image, by the best single attack of this study, counted in ${clock}`;
  const rest = silent === 0 ? '' : ` Of ${silent} more there is no verdict.`;
  if (counted.length === 1) return `${counted[0].all}, ${attacker} (${all} of ${all}).${rest}`;
  const last = counted[counted.length - 1].some;
  const others = counted.slice(0, -1).map(({ some }) => some);
  return `Of ${all} models, ${attacker}, ${others.join(', ')} and ${last}.${rest}`;
}

/** A score in words. */
export function meaningOf(
  line: Pick<TrashLine, 'reading' | 'value' | 'upper' | 'note'>,
  { number }: NumberText = typeset,
): string {
  const value = line.value ?? Number.NaN;
  switch (line.reading) {
    case 'cheaper to break':
      return `training on an image cost ${number(value)} times what breaking one takes`;
    case 'costlier to break':
      return line.value === null
        ? `not broken: breaking an image takes more than ${number(1 / (line.upper ?? Number.NaN))} times what training on one cost`
        : `breaking an image takes ${number(1 / value)} times what training on one cost`;
    case 'undecided':
      return `undecided: ${line.note ?? 'the interval holds 1'}`;
    case 'not broken':
      return `not broken: at most ${number(line.upper)}`;
    default:
      return line.note ?? line.reading;
  }
}

/** The limits of a figure: `0.25 to 0.38`, `at most 7.73`. */
export function limitsText(
  { lower, upper }: Pick<TrashFigure, 'lower' | 'upper'>,
  { number, interval }: NumberText = typeset,
): string {
  return lower === null && upper !== null ? `at most ${number(upper)}` : interval(lower, upper);
}

/** A figure with its interval: `0.31 (0.25 to 0.38)`, `at most 7.73`. */
export function figureText(
  { kind, value, ...limits }: Pick<TrashFigure, 'kind' | 'value' | 'lower' | 'upper'>,
  numbers: NumberText = typeset,
): string {
  if (kind === 'upper limit') return limitsText(limits, numbers);
  return `${numbers.number(value)} (${kind === 'too few images' ? 'no interval' : limitsText(limits, numbers)})`;
}

/** What the score speaks of, where it is one training. */
export function trainingsSentence(trash: readonly TrashLine[]): string {
  const most = Math.max(0, ...trash.map(({ trainings }) => trainings));
  return most <= 1
    ? 'Each score speaks of one training: another seed may come to another.'
    : `Intervals hold the spread between up to ${most} trainings with other seeds.`;
}
