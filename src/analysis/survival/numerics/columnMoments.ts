import { InputError } from '../../../base/errors.ts';
import { STRETCH } from './columnKernels.ts';
import { addProducts, filledUp, layout, scratch, writeColumns } from './stretch.ts';

/** A deviation below this share of the mean may be rounding. */
const SUSPICIOUS = 1e-6;

/** First and second moments of columns in their own units. */
export interface Moments {
  readonly total: number;
  readonly means: Float64Array;
  readonly deviations: Float64Array;
  /** The lower triangle; row-major. */
  readonly correlations: Float64Array;
}

/**
 * One pass over the rows, with each column's mean over the first stretch as its origin: as these rows count, too, the origin is
 * at most so many deviations away from the mean that the squares lose a digit or two.
 */
export function momentsOf(sources: readonly Float64Array[], weights: Float64Array): Moments {
  const rows = weights.length;
  const count = sources.length;
  const origins = Float64Array.from(sources, (source) => simpleMean(source.subarray(0, STRETCH)));
  const columns = { sources, centres: origins, divisors: new Float64Array(count).fill(1) };
  const places = layout();
  const block = places.block(count + 1);
  const weight = places.block(1);
  const sums = places.target(count + 1, count + 1);
  const memory = scratch(places.size);
  memory.fill(0, sums.at, places.size);
  for (let start = 0; start < rows; start += STRETCH) {
    const stretch = Math.min(STRETCH, rows - start);
    writeColumns(columns, start, stretch, block);
    memory.set(weights.subarray(start, start + stretch), weight.at);
    memory.fill(0, weight.at + stretch, weight.at + filledUp(stretch));
    addProducts(block, block, weight, stretch, sums, true);
  }
  const total = memory[sums.at];
  const mean = (a: number, b: number) => memory[sums.at + a * sums.stride + b] / total;
  const shifts = Float64Array.from(sources, (_, k) => mean(k + 1, 0));
  const deviations = shifts.map((shift, k) => Math.sqrt(Math.max(0, mean(k + 1, k + 1) - shift * shift)));
  const correlations = new Float64Array(count * count);
  for (let a = 0; a < count; a++) {
    for (let b = 0; b <= a; b++) {
      const covariance = mean(a + 1, b + 1) - shifts[a] * shifts[b];
      correlations[a * count + b] = a === b ? 1 : covariance / (deviations[a] * deviations[b]);
    }
  }
  return { total, means: shifts.map((shift, k) => origins[k] + shift), deviations, correlations };
}

function simpleMean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** @throws InputError if the column has one value only, up to rounding. */
export function requireVariation(name: string, column: Float64Array, mean: number, deviation: number): void {
  if (deviation > SUSPICIOUS * Math.abs(mean)) return;
  const { low, high } = rangeOf(column);
  if (high - low <= 8 * Number.EPSILON * Math.max(Math.abs(low), Math.abs(high))) {
    throw new InputError(
      `covariate "${name}" is constant (${low} in every row): leave it out, the intercept stands for it`,
    );
  }
}

/** Least and largest value. */
export function rangeOf(values: Float64Array): { readonly low: number; readonly high: number } {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  return { low, high };
}
