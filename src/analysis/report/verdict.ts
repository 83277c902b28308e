import { readTrash } from '../trash.ts';
import { number } from './format.ts';
import type { TrashLine } from './report.ts';

/** A line that could be scored. */
export type ScoredLine = TrashLine & { readonly value: number; readonly lower: number; readonly upper: number };

export function scoredLines(trash: readonly TrashLine[]): ScoredLine[] {
  return trash.filter((line): line is ScoredLine => line.value !== null && line.lower !== null && line.upper !== null);
}

/** The study's verdict in one sentence: how many models are cheaper to break than to train. */
export function verdictSentence(trash: readonly TrashLine[]): string {
  const readings = scoredLines(trash).map(readTrash);
  const all = readings.length;
  if (all === 0) return 'There is no verdict: no attacked model can be scored.';
  const broken = readings.filter((reading) => reading === 'cheaper to break').length;
  const safe = readings.filter((reading) => reading === 'cheaper to train').length;
  if (broken === all)
    return `Every model here is cheaper to break than to train on, image for image (${all} of ${all}).`;
  if (safe === all)
    return `Every model here is costlier to break than to train on, image for image (${all} of ${all}).`;
  const undecided = all - broken - safe;
  const parts = [
    `${broken === 0 ? 'None' : broken} of ${all} models ${broken === 1 ? 'is' : 'are'} cheaper to break than to train on, image for image`,
    `${safe} ${safe === 1 ? 'is' : 'are'} costlier to break`,
    ...(undecided > 0 ? [`${undecided} cannot be told apart from even`] : []),
  ];
  return `${parts.join(', ')}.`;
}

/** A score in words. */
export function meaningOf(line: ScoredLine): string {
  switch (readTrash(line)) {
    case 'cheaper to break':
      return `training on an image cost ${number(line.value)} times what breaking one takes`;
    case 'cheaper to train':
      return `breaking an image takes ${number(1 / line.value)} times what training on one cost`;
    case 'undecided':
      return 'undecided: the interval holds 1';
  }
}
