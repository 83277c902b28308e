import type { AttackNorm } from '../../defineAttack.ts';

/** A step of an image along the border between classes. All arrays hold its pixels, [C, H, W]. */
export interface BorderStep {
  /** What the image is to come near to, pixels in [0, 1]. */
  readonly original: ArrayLike<number>;
  readonly x: ArrayLike<number>;
  /** Direction in which what has to change grows. */
  readonly normal: ArrayLike<number>;
  /** What normal · (z − x) has to be. */
  readonly target: number;
  /** Largest L2 length of the step. */
  readonly radius: number;
  readonly channels: number;
}

/** Error of normal · (z − x), as a share of the target. */
const TARGET_SHARE = 1e-3;
/** Halvings of how strongly a step is drawn to the original. */
const PULL_HALVINGS = 12;
/** Steps of a search for the multiplier of the normal. */
const MOST_STEPS = 60;
/** Thresholds of L1 and L0 are looked for between these: below the first nothing is undone, above the last nothing else counts. */
const THRESHOLDS = [1e-7, 1e3] as const;

/** Writes to z where a place goes: x + multiplier · normal, drawn to the original by a pull from 0 (not at all) to 1. */
type Place = (step: BorderStep, z: Float64Array, multiplier: number, pull: number) => void;

const clip = (value: number): number => (value < 0 ? 0 : value > 1 ? 1 : value);

/** A threshold that grows with the pull by equal factors. */
const thresholdAt = (pull: number): number =>
  pull === 0 ? 0 : THRESHOLDS[0] * (THRESHOLDS[1] / THRESHOLDS[0]) ** pull;

/**
 * Minima over z in [0, 1] of |z − x − multiplier · normal|² / 2 and the distance from the original, more heavily weighted the stronger
 * the pull is; in L∞ of the first alone, within a ball around the original that shrinks from `width` to nothing.
 */
const placeIn = (norm: AttackNorm, width: number): Place => {
  switch (norm) {
    case '2':
      return ({ original, x, normal }, z, multiplier, pull) => {
        for (let i = 0; i < z.length; i++) z[i] = clip(x[i] + multiplier * normal[i] + pull * (original[i] - x[i]));
      };
    case 'inf':
      return ({ original, x, normal }, z, multiplier, pull) => {
        const most = width * (1 - pull);
        for (let i = 0; i < z.length; i++) {
          const change = x[i] + multiplier * normal[i] - original[i];
          z[i] = clip(original[i] + Math.max(-most, Math.min(most, change)));
        }
      };
    case '1':
      return ({ original, x, normal }, z, multiplier, pull) => {
        const threshold = thresholdAt(pull);
        for (let i = 0; i < z.length; i++) {
          const change = x[i] + multiplier * normal[i] - original[i];
          const rest = Math.abs(change) - threshold;
          z[i] = rest > 0 ? clip(original[i] + Math.sign(change) * rest) : original[i];
        }
      };
    case '0':
      return ({ original, x, normal, channels }, z, multiplier, pull) => {
        const threshold = thresholdAt(pull);
        const places = z.length / channels;
        for (let place = 0; place < places; place++) {
          // How much nearer to where the normal leads the place comes when it changes.
          let gain = 0;
          for (let i = place; i < z.length; i += places) {
            const wished = x[i] + multiplier * normal[i];
            z[i] = clip(wished);
            gain += (original[i] - wished) ** 2 - (z[i] - wished) ** 2;
          }
          if (gain <= threshold) for (let i = place; i < z.length; i += places) z[i] = original[i];
        }
      };
  }
};

/**
 * Where an image goes in a step of the Brendel-Bethge attack (arXiv 1907.01003, equation 1): the z nearest to the original with
 * normal · (z − x) = target, |z − x|₂ ≤ radius and 0 ≤ z ≤ 1; where no such z is, one whose normal · (z − x) is as near to the target as
 * the radius allows. The Lagrangian of the hyperplane falls apart into pixels: its multiplier is found by a search for a sign, as
 * normal · (z − x) grows with it; the weight of the distance, with which the step grows longer, by halving its range. In L0, which is not
 * convex, a place more may change than would have to.
 */
