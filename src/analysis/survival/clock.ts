/** Share of a time up to which another differs from it by rounding only: that of R's `timefix`. */
export const ROUNDING = Math.sqrt(Number.EPSILON);

/** The finite times of some columns, ascending, each once. */
export function distinctTimes(columns: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(columns.reduce((sum, { length }) => sum + length, 0));
  columns.reduce((at, column) => {
    all.set(column, at);
    return at + column.length;
  }, 0);
  return all.sort().filter((time, k) => Number.isFinite(time) && time !== all[k - 1]);
}

/** Index of the last of the ascending `times` that is at or before `time`; -1 where there is none. */
export function lastAtOrBefore(times: Float64Array, time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** A time that somebody asks about, on the clock of the ascending `times`: that of them from which it differs by rounding only. */
export function onClock(times: Float64Array, time: number): number {
  if (time === Infinity) return time;
  const before = lastAtOrBefore(times, time);
  const near = [times[before], times[before + 1]].filter((other) => Math.abs(other - time) <= ROUNDING * time);
  return near.length === 0 ? time : near.reduce((a, b) => (Math.abs(a - time) <= Math.abs(b - time) ? a : b));
}
