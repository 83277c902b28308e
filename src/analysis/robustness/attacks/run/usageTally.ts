import type { Usage } from './ledger.ts';

/** Counts what the rows of a batch ask of the model. */
export interface UsageTally {
  /** Adds to what a row has asked. */
  count(row: number, usage: Usage): void;
  /** Adds to the seconds spent on compiling. */
  compiled(seconds: number): void;
  /** What every row has asked, and the seconds spent on compiling, since the last call. */
  take(): { readonly asked: readonly Usage[]; readonly compileSeconds: number };
}

const NOTHING: Usage = { queries: 0, gradients: 0, flops: 0 };

/** A tally of rows that have asked nothing. */
export function openUsageTally(rows: number): UsageTally {
  let asked: Usage[] = new Array(rows).fill(NOTHING);
  let compileSeconds = 0;
  return {
    count: (row, { queries, gradients, flops }) => {
      const before = asked[row];
      asked[row] = {
        queries: before.queries + queries,
        gradients: before.gradients + gradients,
        flops: before.flops + flops,
      };
    },
    compiled: (seconds) => {
      compileSeconds += seconds;
    },
    take: () => {
      const taken = { asked, compileSeconds };
      asked = new Array(rows).fill(NOTHING);
      compileSeconds = 0;
      return taken;
    },
  };
}
