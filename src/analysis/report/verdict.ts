import { interval, number } from './format.ts';
import { clockWord } from './names.ts';
import type { TrashFigure, TrashLine } from './report.ts';

/** A line with a point estimate and an interval. */
export type ScoredLine = TrashLine & { readonly value: number; readonly lower: number; readonly upper: number };

export function scoredLines(trash: readonly TrashLine[]): ScoredLine[] {
  return trash.filter((line): line is ScoredLine => line.value !== null && line.lower !== null && line.upper !== null);
}

/** The study's verdict in one sentence: for which attacker, by which clock, and how many models are cheaper to break than to train. */
export function verdictSentence(trash: readonly TrashLine[]): string {
  const of = (reading: TrashLine['reading']) => trash.filter((line) => line.reading === reading).length;
  const [broken, safe, undecided] = [of('cheaper to break'), of('costlier to break'), of('undecided')];
  const unbroken = of('not broken');
  const all = broken + safe + undecided + unbroken;
  const silent = trash.length - all;
  if (all === 0) return 'There is no verdict: no attacked model can be scored.';
  const clock = clockWord(trash.find(({ clocks }) => clocks.length > 0)?.clocks[0].clock ?? 'flops');
  const attacker = `by the best single attack of this study, counted in ${clock}`;
  const rest = silent === 0 ? '' : ` Of ${silent} more there is no verdict.`;
  if (broken === all)
    return `Every model here is cheaper to break than to train on, image for image, ${attacker} (${all} of ${all}).${rest}`;
  if (safe === all)
    return `Every model here is costlier to break than to train on, image for image, ${attacker} (${all} of ${all}).${rest}`;
  const parts = [
    `${broken === 0 ? 'None' : broken} of ${all} models ${broken === 1 ? 'is' : 'are'} cheaper to break than to train on, image for image, ${attacker}`,
    `${safe} ${safe === 1 ? 'is' : 'are'} costlier to break`,
    ...(undecided > 0 ? [`${undecided} cannot be told apart from even`] : []),
    ...(unbroken > 0 ? [`${unbroken} ${unbroken === 1 ? 'was' : 'were'} not broken`] : []),
  ];
  return `${parts.join(', ')}.${rest}`;
}

/** A score in words. */
export function meaningOf(line: Pick<TrashLine, 'reading' | 'value' | 'upper' | 'note'>): string {
  const value = line.value ?? Number.NaN;
  switch (line.reading) {
    case 'cheaper to break':
      return `training on an image cost ${number(value)} times what breaking one takes`;
    case 'costlier to break':
      return line.value === null
        ? `not broken: breaking an image takes more than ${number(1 / (line.upper ?? Number.NaN))} times what training on one cost`
        : `breaking an image takes ${number(1 / value)} times what training on one cost`;
    case 'undecided':
      return 'undecided: the interval holds 1';
    case 'not broken':
      return `not broken: at most ${number(line.upper)}`;
    default:
      return line.note ?? line.reading;
  }
}

/** The limits of a figure: `0.25 to 0.38`, `at most 7.73`. */
export function limitsText({ lower, upper }: Pick<TrashFigure, 'lower' | 'upper'>): string {
  return lower === null && upper !== null ? `at most ${number(upper)}` : interval(lower, upper);
}

/** A figure with its interval: `0.31 (0.25 to 0.38)`, `at most 7.73`. */
export function figureText({
  kind,
  value,
  ...limits
}: Pick<TrashFigure, 'kind' | 'value' | 'lower' | 'upper'>): string {
  if (kind === 'upper limit') return limitsText(limits);
  return `${number(value)} (${kind === 'too few images' ? 'no interval' : limitsText(limits)})`;
}

/** What the score speaks of, where it is one training. */
export function trainingsSentence(trash: readonly TrashLine[]): string {
  const most = Math.max(0, ...trash.map(({ trainings }) => trainings));
  return most <= 1
    ? 'Each score speaks of one training: another seed may come to another.'
    : `Intervals hold the spread between up to ${most} trainings with other seeds.`;
}
