/** The loss or the parameters are no longer finite, or the loss stays worse than that of guessing. */
export class DivergenceError extends Error {
  override name = 'DivergenceError';
}

/** A mean cross-entropy over several batches. */
export interface LossWindow {
  readonly epoch: number;
  /** Batches of the training until its end. */
  readonly batches: number;
  readonly loss: number;
  /** Where it came from that the loss or the parameters are not finite; left out where they are. */
  readonly explanation?: string;
}

/** Training may start badly: its first batches are not judged. */
const GRACE_BATCHES = 20;
/** So many times the loss of guessing is hopeless. */
const HOPELESS = 3;
/** Windows in a row. */
const PATIENCE = 5;

/**
 * Watches a training for divergence, so that a hopeless one costs seconds: its loss or its parameters are not finite,
 * or the loss is in five windows in a row more than three times ln(classes), that of giving every class the same
 * probability.
 * @returns what is to be told of each window
 */
export function divergenceWatch(classes: number, learningRate: number): (window: LossWindow) => void {
  const limit = HOPELESS * Math.log(Math.max(2, classes));
  let bad = 0;
  return ({ epoch, batches, loss, explanation }) => {
    bad = loss <= limit || batches <= GRACE_BATCHES ? 0 : bad + 1;
    if (Number.isFinite(loss) && explanation === undefined && bad < PATIENCE) return;
    const what = !Number.isFinite(loss)
      ? `the loss is ${loss}`
      : explanation !== undefined
        ? 'the parameters are no longer finite'
        : `the loss is ${loss.toPrecision(3)}, far above that of guessing,`;
    const why = explanation === undefined ? '' : `; ${explanation}`;
    throw new DivergenceError(
      `training diverged: ${what} in epoch ${epoch}, by step ${batches}${why}; a learning rate below ${learningRate} may help`,
    );
  };
}
