import { InputError } from '../../../base/errors.ts';
import type { Distribution, Link } from '../distributions/distribution.ts';
import { type Moments, momentsOf, rangeOf, requireVariation } from '../numerics/columnMoments.ts';
import { dotProducts, subtractCombination } from '../numerics/columnProducts.ts';
import { cholesky, invertUpperTriangular } from '../numerics/linearAlgebra.ts';
import type { StandardisedColumns } from '../numerics/stretch.ts';
import type { SurvivalTable } from './table.ts';

/**
 * The covariates of one linear predictor, ready for the fitter: centred, scaled and, unless they are nearly uncorrelated, made
 * orthogonal, so that the fit does not depend on units, centring or near-collinearity. Column 0 is the intercept.
 */
export interface DesignMatrix extends StandardisedColumns {
  readonly covariates: readonly string[];
  readonly rows: number;
  /** With the intercept. Those after it have a weighted mean of 0 and a weighted mean square of 1. */
  readonly columns: number;
  /** columns × columns: coefficients in the covariates' own units = toOwn · coefficients of the internal columns. */
  readonly toOwn: Float64Array;
  /** columns × columns, the inverse: a row of own values (1, x1, x2, ...) = internal row · fromInternal; row 0 holds the means. */
  readonly fromInternal: Float64Array;
  /** Standard deviation of each column in its own units, 1 for the intercept. */
  readonly deviations: Float64Array;
}

/** The part of the coefficient vector that predicts one parameter: an intercept and its covariates. */
export interface PredictorBlock {
  readonly parameter: string;
  readonly link: Link;
  readonly perTime: boolean;
  readonly covariates: readonly string[];
  /** Where the block's intercept stands among the coefficients. */
  readonly offset: number;
}

/** A column whose part that is not explained by the columns before it is smaller than this share is called collinear. */
const COLLINEAR = 1e-9;

/** A pass of Gram-Schmidt that leaves less than this share of a column is followed by another. */
const REORTHOGONALISE = 0.7;

/** Where covariates explain less than this share of each other's variance, rounding gains nothing from making them orthogonal. */
const UNCORRELATED = 0.7;

/**
 * @throws InputError naming a column that is missing, constant, or a linear combination of others (a full set of dummies).
 */
export function designMatrix(table: SurvivalTable, covariates: readonly string[]): DesignMatrix {
  covariates.forEach((name, index) => {
    if (table.covariates[name] === undefined) {
      const known = Object.keys(table.covariates).join(', ');
      throw new InputError(`covariate "${name}" is not in the table, which has: ${known || 'no covariates'}`);
    }
    if (covariates.indexOf(name) !== index) throw new InputError(`covariate "${name}" is given twice`);
  });
  const columns = covariates.map((name) => table.covariates[name]);
  const moments = momentsOf(columns, table.weights);
  covariates.forEach((name, k) => {
    requireVariation(name, columns[k], moments.means[k], moments.deviations[k]);
  });
  return standardised(table.rows, covariates, columns, moments) ?? orthogonalised(table, covariates, moments);
}

/** The design of columns that are centred and scaled only; null where they are too correlated for that. */
function standardised(
  rows: number,
  covariates: readonly string[],
  sources: readonly Float64Array[],
  { means, deviations, correlations }: Moments,
): DesignMatrix | null {
  const size = covariates.length;
  const factor = cholesky(correlations, size);
  // A diagonal element squared is the share of a column's variance that those before it do not explain.
  for (let j = 0; j < size; j++) if (factor === null || !(factor[j * (size + 1)] ** 2 > 1 - UNCORRELATED)) return null;
  const columns = size + 1;
  const triangle = new Float64Array(columns * columns);
  triangle[0] = 1;
  triangle.set(means, 1);
  deviations.forEach((deviation, k) => {
    triangle[(k + 1) * (columns + 1)] = deviation;
  });
  return {
    covariates,
    rows,
    columns,
    sources,
    centres: means,
    divisors: deviations,
    toOwn: invertUpperTriangular(triangle, columns),
    fromInternal: triangle,
    deviations: Float64Array.of(1, ...deviations),
  };
}

/** The columns from `first` on: rows × (columns - first), row-major. */
export function rowMajor({ rows, columns, sources, centres, divisors }: DesignMatrix, first: 0 | 1): Float64Array {
  const width = columns - first;
  const matrix = new Float64Array(rows * width).fill(1);
  sources.forEach((source, k) => {
    for (let i = 0, to = k + 1 - first; i < rows; i++, to += width) matrix[to] = (source[i] - centres[k]) / divisors[k];
  });
  return matrix;
}

