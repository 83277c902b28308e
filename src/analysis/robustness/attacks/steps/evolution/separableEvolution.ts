import { drawNormal, streamId } from '../../../../../base/philox.ts';
import type { Draw } from './differentialEvolution.ts';

/** A normal distribution with independent coordinates that moves and widens: what one generation knows. */
export interface SearchDistribution {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  readonly stepSize: number;
  readonly path: Float64Array;
  readonly pathOfStep: Float64Array;
}

export const openDistribution = (mean: Float64Array, stepSize: number): SearchDistribution => ({
  mean,
  variance: new Float64Array(mean.length).fill(1),
  stepSize,
  path: new Float64Array(mean.length),
  pathOfStep: new Float64Array(mean.length),
});

/** Points [count, dimensions] of the distribution, kept within the unit box. */
export function sampleFrom(
  { mean, variance, stepSize }: SearchDistribution,
  count: number,
  generation: number,
  { seed, sample, purpose }: Draw,
): Float64Array {
  const size = mean.length;
  const source = { seed, stream: streamId(`${purpose}.${generation}`), substream: sample };
  const normals = drawNormal(source, count * size);
  return Float64Array.from(normals, (value, at) => {
    const d = at % size;
    return Math.min(1, Math.max(0, mean[d] + stepSize * Math.sqrt(variance[d]) * value));
  });
}

/**
 * One generation of the separable CMA-ES (Ros and Hansen, "A simple modification in CMA-ES achieving linear time and space
 * complexity", PPSN 2008): the covariance stays diagonal, so thousands of dimensions are no burden.
 * @param points [count, dimensions]
 * @param energies less is better
 */
export function adapt(
  before: SearchDistribution,
  points: Float64Array,
  energies: Float64Array,
  generation: number,
): SearchDistribution {
  const size = before.mean.length;
  const count = energies.length;
  const parents = Math.floor(count / 2);
  const raw = Array.from({ length: parents }, (_, i) => Math.log(parents + 0.5) - Math.log(i + 1));
  const total = raw.reduce((a, b) => a + b, 0);
  const weights = raw.map((weight) => weight / total);
  const effective = 1 / weights.reduce((sum, weight) => sum + weight * weight, 0);
  const forStep = (effective + 2) / (size + effective + 3);
  const damping = 1 + forStep + 2 * Math.max(0, Math.sqrt((effective - 1) / (size + 1)) - 1);
  const forPath = 4 / (size + 4);
  const rank1 = 2 / ((size + 1.3) ** 2 + effective);
  const rankMu = Math.min(1 - rank1, (2 * (effective - 2 + 1 / effective)) / ((size + 2) ** 2 + effective));
  // A diagonal has fewer numbers to learn, so it may learn faster by this factor.
  const faster = (size + 2) / 3;
  const [learn1, learnMu] = [Math.min(1, rank1 * faster), Math.min(1, rankMu * faster)];
  const expected = Math.sqrt(size) * (1 - 1 / (4 * size) + 1 / (21 * size * size));

  const order = Array.from(energies.keys()).sort((a, b) => energies[a] - energies[b] || a - b);
  const mean = new Float64Array(size);
  const spread = new Float64Array(size);
  weights.forEach((weight, rank) => {
    for (let d = 0; d < size; d++) {
      const value = points[order[rank] * size + d];
      mean[d] += weight * value;
      spread[d] += weight * ((value - before.mean[d]) / before.stepSize) ** 2;
    }
  });
  const moved = mean.map((value, d) => (value - before.mean[d]) / before.stepSize);
  const pathOfStep = before.pathOfStep.map(
    (value, d) =>
      (1 - forStep) * value +
      Math.sqrt(forStep * (2 - forStep) * effective) * (moved[d] / Math.sqrt(before.variance[d])),
  );
  const length = Math.sqrt(pathOfStep.reduce((sum, value) => sum + value * value, 0));
  const stalls = length / Math.sqrt(1 - (1 - forStep) ** (2 * generation)) >= (1.4 + 2 / (size + 1)) * expected;
  const path = before.path.map(
    (value, d) => (1 - forPath) * value + (stalls ? 0 : Math.sqrt(forPath * (2 - forPath) * effective) * moved[d]),
  );
  const kept = Math.max(0, 1 - learn1 - learnMu);
  const variance = before.variance.map((value, d) =>
    Math.max(1e-12, kept * value + learn1 * path[d] ** 2 + learnMu * spread[d]),
  );
  const stepSize = before.stepSize * Math.exp((forStep / damping) * (length / expected - 1));
  return { mean, variance, stepSize, path, pathOfStep };
}