export function stepAlongBorder(step: BorderStep, norm: AttackNorm): Float64Array {
  const { original, x, normal, target, radius } = step;
  const z = new Float64Array(original.length);
  const along = () => {
    let total = 0;
    for (let i = 0; i < z.length; i++) total += normal[i] * (z[i] - x[i]);
    return total;
  };
  const length = () => {
    let squares = 0;
    for (let i = 0; i < z.length; i++) squares += (z[i] - x[i]) ** 2;
    return Math.sqrt(squares);
  };
  let steepness = 0;
  for (let i = 0; i < normal.length; i++) steepness += normal[i] ** 2;
  if (steepness === 0) return Float64Array.from(x);
  const first = target / steepness;

  // As short a step as leads to the target: where it is too long already, as far as the radius allows.
  const shortest = placeIn('2', 0);
  const reach = { place: shortest, pull: 0, error: TARGET_SHARE * Math.abs(target) };
  const multiplier = multiplierFor(target, { step, z, measure: along, guess: first, ...reach });
  if (multiplier === null || length() > radius) {
    const signed = () => Math.sign(target) * length();
    const error = TARGET_SHARE * radius;
    multiplierFor(Math.sign(target) * radius, { step, z, measure: signed, guess: first, ...reach, error });
    return z;
  }

  let width = 0;
  for (let i = 0; i < z.length; i++) width = Math.max(width, Math.abs(z[i] - original[i]));
  let nearest = z.slice();
  const place = placeIn(norm, width);
  let guess = multiplier;
  /** Whether the target is reached within the radius, drawn to the original so strongly. */
  const allows = (pull: number): boolean => {
    const found = multiplierFor(target, { ...reach, step, z, measure: along, guess, place, pull });
    if (found === null || length() > radius) return false;
    guess = found;
    nearest = z.slice();
    return true;
  };
  if (allows(1)) return nearest;
  let [low, high] = [0, 1];
  for (let k = 0; k < PULL_HALVINGS; k++) {
    const middle = (low + high) / 2;
    if (allows(middle)) low = middle;
    else high = middle;
  }
  return nearest;
}

interface MultiplierSearch {
  readonly step: BorderStep;
  readonly z: Float64Array;
  readonly place: Place;
  readonly pull: number;
  /** A multiplier to begin at. */
  readonly guess: number;
  readonly error: number;
  /** What is looked at of z: a number that never falls where the multiplier grows. */
  measure(): number;
}

/**
 * The multiplier of the normal at which a measure of z is a target, to within an error, or at which it jumps over it; z is left there.
 * Null where the measure ends before the target.
 */
function multiplierFor(
  target: number,
  { step, z, place, pull, guess, error, measure }: MultiplierSearch,
): number | null {
  const at = (multiplier: number): number => {
    place(step, z, multiplier, pull);
    return measure() - target;
  };
  const scale = Math.abs(guess) > 0 ? Math.abs(guess) : 1;
  let [low, high] = [guess, guess];
  let [below, above] = [at(guess), Number.NaN];
  if (Math.abs(below) <= error) return guess;
  // Both sides of the target, by ever longer strides.
  const way = below < 0 ? 1 : -1;
  above = below;
  for (let stride = scale; ; stride *= 4) {
    if (!(stride < scale * 4 ** 30)) return null;
    [low, below] = [high, above];
    high = guess + way * stride;
    above = at(high);
    if (Math.abs(above) <= error) return high;
    if (Math.sign(above) === way) break;
  }
  // Illinois: a secant whose staying end counts half as much each time.
  let kept = 0;
  for (let k = 0; k < MOST_STEPS && Math.abs(high - low) > 1e-9 * Math.abs(high); k++) {
    // Halved now and then, as the measure may be flat.
    const middle = k % 4 === 3 ? (low + high) / 2 : (low * above - high * below) / (above - below);
    const value = at(middle);
    if (Math.abs(value) <= error) return middle;
    if (Math.sign(value) === Math.sign(above)) {
      [high, above] = [middle, value];
      if (kept === 1) below /= 2;
      kept = 1;
    } else {
      [low, below] = [middle, value];
      if (kept === -1) above /= 2;
      kept = -1;
    }
  }
  // A jump: the side on which the measure is beyond the target.
  const beyond = above > 0 === target > 0 ? high : low;
  at(beyond);
  return beyond;
}
