import { InputError } from '../../engine/errors.ts';
import { studentQuantile } from './studentQuantile.ts';

/** TRASH of one choice of attacks, with what it is made of. */
export interface TrashEstimate {
  /** `upper limit`: no image was broken. `too few images`: fewer than ten, so that there is no interval. */
  readonly kind: 'estimate' | 'upper limit' | 'too few images';
  /** Null of an upper limit. */
  readonly value: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  /** Independent images. */
  readonly images: number;
  readonly trainings: number;
  /** Of Student's t; null where there is no interval by it. */
  readonly degreesOfFreedom: number | null;
  /** Share of the images that were broken within the horizon. */
  readonly broken: number;
  /** E[min(T, horizon)]. */
  readonly meanCost: number;
  readonly horizon: number;
  /** For one image, the mean over trainings. */
  readonly trainingCost: number;
  /** The score if a longer budget broke all that is left at once: the most that it could become. */
  readonly longerBudget: number;
}

export interface TrashOptions {
  /** T_train / N_train of every training, by its name: seconds (queries, operations) per image, never images per second. */
  readonly trainingCosts: ReadonlyMap<string, number>;
  readonly horizon: number;
  /** Variance of the logarithm of the score that the calibration of the clock adds; 0 for clocks that count. */
  readonly clockLogVariance?: number;
  readonly confidenceLevel?: number;
}

/** What an image came to under a choice of attacks: means over those of the choice that it met. */
export interface ImageCost {
  readonly image: string;
  readonly training: string;
  /** min(T, horizon). */
  readonly cost: number;
  /** The same if an attack broke the image when its budget ended. */
  readonly spent: number;
  /** Share of its attacks that broke it within the horizon. */
  readonly broken: number;
}

/** Fewer independent images than this bear neither an interval nor a verdict. */
export const FEWEST_IMAGES = 10;

/**
 * The score from one cost for each image: training cost over the mean. Images are independent, and so are trainings.
 *
 * Over images the interval is Student's, of images - 1 degrees of freedom, corrected for skewness by Hall's transformation (1992), since
 * costs have a long tail to the right. With several trainings the score of each is an independent draw of what training
 * and attack come to, and the variance between their logarithms, over their number, holds both the spread between trainings and that
 * of images; Student's t of trainings - 1 degrees of freedom (a cluster for each training). The interval is never narrower than that
 * over images.
 *
 * Where all costs are equal the standard error says nothing. What could still lie elsewhere is a share of at most 1 - (1 - level)^(1/n)
 * of the images (exact binomial), at 0 or at the horizon: the interval holds both.
 *
 * Where no image was broken, E[min(T, horizon)] >= horizon · (1 - p) with p the exact upper limit of the share broken (Clopper and
 * Pearson 1934): an upper limit of the score, and nothing else.
 * @throws InputError without an image, or for a horizon or cost that is not positive
 */
