import type { Shape } from '../../src/engine/graph/shape.ts';
import { flat, indices } from './shape.ts';

/** The groups of elements that a reduction over axes puts together, in row-major order of what remains. */
export function groups(x: Float64Array, shape: Shape, axes: readonly number[]): number[][] {
  const remaining = shape.filter((_, axis) => !axes.includes(axis));
  const found: number[][] = Array.from({ length: remaining.reduce((a, b) => a * b, 1) }, () => []);
  let i = 0;
  for (const index of indices(shape)) {
    const place = index.filter((_, axis) => !axes.includes(axis));
    found[flat(place, remaining)].push(x[i++]);
  }
  return found;
}

/** Sums over axes, compensated (Neumaier 1974), so that float64 rounding does not show whatever the length. */
export const sum = (x: Float64Array, shape: Shape, axes: readonly number[]): Float64Array =>
  Float64Array.from(groups(x, shape, axes), (group) => {
    let total = 0;
    let lost = 0;
    for (const value of group) {
      const next = total + value;
      lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
      total = next;
    }
    return total + lost;
  });
