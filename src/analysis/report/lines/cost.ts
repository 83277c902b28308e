import type { TrashLine } from '../document.ts';

/** What a model cost to train and how long it stands, per image and by the study's clock. */
export interface CostLine {
  readonly dataset: string;
  readonly model: string;
  readonly defence: string;
  readonly training: number;
  /** E[T] within the horizon. */
  readonly survival: number;
  /** No other model of the data set stands as long for less. */
  readonly front: boolean;
}

/** Cost of training and survival of every model that has a score, with the Pareto front of each data set. */
export function costLines(trash: readonly TrashLine[]): CostLine[] {
  const lines = trash.flatMap(
    ({ dataset, model, defence, trainCostPerSample: training, meanTimeToFailure: survival }) =>
      survival === null || training === null ? [] : [{ dataset, model, defence, training, survival }],
  );
  const beats = (one: (typeof lines)[number], other: (typeof lines)[number]) =>
    one.dataset === other.dataset &&
    one.training <= other.training &&
    one.survival >= other.survival &&
    (one.training < other.training || one.survival > other.survival);
  return lines.map((line) => ({ ...line, front: !lines.some((other) => beats(other, line)) }));
}
