import { InputError } from '../../base/errors.ts';
import { weightedQuantile } from './assessment/calibration.ts';
import { uniform } from './table/split.ts';
import type { SurvivalTable } from './table/table.ts';

export interface BootstrapOptions {
  /** Tables drawn; 1,000 when left out. */
  readonly replicates?: number;
  readonly seed?: number;
  readonly confidenceLevel?: number;
}

/** A statistic with its bootstrap distribution summarised. */
export interface BootstrapInterval {
  /** On the table itself. */
  readonly estimate: number;
  readonly standardError: number;
  /** Percentiles of the replicates. */
  readonly lower: number;
  readonly upper: number;
}

export interface Bootstrap {
  readonly intervals: readonly BootstrapInterval[];
  /** Replicates that had a fit, and those that had none (a drawn table without failures, say). */
  readonly replicates: number;
  readonly failed: number;
}

/** Share of replicates that may have no fit; with more, what is left is no sample of anything. */
const TOLERATED = 0.1;

/**
 * Percentile bootstrap (Efron 1979) of any statistics of a table: samples are drawn with replacement, whole clusters where the
 * table has them, else single samples (a row of weight 3 is three). The same seed draws the same tables.
 * @param statistics of a table; `rows` are the rows of the original table that its rows are copies of
 * @throws InputError if weights are not whole, or more than a tenth of the drawn tables have no fit
 */
export function bootstrap(
  table: SurvivalTable,
  statistics: (drawn: SurvivalTable, rows: Int32Array) => ArrayLike<number>,
  { replicates = 1000, seed = 0, confidenceLevel = 0.95 }: BootstrapOptions = {},
): Bootstrap {
  requireWholeWeights(table);
  const all = Int32Array.from({ length: table.rows }, (_, row) => row);
  const estimates = statistics(table, all);
  const random = uniform(seed);
  const draw = table.clusters === null ? samplesDrawn(table, random) : clustersDrawn(table.clusters, random);
  const values = Array.from(estimates, () => new Float64Array(replicates));
  let fitted = 0;
  let failed = 0;
  for (let replicate = 0; replicate < replicates; replicate++) {
    const counts = draw();
    const rows = all.filter((row) => counts[row] > 0);
    try {
      const drawn = Array.from(statistics(weightedRows(table, rows, counts), rows));
      drawn.forEach((value, k) => {
        values[k][fitted] = value;
      });
      fitted++;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      failed++;
      if (failed > TOLERATED * replicates) {
        throw new InputError(
          `bootstrap: ${failed} of ${replicate + 1} drawn tables have no fit; one reason: ${error.message}`,
        );
      }
    }
  }
  return {
    intervals: values.map((column, k) => summary(estimates[k], column.subarray(0, fitted), confidenceLevel)),
    replicates: fitted,
    failed,
  };
}

function requireWholeWeights(table: SurvivalTable): void {
  if (table.clusters !== null) return;
  const row = table.weights.findIndex((weight) => !Number.isInteger(weight));
  if (row < 0) return;
  throw new InputError(
    `bootstrap: row ${row + 1} has weight ${table.weights[row]}; whole frequencies, or clusters, are needed`,
  );
}

function summary(estimate: number, values: Float64Array, confidenceLevel: number): BootstrapInterval {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  const ones = new Float64Array(values.length).fill(1);
  const tail = (1 - confidenceLevel) / 2;
  return {
    estimate,
    standardError: Math.sqrt(variance),
    lower: weightedQuantile(values, ones, tail),
    upper: weightedQuantile(values, ones, 1 - tail),
  };
}

/** How often each row is drawn, as many samples as the table has. */
function samplesDrawn({ weights, rows }: SurvivalTable, random: () => number): () => Float64Array {
  let total = 0;
  const rowOf: number[] = [];
  weights.forEach((weight, row) => {
    total += weight;
    for (let k = 0; k < weight; k++) rowOf.push(row);
  });
  return () => {
    const counts = new Float64Array(rows);
    for (let k = 0; k < total; k++) counts[rowOf[Math.floor(random() * total)]]++;
    return counts;
  };
}

/** How often each row's cluster is drawn, times 1: all rows of a cluster come together. */
function clustersDrawn(clusters: Int32Array, random: () => number): () => Float64Array {
  const total = clusters.reduce((most, cluster) => Math.max(most, cluster + 1), 0);
  return () => {
    const counts = new Float64Array(total);
    for (let k = 0; k < total; k++) counts[Math.floor(random() * total)]++;
    return Float64Array.from(clusters, (cluster) => counts[cluster]);
  };
}

/** Some rows of a table: drawn samples become weights, drawn clusters multiply them. */
function weightedRows(table: SurvivalTable, rows: Int32Array, counts: Float64Array): SurvivalTable {
  const pick = (values: Float64Array) => Float64Array.from(rows, (row) => values[row]);
  const { clusters, covariates } = table;
  return {
    rows: rows.length,
    lower: pick(table.lower),
    upper: pick(table.upper),
    entry: pick(table.entry),
    weights: Float64Array.from(rows, (row) => counts[row] * (clusters === null ? 1 : table.weights[row])),
    clusters: clusters && Int32Array.from(rows, (row) => clusters[row]),
    covariates: Object.fromEntries(Object.entries(covariates).map(([name, values]) => [name, pick(values)])),
  };
}
