import { groupBy } from '../../../base/groupBy.ts';
import { betterThanChance } from '../../trash/index.ts';
import type { Learned } from '../document.ts';
import type { FinishedAttack, FinishedTraining } from '../rows/finished.ts';

/** One trained model and what was attacked of it. */
export interface Tested {
  readonly training: FinishedTraining;
  readonly attacks: readonly FinishedAttack[];
}

/** Accuracy of a model under its defence before any attack, over all its trainings; null where no attack tells it. */
export function learnedOf(tested: readonly Tested[]): Omit<Learned, 'farBelowBest'> | null {
  const counts = tested.flatMap(({ training, attacks }) => {
    const accuracy = attacks[0]?.result.testAccuracy ?? training.result.accuracy;
    const images = testedImages(training, attacks);
    return Number.isFinite(accuracy) && images > 0 ? [{ right: Math.round(accuracy * images), images }] : [];
  });
  const images = counts.reduce((sum, count) => sum + count.images, 0);
  if (images === 0) return null;
  const right = counts.reduce((sum, count) => sum + count.right, 0);
  const chance = Math.max(...tested.map(chanceOf));
  const { accuracy, lower, upper, p, better } = betterThanChance(right, images, chance);
  return { accuracy, lower, upper, images, chance, p, better };
}

/** A model is far below the best of its data set from this share of what that learned above chance. */
const FAR_BELOW = 0.8;

/** Marks those whose accuracy, its interval included, is far below that of the best. */
export function marked(all: readonly (Omit<Learned, 'farBelowBest'> | null)[]): (Learned | null)[] {
  const best = Math.max(...all.map((one) => (one === null ? 0 : one.lower - one.chance)));
  return all.map((one) => one && { ...one, farBelowBest: one.upper - one.chance < FAR_BELOW * best });
}

function testedImages({ result, trial }: FinishedTraining, attacks: readonly FinishedAttack[]): number {
  const confusion = result.confusion?.flat().reduce((sum, count) => sum + count, 0);
  return confusion ?? trial.data.test ?? attacks[0]?.result.records.length ?? 0;
}

/** Share of the commonest class: what one gets right who always tells that. */
function chanceOf({ training, attacks }: Tested): number {
  const rows = training.result.confusion?.map((row) => row.reduce((sum, count) => sum + count, 0));
  const sizes =
    rows ?? groupBy(attacks[0]?.result.records ?? [], ({ label }) => String(label)).map((records) => records.length);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  // Imported results know no classes: nothing is held against them.
  return sizes.length < 2 ? 0 : Math.max(...sizes) / total;
}