/** The design of orthogonal columns, by Gram and Schmidt's method. @throws InputError naming columns that are collinear. */
function orthogonalised(
  table: SurvivalTable,
  covariates: readonly string[],
  { total, means, deviations: spreads }: Moments,
): DesignMatrix {
  const { rows, weights } = table;
  const columns = covariates.length + 1;
  const orthogonal: Float64Array[] = [new Float64Array(rows).fill(1)];
  // Own column j = sum over k <= j of triangle[k][j] · orthogonal column k.
  const triangle = new Float64Array(columns * columns);
  const deviations = new Float64Array(columns).fill(1);
  const weighted = new Float64Array(rows);
  triangle[0] = 1;
  covariates.forEach((name, index) => {
    const j = index + 1;
    const values = table.covariates[name];
    const mean = means[index];
    const deviation = spreads[index];
    const { low, high } = rangeOf(values);
    const largest = Math.max(Math.abs(low), Math.abs(high));
    const column = values.map((value) => value - mean);
    deviations[j] = deviation;
    triangle[j] = mean;
    let rest = deviation;
    let before: number;
    // Again where much of the column was taken away: one pass of Gram-Schmidt is then not orthogonal enough (Daniel et al. 1976).
    do {
      before = rest;
      for (let i = 0; i < rows; i++) weighted[i] = (weights[i] * column[i]) / total;
      const shares = dotProducts(weighted, orthogonal);
      for (let k = 0; k < j; k++) triangle[k * columns + j] += shares[k];
      subtractCombination(column, orthogonal, shares);
      rest = Math.sqrt(weightedSquares(column, weights) / total);
    } while (rest < REORTHOGONALISE * before && rest > deviation * COLLINEAR);
    if (!(rest > deviation * COLLINEAR + largest * 1e-14)) {
      throw collinear(covariates, index, table, triangle, columns);
    }
    triangle[j * columns + j] = rest;
    for (let i = 0; i < rows; i++) column[i] /= rest;
    orthogonal.push(column);
  });
  const sources = orthogonal.slice(1);
  return {
    covariates,
    rows,
    columns,
    sources,
    centres: new Float64Array(sources.length),
    divisors: new Float64Array(sources.length).fill(1),
    toOwn: invertUpperTriangular(triangle, columns),
    fromInternal: triangle,
    deviations,
  };
}

function weightedSquares(values: Float64Array, weights: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += weights[i] * values[i] * values[i];
  return sum;
}

/** Explains column `index` by those before it: column = sum c_k column_k, from the triangle of the columns before it. */
function collinear(
  covariates: readonly string[],
  index: number,
  table: SurvivalTable,
  triangle: Float64Array,
  columns: number,
): InputError {
  const size = index + 1;
  const coefficients = new Float64Array(size);
  for (let row = size - 1; row >= 0; row--) {
    let sum = triangle[row * columns + size];
    for (let k = row + 1; k < size; k++) sum -= triangle[row * columns + k] * coefficients[k];
    coefficients[row] = sum / triangle[row * columns + row];
  }
  const name = covariates[index];
  const deviation = (column: string) => spread(table.covariates[column]);
  const involved = covariates
    .slice(0, index)
    .filter((column, k) => Math.abs(coefficients[k + 1]) * deviation(column) > 1e-6 * deviation(name));
  const dummies = [...involved, name].every((column) => table.covariates[column].every((v) => v === 0 || v === 1));
  if (dummies && Math.abs(coefficients[0] - 1) < 1e-6) {
    return new InputError(
      `covariates ${quote([...involved, name])} are a full set of dummy columns (they add up to 1 in every row): leave one out as the reference level`,
    );
  }
  return new InputError(
    `covariate "${name}" is collinear: it is a linear combination of ${quote(involved)} and the intercept; leave one of them out`,
  );
}

function spread(values: Float64Array): number {
  const { low, high } = rangeOf(values);
  return high - low;
}

export function quote(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}

/** The blocks of the coefficient vector, one for each parameter of the distribution. */
export function blocksOf(distribution: Distribution, designs: readonly DesignMatrix[]): PredictorBlock[] {
  let offset = 0;
  return distribution.parameters.map(({ name, link, perTime = false }, j) => {
    const block = { parameter: name, link, perTime, covariates: designs[j].covariates, offset };
    offset += designs[j].columns;
    return block;
  });
}
