import type { Distribution } from '../distributions/distribution.ts';
import { timeSummary } from '../fitChecks.ts';
import { maximise } from '../numerics/newton.ts';
import { type DesignMatrix, designMatrix } from '../table/designMatrix.ts';
import { type SurvivalTable, selectRows } from '../table/table.ts';
import { likelihood } from './likelihood.ts';

/** Coefficients to start a fit from. */
export interface StartValues {
  /** Estimates of the model without covariates: one for each parameter. */
  readonly bare: Float64Array;
  /** Start values of the whole model; null where the intercepts of the model without covariates are the best guess. */
  readonly full: Float64Array | null;
}

/** A selection is one row in so many. */
const STRIDE = 8;

/** Rows that a selection should have. */
const ENOUGH = 1500;

/** Squared standard errors of a selection: its maximum need not be known better than it knows that of the table. */
const NEAR = 0.1;

/**
 * Where a fit starts. In a long table it is near the maximum over every eighth row, which is as near to that of the table as
 * its standard errors, and which itself starts from an eighth of the eighth: most of Newton's steps are then made on few rows.
 * The maximum that is found does not depend on it.
 */
export function startValues(
  table: SurvivalTable,
  distribution: Distribution,
  designs: readonly DesignMatrix[],
): StartValues {
  if (table.rows < STRIDE * ENOUGH) return { bare: distribution.start(timeSummary(table)), full: null };
  const few = selectRows({ ...table, covariates: {} }, (row) => row % STRIDE === 0);
  const thin = designs.map((design) => selected(design, few.rows));
  const before = startValues(few, distribution, thin);
  const full = likelihood(few, distribution, thin);
  const start = before.full ?? new Float64Array(full.coefficients);
  let { bare } = before;
  if (before.full === null) {
    const intercept = designMatrix(few, []);
    const intercepts = designs.map(() => intercept);
    const maximum = maximise(likelihood(few, distribution, intercepts).evaluate, bare, { near: NEAR });
    // The selection may lack what the table has (failures, a rare group): then there is nothing to learn from it.
    if (!maximum.converged) return before;
    bare = maximum.beta;
    designs.reduce((offset, { columns }, j) => {
      start[offset] = bare[j];
      return offset + columns;
    }, 0);
  }
  const maximum = maximise(full.evaluate, start, { near: NEAR });
  return { bare, full: maximum.converged ? maximum.beta : null };
}

/** Every eighth row of a design, `rows` in all. */
function selected(design: DesignMatrix, rows: number): DesignMatrix {
  return { ...design, rows, sources: design.sources.map((source) => everyEighth(source, rows)) };
}

function everyEighth(source: Float64Array, rows: number): Float64Array {
  const picked = new Float64Array(rows);
  for (let k = 0; k < rows; k++) picked[k] = source[k * STRIDE];
  return picked;
}
