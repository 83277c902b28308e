import { InputError } from '../../../base/errors.ts';
import { distinctTimes, lastAtOrBefore, ROUNDING } from '../clock.ts';
import type { SurvivalTable } from '../table/table.ts';

const known = new WeakMap<SurvivalTable, SurvivalTable>();

/**
 * A table as all that counts ties or order must read it. Times that differ by rounding only are one time, the earliest of them: R's
 * `timefix` (`aeqSurv` of its `survival`), by the same share of the mean time, but without R's absolute limit, which depends on the
 * unit. Rows that did not enter late have entry -Infinity, so that they are at risk at time 0, too.
 * @throws InputError where a row was observed for no longer than such a difference
 */
export function tiedTimes(table: SurvivalTable): SurvivalTable {
  let tied = known.get(table);
  if (tied === undefined) {
    tied = tie(table);
    known.set(table, tied);
    known.set(tied, tied);
  }
  return tied;
}

function tie(table: SurvivalTable): SurvivalTable {
  const merge = merging([table.lower, table.upper, table.entry.filter((time) => time > 0)]);
  const lower = merge(table.lower);
  const upper = merge(table.upper);
  const entry = merge(table.entry).map((time) => (time > 0 ? time : -Infinity));
  for (let i = 0; i < table.rows; i++) {
    if (entry[i] === lower[i]) {
      throw new InputError(
        `row ${i + 1} was observed from ${table.entry[i]} to ${table.lower[i]}, which differ by rounding only; leave it out`,
      );
    }
  }
  return { ...table, lower, upper, entry };
}

/** Brings times to the first of those that they differ from by rounding only. */
function merging(columns: readonly Float64Array[]): (times: Float64Array) => Float64Array {
  const distinct = distinctTimes(columns);
  const limit = (ROUNDING * distinct.reduce((sum, time) => sum + time, 0)) / distinct.length;
  const firsts = distinct.filter((time, k) => k === 0 || time - distinct[k - 1] > limit);
  if (firsts.length === distinct.length) return (times) => times;
  return (times) =>
    times.map((time) => (Number.isFinite(time) ? (firsts[lastAtOrBefore(firsts, time)] ?? time) : time));
}
