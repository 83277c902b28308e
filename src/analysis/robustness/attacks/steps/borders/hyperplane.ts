import type { NormName } from '../../../norms.ts';

export interface Hyperplane {
  readonly normal: ArrayLike<number>;
  /** normal · x − offset of the point: above 0 or below, on which side it lies and how far, in units of the normal's length. */
  readonly excess: number;
}

/** Below this a normal's element is no way to go. */
const FLAT = 1e-12;

/**
 * The shortest way in a norm from a point of the box [0, 1]^n to a hyperplane, staying in the box; where the box does not reach it,
 * the way to the box's point nearest to it (Croce and Hein, arXiv 1907.02044, section 3.1). Exact but for rounding.
 * @returns the difference, float64 [n]
 */
export function wayToHyperplane(
  point: ArrayLike<number>,
  { normal, excess }: Hyperplane,
  norm: NormName,
): Float64Array {
  const size = point.length;
  const way = new Float64Array(size);
  const needed = Math.abs(excess);
  if (needed === 0) return way;
  // In every coordinate the excess falls by |normal| for each unit that it moves, as far as the box leaves room.
  const slope = new Float64Array(size);
  const room = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    slope[i] = Math.abs(normal[i]);
    room[i] = normal[i] * excess > 0 ? point[i] : 1 - point[i];
  }
  const length = norm === '1' ? steepestFirst(slope, room, needed) : byRising(slope, room, needed, norm);
  for (let i = 0; i < size; i++) if (slope[i] > FLAT) way[i] = -Math.sign(normal[i] * excess) * length[i];
  return way;
}

/** L1: the steepest coordinates go all the way, one after the other. */
function steepestFirst(slope: Float64Array, room: Float64Array, needed: number): Float64Array {
  const length = new Float64Array(slope.length);
  const order = Uint32Array.from(slope.keys()).sort((a, b) => slope[b] - slope[a] || a - b);
  let left = needed;
  for (const i of order) {
    if (left <= 0 || slope[i] <= FLAT) break;
    length[i] = Math.min(room[i], left / slope[i]);
    left -= length[i] * slope[i];
  }
  return length;
}

/**
 * L∞ and L2: all coordinates go λ (times their slope for L2) as far as there is room, with the λ that is just enough. What is
 * gained is concave and piecewise linear in λ, so Newton's method from 0 rises to it in finitely many steps.
 */
function byRising(slope: Float64Array, room: Float64Array, needed: number, norm: NormName): Float64Array {
  const rate = norm === '2' ? slope : slope.map(() => 1);
  let lambda = 0;
  for (let round = 0; round <= slope.length; round++) {
    let gained = 0;
    let rising = 0;
    for (let i = 0; i < slope.length; i++) {
      if (slope[i] <= FLAT) continue;
      const wanted = lambda * rate[i];
      if (wanted < room[i]) rising += slope[i] * rate[i];
      gained += slope[i] * Math.min(wanted, room[i]);
    }
    const next = rising > 0 ? lambda + (needed - gained) / rising : lambda;
    if (!(next > lambda)) break;
    lambda = next;
  }
  return rate.map((each, i) => Math.min(lambda * each, room[i]));
}
