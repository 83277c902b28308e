/** The loss stopped being a number, or stays worse than that of guessing. */
export class DivergenceError extends Error {
  override name = 'DivergenceError';
}

/** A mean cross-entropy over several batches. */
export interface LossWindow {
  readonly epoch: number;
  /** Batches of the training until its end. */
  readonly batches: number;
  readonly loss: number;
}

/** Training may start badly: its first batches are not judged. */
const GRACE_BATCHES = 20;
/** So many times the loss of guessing is hopeless. */
const HOPELESS = 3;
/** Windows in a row. */
const PATIENCE = 5;

/**
 * Watches a training for divergence, so that a hopeless one costs seconds: its loss is not finite, or in five windows in a row more
 * than three times ln(classes), the loss of giving every class the same probability.
 * @returns what is to be told of each window
 */
export function divergenceWatch(classes: number, learningRate: number): (window: LossWindow) => void {
  const limit = HOPELESS * Math.log(Math.max(2, classes));
  let bad = 0;
  return ({ epoch, batches, loss }) => {
    bad = loss <= limit || batches <= GRACE_BATCHES ? 0 : bad + 1;
    if (Number.isFinite(loss) && bad < PATIENCE) return;
    const what = Number.isFinite(loss) ? `${loss.toPrecision(3)}, far above that of guessing,` : `${loss}`;
    throw new DivergenceError(
      `training diverged: the loss is ${what} in epoch ${epoch}, by step ${batches}; a learning rate below ${learningRate} may help`,
    );
  };
}
