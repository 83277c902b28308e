import { InputError } from '../../base/errors.ts';
import { congruence } from './numerics/linearAlgebra.ts';
import { type SurvivalTable, totalWeight } from './table/table.ts';

/**
 * inverse · (sum over clusters of score scoreᵀ) · inverse (Lin and Wei 1989). A row without a cluster stands for `weight`
 * independent samples, so that splitting it changes nothing.
 * @param scores gradient of each row's log likelihood for one unit of its weight: rows × size, row-major
 * @param inverse inverse information, size × size
 * @throws InputError where there are no more clusters than coefficients: their scores then do not span the coefficients, and some
 *   combination of these would have a standard error of 0.
 */
export function sandwich(
  table: SurvivalTable,
  scores: Float64Array,
  inverse: Float64Array,
  size: number,
): Float64Array {
  const count = table.clusters?.reduce((most, cluster) => Math.max(most, cluster + 1), 0) ?? totalWeight(table);
  if (count <= size) {
    throw new InputError(
      `robust standard errors: ${count} ${table.clusters === null ? 'samples' : 'clusters'} for ${size} coefficients; more clusters than coefficients are needed (fewer covariates, or a finer cluster column)`,
    );
  }
  const middle = new Float64Array(size * size);
  const addOuter = (score: ArrayLike<number>, offset: number, weight: number) => {
    for (let a = 0; a < size; a++) {
      for (let b = 0; b < size; b++) middle[a * size + b] += weight * score[offset + a] * score[offset + b];
    }
  };
  if (table.clusters === null) {
    for (let i = 0; i < table.rows; i++) addOuter(scores, i * size, table.weights[i]);
  } else {
    const sums = new Float64Array(count * size);
    for (let i = 0; i < table.rows; i++) {
      for (let a = 0; a < size; a++) sums[table.clusters[i] * size + a] += table.weights[i] * scores[i * size + a];
    }
    for (let cluster = 0; cluster < count; cluster++) addOuter(sums, cluster * size, 1);
  }
  return congruence(inverse, middle, size);
}
