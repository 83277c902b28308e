import { type DesignMatrix, designMatrix } from './designMatrix.ts';
import type { Distribution } from './distributions/distribution.ts';
import { timeSummary } from './fitChecks.ts';
import { likelihood } from './likelihood.ts';
import { maximise } from './newton.ts';
import { type SurvivalTable, selectRows } from './table.ts';

/** Coefficients to start a fit from. */
export interface StartValues {
  /** Of the model without covariates: one for each parameter. */
  readonly bare: Float64Array;
  /** Of the whole model; null where the intercepts of the model without covariates are the best guess. */
  readonly full: Float64Array | null;
}

/** Rows of the subsample. A table of less than four times as many is fitted as fast without. */
const SUBSAMPLE = 4000;

/**
 * Where a fit starts. In a long table it is the maximum over an even selection of rows, as near to that of the table as its
 * standard errors: most of Newton's steps are then made on few rows. The maximum that is found does not depend on it.
 */
export function startValues(
  table: SurvivalTable,
  distribution: Distribution,
  designs: readonly DesignMatrix[],
): StartValues {
  const guess = distribution.start(timeSummary(table));
  if (table.rows < 4 * SUBSAMPLE) return { bare: guess, full: null };
  const stride = Math.floor(table.rows / SUBSAMPLE);
  const chosen = (row: number) => row % stride === 0;
  const few = selectRows({ ...table, covariates: {} }, chosen);
  const intercept = designMatrix(few, []);
  const bare = maximise(
    likelihood(
      few,
      distribution,
      designs.map(() => intercept),
    ).evaluate,
    guess,
  );
  // The selection may lack what the table has (failures, a rare group): then there is nothing to learn from it.
  if (!bare.converged) return { bare: guess, full: null };
  const thin = designs.map((design) => everyRow(design, table.rows, stride));
  const full = likelihood(few, distribution, thin);
  const start = new Float64Array(full.coefficients);
  designs.reduce((offset, { columns }, j) => {
    start[offset] = bare.beta[j];
    return offset + columns;
  }, 0);
  const maximum = maximise(full.evaluate, start);
  return { bare: bare.beta, full: maximum.converged ? maximum.beta : null };
}

/** A design of every `stride`-th row. */
function everyRow(design: DesignMatrix, rows: number, stride: number): DesignMatrix {
  const { matrix, columns } = design;
  const count = Math.ceil(rows / stride);
  const picked = new Float64Array(matrix.length - (rows - count) * columns);
  for (let k = 0; k < count; k++) {
    const from = k * stride * columns;
    picked.set(matrix.subarray(from, from + columns), k * columns);
  }
  return { ...design, matrix: picked };
}