export function estimateTrash(costs: readonly ImageCost[], options: TrashOptions): TrashEstimate {
  const { trainingCosts, horizon, clockLogVariance = 0, confidenceLevel = 0.95 } = options;
  if (costs.length === 0) throw new InputError('TRASH: no image that was right before the attack');
  if (!(horizon > 0 && horizon < Infinity)) throw new InputError(`TRASH: the horizon ${horizon} should be positive`);
  const byTraining = new Map<string, ImageCost[]>();
  for (const each of costs) {
    const own = byTraining.get(each.training);
    if (own === undefined) byTraining.set(each.training, [each]);
    else own.push(each);
  }
  const trainings = [...byTraining.keys()].map((training) => {
    const cost = trainingCosts.get(training);
    if (cost === undefined || !(cost > 0 && cost < Infinity))
      throw new InputError(`TRASH: training cost per image ${cost} of ${training} should be positive`);
    return { cost, mean: mean((byTraining.get(training) ?? []).map((each) => each.cost)) };
  });
  const images = new Set(costs.map(({ image }) => image)).size;
  const trainingCost = mean(trainings.map(({ cost }) => cost));
  const meanCost = mean(costs.map(({ cost }) => cost));
  const broken = mean(costs.map((each) => each.broken));
  const shared = {
    images,
    trainings: trainings.length,
    broken,
    meanCost,
    horizon,
    trainingCost,
    longerBudget: trainingCost / mean(costs.map(({ spent }) => spent)),
  };
  const value = trainingCost / meanCost;
  const clockMargin = studentQuantile(0.5 + confidenceLevel / 2, Infinity) * Math.sqrt(clockLogVariance);
  if (images < FEWEST_IMAGES)
    return { ...shared, kind: 'too few images', value, lower: null, upper: null, degreesOfFreedom: null };
  const elsewhere = 1 - (1 - confidenceLevel) ** (1 / images);
  if (broken === 0) {
    const upper = (trainingCost / (horizon * (1 - elsewhere))) * Math.exp(clockMargin);
    return { ...shared, kind: 'upper limit', value: null, lower: null, upper, degreesOfFreedom: null };
  }
  const quantile = 0.5 + confidenceLevel / 2;
  const [least, most] = hallInterval(meanCost, influences(costs, meanCost), quantile);
  const logScores = trainings.map((training) => Math.log(training.cost / training.mean));
  const between =
    trainings.length < 2
      ? 0
      : studentQuantile(quantile, trainings.length - 1) * Math.sqrt(variance(logScores) / trainings.length);
  // A half width on the logarithm of the score: of images or of trainings, whichever is wider, and of the clock.
  const halfWidth = (overImages: number) => Math.exp(Math.hypot(Math.max(overImages, between), clockMargin));
  const alike = costs.every(({ cost }) => cost === costs[0].cost);
  const cheapest = alike ? meanCost * (1 - elsewhere) : least;
  const dearest = alike ? meanCost + elsewhere * (horizon - meanCost) : most;
  const downwards = Math.log(dearest / meanCost);
  const upwards = Math.log(meanCost / cheapest);
  return {
    ...shared,
    kind: 'estimate',
    value,
    lower: value / halfWidth(downwards),
    upper: value * halfWidth(upwards),
    degreesOfFreedom: between > Math.min(downwards, upwards) ? trainings.length - 1 : images - 1,
  };
}

/** The least cost that an interval reaches down to, as a share of the mean: Hall's transformation knows no bound at 0. */
const LEAST = 1e-3;

/**
 * Interval of a mean by Hall's transformation of Student's statistic (Hall 1992, "On the removal of skewness by transformation"): the
 * cubic that takes the skewness out of the distribution of the statistic, to the first order, and can be inverted.
 * @param deviations each independent unit's influence on the mean, about 0
 */
function hallInterval(center: number, deviations: readonly number[], quantile: number): readonly [number, number] {
  const n = deviations.length;
  const squares = deviations.reduce((sum, each) => sum + each * each, 0);
  const scale = Math.sqrt(squares / (n - 1));
  if (scale === 0) return [center, center];
  const skewness = deviations.reduce((sum, each) => sum + each ** 3, 0) / n / (squares / n) ** 1.5;
  const t = studentQuantile(quantile, n - 1) / Math.sqrt(n);
  const inverse = (y: number) =>
    Math.abs(skewness) < 1e-6 ? y : (3 / skewness) * (Math.cbrt(1 + skewness * (y - skewness / (6 * n))) - 1);
  const [low, high] = [center - scale * inverse(t), center - scale * inverse(-t)];
  return [Math.max(Math.min(low, center), LEAST * center), Math.max(high, center)];
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function variance(values: readonly number[]): number {
  const center = mean(values);
  return values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1);
}

/** What each image adds to the mean of all costs, about 0; those of one image (under several attacks, say) are one draw. */
function influences(costs: readonly ImageCost[], center: number): number[] {
  const sums = new Map<string, number>();
  for (const { image, cost } of costs) sums.set(image, (sums.get(image) ?? 0) + cost - center);
  const perImage = costs.length / sums.size;
  return [...sums.values()].map((sum) => sum / perImage);
}
