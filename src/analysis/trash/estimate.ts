import { InputError } from '../../base/errors.ts';
import { exactInterval } from '../robustness/index.ts';
import { LEAST, meanInterval } from './meanInterval.ts';
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
  /** Share of the images that were broken within the horizon. */
  readonly broken: number;
  /** E[min(T, horizon)]. */
  readonly meanCost: number;
  readonly horizon: number;
  /** For one image, the mean over trainings. */
  readonly trainingCost: number;
  /** The score if a longer budget broke all that is left at once: the most that it could become. */
  readonly longerBudget: number;
  /** What was spent for each image that was broken; null where none was. Of an envelope, the least that it can have been. */
  readonly costPerBroken: number | null;
  /**
   * Training cost over that, with the lower limit of the share broken (Clopper and Pearson 1934). A mean up to a horizon hides how many
   * images stand there, above all where the horizon is near the budget.
   */
  readonly perBrokenLower: number;
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
  /** `cost` as it would be if the attacks that did not break the image had broken it when their budgets ended. */
  readonly spent: number;
  /** Share of its attacks that broke it within the horizon. */
  readonly broken: number;
}

/** Fewer independent images than this bear neither an interval nor a verdict. */
export const FEWEST_IMAGES = 10;

/** Fewer independent images than this may well show none of a kind that is a tenth of all: 0.9^29 is 0.047. */
export const FEW_IMAGES = 30;

/**
 * The score from the costs of images under one strategy, or under several that are pooled: training cost over the mean of all.
 *
 * Images are drawn apart from one another, and so are trainings; all that is known of an image, under several attacks and trainings, is one
 * draw. On the logarithm of the score the half width joins that of images (see `meanInterval`) and that of trainings (see
 * `marginsOfTrainings`). Below thirty images the interval also holds what so few may not have shown (see `unseenOf`).
 *
 * Where no image was broken, E[min(T, horizon)] >= horizon · (1 - p) with p the exact upper limit of the share broken (Clopper and
 * Pearson 1934): an upper limit of the score, and nothing else.
 * @param strategies the costs of images under each
 * @throws InputError without an image, or for a horizon or cost that is not positive
 */
export function estimateTrash(strategies: readonly (readonly ImageCost[])[], options: TrashOptions): TrashEstimate {
  const { trainingCosts, horizon, clockLogVariance = 0, confidenceLevel = 0.95 } = options;
  const costs = strategies.flat();
  if (costs.length === 0) throw new InputError('TRASH: no image that was right before the attack');
  if (!(horizon > 0 && horizon < Infinity)) throw new InputError(`TRASH: the horizon ${horizon} should be positive`);
  const byTraining = new Map<string, ImageCost[]>();
  for (const each of costs) {
    const attacks = byTraining.get(each.training);
    if (attacks === undefined) byTraining.set(each.training, [each]);
    else attacks.push(each);
  }
  const trainings = [...byTraining].map(([training, costs]): Training => {
    const cost = trainingCosts.get(training);
    if (cost === undefined || !(cost > 0 && cost < Infinity))
      throw new InputError(`TRASH: training cost per image ${cost} of ${training} should be positive`);
    return { cost, mean: mean(costs.map((each) => each.cost)), costs: costs };
  });
  const images = imagesOf(costs);
  const trainingCost = mean(trainings.map(({ cost }) => cost));
  const meanCost = mean(costs.map(({ cost }) => cost));
  const broken = mean(costs.map((each) => each.broken));
  const spent = mean(costs.map((each) => each.spent));
  const shared = {
    images,
    trainings: trainings.length,
    broken,
    meanCost,
    horizon,
    trainingCost,
    longerBudget: trainingCost / spent,
    costPerBroken: broken > 0 ? spent / broken : null,
    perBrokenLower: (trainingCost * exactInterval(broken * images, images).lower) / spent,
  };
  const value = trainingCost / meanCost;
  const quantile = 0.5 + confidenceLevel / 2;
  const clockMargin = studentQuantile(quantile, Infinity) * Math.sqrt(clockLogVariance);
  if (images < FEWEST_IMAGES) return { ...shared, kind: 'too few images', value, lower: null, upper: null };
  if (broken === 0) {
    const share = largestUnseen(images, confidenceLevel);
    const upper = (trainingCost / (horizon * (1 - share))) * Math.exp(clockMargin);
    return { ...shared, kind: 'upper limit', value: null, lower: null, upper };
  }
  const influences = influencesOf(trainings);
  const seen = meanInterval(
    meanCost,
    influences.map((each) => each * images * meanCost),
    quantile,
  );
  const few = images < FEW_IMAGES || strategies.every(alike);
  const unseen = few ? unseenOf(strategies, horizon, confidenceLevel) : { lower: 0, higher: 0 };
  const least = Math.max(meanCost - Math.hypot(meanCost - seen[0], unseen.lower), LEAST * meanCost);
  const most = meanCost + Math.hypot(seen[1] - meanCost, unseen.higher);
  const { between, beyondImages } = marginsOfTrainings(trainings, quantile);
  const halfWidth = (ofImages: number) =>
    Math.exp(Math.hypot(Math.max(between, Math.hypot(ofImages, beyondImages)), clockMargin));
  return {
    ...shared,
    kind: 'estimate',
    value,
    lower: value / halfWidth(Math.log(most / meanCost)),
    upper: value * halfWidth(Math.log(meanCost / least)),
  };
}

