import { InputError } from '../../../base/errors.ts';
import { type Maximum, maximise } from '../numerics/newton.ts';
import type { DesignMatrix } from '../table/designMatrix.ts';
import type { Evaluation } from './likelihood.ts';

/** Named as lifelines names them; covariates are standardised with divisor n (there n - 1), and shapes are free (there not all). */
export interface Penalty {
  /** Strength, relative to the mean log likelihood of a sample; 0 is none. */
  readonly penalizer?: number;
  /** Share of the L1 penalty (lasso), the rest being L2 (ridge); 0 when left out. */
  readonly l1Ratio?: number;
}

/** Where a block of coefficients stands, and the rows that turn it into coefficients of standardised covariates. */
export interface PenalisedBlock {
  readonly offset: number;
  readonly rows: readonly Float64Array[];
}

/** The standardised coefficients of a design from its row `first` on (1 leaves an intercept out). */
export function standardisedRows({ columns, toOwn, deviations }: DesignMatrix, first: number): Float64Array[] {
  return Array.from({ length: columns - first }, (_, k) => {
    const row = k + first;
    return toOwn.slice(row * columns, (row + 1) * columns).map((value) => value * deviations[row]);
  });
}

/** Half widths of the rounded corner of |b|, in turn: each fit starts from the one before. */
const CORNERS = [1, 0.1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6];

/**
 * Maximum of a log likelihood less strength · sum of (1 - l1Ratio) b² / 2 + l1Ratio |b| over the coefficients b of standardised
 * covariates. |b| is taken as sqrt(b² + c²) - c with a corner c that shrinks to 1e-6, in the manner of lifelines: a coefficient
 * that the lasso sets to 0 ends below 1e-5 standard deviations, not at 0.
 * @param samples their total weight: strength = penalizer · samples. Start-stop rows of one sample count once, however it was cut.
 */
export function maximisePenalised(
  evaluate: (beta: Float64Array) => Evaluation,
  start: Float64Array,
  blocks: readonly PenalisedBlock[],
  { penalizer = 0, l1Ratio = 0 }: Penalty,
  samples: number,
): Maximum {
  if (!(penalizer >= 0 && penalizer < Infinity)) throw new InputError(`penalizer: ${penalizer} should be 0 or more`);
  if (!(l1Ratio >= 0 && l1Ratio <= 1)) throw new InputError(`L1 ratio: ${l1Ratio} should be between 0 and 1`);
  if (penalizer === 0) return maximise(evaluate, start);
  const penalised = (corner: number) => (beta: Float64Array) =>
    subtractPenalty(evaluate(beta), beta, blocks, penalizer * samples, l1Ratio, corner);
  if (l1Ratio === 0) return maximise(penalised(1), start);
  let maximum = maximise(penalised(CORNERS[0]), start);
  for (const corner of CORNERS.slice(1)) maximum = maximise(penalised(corner), maximum.beta);
  return maximum;
}

function subtractPenalty(
  { value, gradient, hessian }: Evaluation,
  beta: Float64Array,
  blocks: readonly PenalisedBlock[],
  strength: number,
  l1Ratio: number,
  corner: number,
): Evaluation {
  const size = beta.length;
  const g = gradient.slice();
  const h = hessian.slice();
  let v = value;
  for (const { offset, rows } of blocks) {
    for (const row of rows) {
      const b = row.reduce((sum, factor, c) => sum + factor * beta[offset + c], 0);
      const root = Math.hypot(b, corner);
      v -= strength * (((1 - l1Ratio) * b * b) / 2 + l1Ratio * (root - corner));
      const slope = strength * ((1 - l1Ratio) * b + (l1Ratio * b) / root);
      const curvature = strength * (1 - l1Ratio + (l1Ratio * corner ** 2) / root ** 3);
      row.forEach((left, a) => {
        g[offset + a] -= slope * left;
        row.forEach((right, c) => {
          h[(offset + a) * size + offset + c] -= curvature * left * right;
        });
      });
    }
  }
  return { value: v, gradient: g, hessian: h };
}
