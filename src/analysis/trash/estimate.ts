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
 * With one training the standard error of the mean is that over its images, put on the logarithm of the score by the delta method,
 * with Student's t of images - 1 degrees of freedom. With several trainings the score of each is an independent draw of what training
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
  const trainings = [...new Set(costs.map(({ training }) => training))].map((training) => {
    const cost = trainingCosts.get(training);
    if (cost === undefined || !(cost > 0 && cost < Infinity))
      throw new InputError(`TRASH: training cost per image ${cost} of ${training} should be positive`);
    return { cost, images: costs.filter((each) => each.training === training) };
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
  const overImages = Math.sqrt(clusterVariance(costs, meanCost)) / meanCost;
  const overTrainings =
    trainings.length < 2
      ? 0
      : Math.sqrt(
          variance(trainings.map(({ cost, images: own }) => Math.log(cost / mean(own.map((each) => each.cost))))) /
            trainings.length,
        );
  const margins = [
    { size: studentQuantile(0.5 + confidenceLevel / 2, images - 1) * overImages, degreesOfFreedom: images - 1 },
    ...(trainings.length < 2
      ? []
      : [
          {
            size: studentQuantile(0.5 + confidenceLevel / 2, trainings.length - 1) * overTrainings,
            degreesOfFreedom: trainings.length - 1,
          },
        ]),
  ];
  const { size, degreesOfFreedom } = margins.reduce((widest, each) => (each.size > widest.size ? each : widest));
  const spread = Math.exp(Math.hypot(size, clockMargin));
  const alike = costs.every(({ cost }) => cost === costs[0].cost);
  const lowest = alike ? meanCost * (1 - elsewhere) : meanCost;
  const highest = alike ? meanCost + elsewhere * (horizon - meanCost) : meanCost;
  return {
    ...shared,
    kind: 'estimate',
    value,
    lower: trainingCost / highest / spread,
    upper: (trainingCost / lowest) * spread,
    degreesOfFreedom,
  };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function variance(values: readonly number[]): number {
  const center = mean(values);
  return values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1);
}

/** Variance of the mean of all costs, those of one image (under several trainings, say) counting as one draw. */
function clusterVariance(costs: readonly ImageCost[], center: number): number {
  const sums = new Map<string, number>();
  for (const { image, cost } of costs) sums.set(image, (sums.get(image) ?? 0) + cost - center);
  const squares = [...sums.values()].reduce((sum, each) => sum + each * each, 0);
  return (squares * sums.size) / (sums.size - 1) / costs.length ** 2;
}
