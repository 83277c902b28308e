import { breakEvenStrength, costPerRightImage } from '../../trash/index.ts';
import type { BreakEvenLine, Learned, TrashByClock } from '../document.ts';
import { type Attacked, strategyName } from '../rows/attacked.ts';
import type { FinishedTraining } from '../rows/finished.ts';

/** What would make the headline 1, and what a rightly classified image cost; null where there is no score. */
export function breakEvenLine(
  { best, attacks: scored }: TrashByClock,
  trainings: readonly FinishedTraining[],
  learned: Learned | null,
  attacks: readonly Attacked[],
): BreakEvenLine | null {
  if (best.value === null) return null;
  const strengths = new Map(
    attacks.flatMap(({ condition }) => (condition.eps === null ? [] : [[strategyName(condition), condition.eps]])),
  );
  const { training } = trainings[0].trial;
  if (training === null) return null;
  const { epochs } = training;
  const points = scored.flatMap(({ attack, value }) => {
    const eps = strengths.get(attack);
    return value === null || eps === undefined ? [] : [{ eps, trash: value }];
  });
  return {
    epochs: epochs / best.value,
    price: best.value,
    eps: breakEvenStrength(points),
    perRightImage: learned?.better ? costPerRightImage(1, learned.accuracy, learned.chance) : null,
  };
}
