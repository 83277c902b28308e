import { InputError } from '../../engine/errors.ts';
import {
  addCrossProducts,
  dotProducts,
  OVERHANG,
  type RowMajor,
  STRETCH,
  subtractCombination,
} from './columnProducts.ts';
import type { Distribution, Link } from './distributions/distribution.ts';
import { cholesky, invertUpperTriangular } from './linearAlgebra.ts';
import { type SurvivalTable, totalWeight } from './table.ts';

/**
 * The covariates of one linear predictor, ready for the fitter: centred, scaled and, unless they are nearly uncorrelated, made
 * orthogonal, so that the fit does not depend on units, centring or near-collinearity. Column 0 is the intercept.
 */
export interface DesignMatrix extends RowMajor {
  readonly covariates: readonly string[];
  /** Columns after the first have a weighted mean of 0 and a weighted mean square of 1. */
  readonly matrix: Float64Array;
  /** columns × columns: coefficients in the covariates' own units = toOwn · coefficients of `matrix`. */
  readonly toOwn: Float64Array;
  /** columns × columns, the inverse: a row of own values (1, x1, x2, ...) = row of `matrix` · fromInternal; row 0 holds the means. */
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

/** Stretches of rows on which correlations are judged. */
const SAMPLED = 40;

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
  const total = totalWeight(table);
  const moments = covariates.map((name) => columnMoments(name, table.covariates[name], table.weights, total));
  return standardised(table, covariates, moments) ?? orthogonalised(table, covariates, moments, total);
}

/** Mean, standard deviation and largest absolute value of a column in its own units. */
interface ColumnMoments {
  readonly mean: number;
  readonly deviation: number;
  readonly largest: number;
}

function columnMoments(name: string, own: Float64Array, weights: Float64Array, total: number): ColumnMoments {
  let low = Infinity;
  let high = -Infinity;
  let sum = 0;
  for (let i = 0; i < own.length; i++) {
    const value = own[i];
    if (value < low) low = value;
    if (value > high) high = value;
    sum += weights[i] * value;
  }
  const largest = Math.max(Math.abs(low), Math.abs(high));
  if (high - low <= 8 * Number.EPSILON * largest) {
    throw new InputError(
      `covariate "${name}" is constant (${low} in every row): leave it out, the intercept stands for it`,
    );
  }
  const mean = sum / total;
  let squares = 0;
  for (let i = 0; i < own.length; i++) squares += weights[i] * (own[i] - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / total), largest };
}

/** The design of columns that are centred and scaled only; null where they are too correlated for that. */
function standardised(
  table: SurvivalTable,
  covariates: readonly string[],
  moments: readonly ColumnMoments[],
): DesignMatrix | null {
  const columns = covariates.length + 1;
  const matrix = new Float64Array(table.rows * columns + OVERHANG);
  const own = covariates.map((name) => table.covariates[name]);
  // Some rows at a time, so that what is written stays in the processor's cache until its last column is there.
  for (let start = 0; start < table.rows; start += STRETCH) {
    const end = Math.min(start + STRETCH, table.rows);
    for (let i = start, at = start * columns; i < end; i++, at += columns) matrix[at] = 1;
    for (let j = 1; j < columns; j++) standardise(own[j - 1], moments[j - 1], start, end, matrix, columns, j);
  }
  // Of a long table some stretches: where they are uncorrelated, the sums over all rows, which are larger, are well-conditioned.
  const step = STRETCH * Math.max(1, Math.floor(table.rows / (STRETCH * SAMPLED)));
  const correlations = new Float64Array(columns * columns);
  const rows = { matrix, columns };
  let sampled = 0;
  for (let start = 0; start < table.rows; start += step) {
    const count = Math.min(STRETCH, table.rows - start);
    const weights = table.weights.subarray(start, start + count);
    for (const weight of weights) sampled += weight;
    addCrossProducts(rows, columns, rows, weights, start, count, true, correlations, 0, columns);
  }
  const factor = cholesky(
    correlations.map((value) => value / sampled),
    columns,
  );
  // A diagonal element squared is the share of a column's variance that those before it do not explain.
  for (let j = 1; j < columns; j++)
    if (factor === null || !(factor[j * (columns + 1)] ** 2 > 1 - UNCORRELATED)) return null;
  const triangle = new Float64Array(columns * columns);
  const deviations = new Float64Array(columns).fill(1);
  triangle[0] = 1;
  moments.forEach(({ mean, deviation }, k) => {
    triangle[k + 1] = mean;
    triangle[(k + 1) * (columns + 1)] = deviation;
    deviations[k + 1] = deviation;
  });
  const toOwn = invertUpperTriangular(triangle, columns);
  return { covariates, columns, matrix, toOwn, fromInternal: triangle, deviations };
}

function standardise(
  own: Float64Array,
  { mean, deviation }: ColumnMoments,
  start: number,
  end: number,
  matrix: Float64Array,
  columns: number,
  column: number,
): void {
  for (let i = start, at = start * columns + column; i < end; i++, at += columns)
    matrix[at] = (own[i] - mean) / deviation;
}

/** The design of orthogonal columns, by Gram and Schmidt's method. @throws InputError naming columns that are collinear. */
function orthogonalised(
  table: SurvivalTable,
  covariates: readonly string[],
  moments: readonly ColumnMoments[],
  total: number,
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
    const own = table.covariates[name];
    const { mean, deviation, largest } = moments[index];
    const column = own.map((value) => value - mean);
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
  return {
    covariates,
    columns,
    matrix: byRows(orthogonal),
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
  return (
    values.reduce((most, value) => Math.max(most, value), -Infinity) - values.reduce((a, b) => Math.min(a, b), Infinity)
  );
}

export function quote(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}

/** Columns as a row-major matrix. */
function byRows(columns: readonly Float64Array[]): Float64Array {
  const [{ length: rows }] = columns;
  const matrix = new Float64Array(rows * columns.length + OVERHANG);
  columns.forEach((column, j) => {
    for (let i = 0, at = j; i < rows; i++, at += columns.length) matrix[at] = column[i];
  });
  return matrix;
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