/** A trained model with what its images cost, and the mean of that. */
interface Training {
  readonly cost: number;
  readonly mean: number;
  readonly costs: readonly ImageCost[];
}

/**
 * What each image adds to the logarithm of the mean cost, about 0: its deviations from the means of the trainings that it met, all of them
 * one draw.
 */
function influencesOf(trainings: readonly Training[]): number[] {
  const sums = new Map<string, number>();
  for (const { mean, costs } of trainings)
    for (const { image, cost } of costs)
      sums.set(image, (sums.get(image) ?? 0) + (cost / mean - 1) / costs.length / trainings.length);
  return [...sums.values()];
}

/**
 * Half widths on the logarithm of the score, of Student's t with trainings - 1 degrees of freedom. `between`: from the variance between
 * the logarithms of the scores of single trainings, which holds all where each has images of its own. `beyondImages`: from what is left
 * of that variance without what images bring of it, which is all that trainings add where they share their images. Both are 0 for one
 * training.
 *
 * With V the variance that images give the score of one training, and C the covariance that the images they share give those of two, images
 * bring (mean V - mean C) / trainings. They give the mean over trainings (mean V + (trainings - 1) mean C) / trainings, so that the
 * same is the difference of mean V and this, over trainings - 1. Images and trainings are clusters that cross (Cameron, Gelbach and
 * Miller 2011).
 */
function marginsOfTrainings(trainings: readonly Training[], quantile: number) {
  const count = trainings.length;
  if (count < 2) return { between: 0, beyondImages: 0 };
  const between = variance(trainings.map(({ cost, mean }) => Math.log(cost / mean))) / count;
  const ofOne = mean(trainings.map((training) => sumOfSquares(influencesOf([training]))));
  const byImages = (ofOne - sumOfSquares(influencesOf(trainings))) / (count - 1);
  const t = studentQuantile(quantile, count - 1);
  return { between: t * Math.sqrt(between), beyondImages: t * Math.sqrt(Math.max(0, between - byImages)) };
}

/** The largest share of all images that so many drawn from them may well show none of (exact binomial). */
const largestUnseen = (images: number, confidenceLevel: number) => 1 - (1 - confidenceLevel) ** (1 / images);

/**
 * How much lower and how much higher a mean cost may be than the one seen, for what the images did not show: where all of a strategy cost
 * the same, a share that costs nothing; where none stood to the horizon, a share that does.
 */
function unseenOf(
  strategies: readonly (readonly ImageCost[])[],
  horizon: number,
  confidenceLevel: number,
): { readonly lower: number; readonly higher: number } {
  const all = strategies.flat().length;
  const parts = strategies.map((attacks) => {
    const share = (largestUnseen(imagesOf(attacks), confidenceLevel) * attacks.length) / all;
    const center = mean(attacks.map(({ cost }) => cost));
    return {
      lower: alike(attacks) ? share * center : 0,
      higher: attacks.every(({ cost }) => cost < horizon) ? share * (horizon - center) : 0,
    };
  });
  return { lower: sum(parts.map(({ lower }) => lower)), higher: sum(parts.map(({ higher }) => higher)) };
}

const alike = (costs: readonly ImageCost[]) => costs.every(({ cost }) => cost === costs[0].cost);

const imagesOf = (costs: readonly ImageCost[]) => new Set(costs.map(({ image }) => image)).size;

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

const mean = (values: readonly number[]) => sum(values) / values.length;

const sumOfSquares = (values: readonly number[]) => sum(values.map((value) => value * value));

function variance(values: readonly number[]): number {
  const center = mean(values);
  return sumOfSquares(values.map((value) => value - center)) / (values.length - 1);
}
