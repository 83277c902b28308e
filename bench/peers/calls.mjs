/**
 * How many calls one timing consists of: as many as fill the time, so that waiting for the last weighs little.
 * @param {number} milliseconds of one call
 * @param {number} slice milliseconds of a timing
 */
export const callsFor = (milliseconds, slice) => Math.max(1, Math.min(200, Math.ceil(slice / milliseconds)));
