/** What the failures at one time give under exact ties. */
export interface ConditionalTerm {
  /** log of the sum, over all sets of as many rows at risk as fail, of the product of their hazards. */
  readonly logSum: number;
  /** Mean and covariance (lower triangle) of the failures' summed covariates over these sets. */
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
}

/**
 * The denominator of the conditional logistic likelihood for `failures` of the rows at risk, by the recursion of Gail, Lubin and
 * Rubinstein (1981) over the rows: a set of k of the first n rows has the n-th row and k - 1 others, or k others. Time is of the
 * order rows · failures · size².
 * @param rows rows at risk; one that stands for w samples w times
 * @param predictors log hazard of each row of the table
 * @param matrix covariates, row-major with `size` a row
 */
export function conditionalTerm(
  rows: readonly number[],
  failures: number,
  predictors: Float64Array,
  matrix: Float64Array,
  size: number,
): ConditionalTerm {
  if (2 * failures <= rows.length) return recursion(rows, failures, predictors, matrix, size);
  // To choose who fails is to choose who does not, with inverse hazards: fewer to choose, and no overflow.
  const rest = recursion(
    rows,
    rows.length - failures,
    predictors.map((value) => -value),
    matrix,
    size,
  );
  let logSum = rest.logSum;
  const mean = rest.mean.map((value) => -value);
  for (const row of rows) {
    logSum += predictors[row];
    for (let a = 0; a < size; a++) mean[a] += matrix[row * size + a];
  }
  return { logSum, mean, covariance: rest.covariance };
}

function recursion(
  rows: readonly number[],
  chosen: number,
  predictors: Float64Array,
  matrix: Float64Array,
  size: number,
): ConditionalTerm {
  // Hazards are scaled so that their sum is `chosen`: the sums over sets are then of the order exp(chosen), not of binomials.
  const largest = rows.reduce((most, row) => Math.max(most, predictors[row]), -Infinity);
  const total = rows.reduce((sum, row) => sum + Math.exp(predictors[row] - largest), 0);
  const centre = largest + Math.log(total / Math.max(1, chosen));
  const square = size * size;
  const zeroth = new Float64Array(chosen + 1);
  const first = new Float64Array((chosen + 1) * size);
  const second = new Float64Array((chosen + 1) * square);
  zeroth[0] = 1;
  rows.forEach((row, n) => {
    const hazard = Math.exp(predictors[row] - centre);
    const x = matrix.subarray(row * size, (row + 1) * size);
    // Fewer than `least` chosen so far cannot be made up for by the rows to come.
    const least = Math.max(1, chosen - (rows.length - 1 - n));
    for (let k = Math.min(chosen, n + 1); k >= least; k--) {
      const below = (k - 1) * size;
      for (let a = 0; a < size; a++) {
        const at = k * square + a * size;
        const from = at - square;
        const whole = first[below + a] + x[a] * zeroth[k - 1];
        for (let b = 0; b <= a; b++) {
          second[at + b] += hazard * (second[from + b] + whole * x[b] + x[a] * first[below + b]);
        }
      }
      for (let a = 0; a < size; a++) first[k * size + a] += hazard * (first[below + a] + x[a] * zeroth[k - 1]);
      zeroth[k] += hazard * zeroth[k - 1];
    }
  });
  const sum = zeroth[chosen];
  const mean = first.subarray(chosen * size).map((value) => value / sum);
  const covariance = second.subarray(chosen * square).map((value) => value / sum);
  for (let a = 0; a < size; a++) for (let b = 0; b <= a; b++) covariance[a * size + b] -= mean[a] * mean[b];
  return { logSum: Math.log(sum) + chosen * centre, mean, covariance };
}
