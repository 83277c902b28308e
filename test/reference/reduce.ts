import type { Shape } from '../../src/engine/graph/shape.ts';
import { groups, sum } from './sum.ts';

export const mean = (x: Float64Array, shape: Shape, axes: readonly number[]): Float64Array =>
  sum(x, shape, axes).map((total, _, all) => total / (x.length / all.length));

/** Math.max and Math.min give NaN if there is one. */
export const max = (x: Float64Array, shape: Shape, axes: readonly number[]): Float64Array =>
  Float64Array.from(groups(x, shape, axes), (group) => group.reduce((a, b) => Math.max(a, b)));

export const min = (x: Float64Array, shape: Shape, axes: readonly number[]): Float64Array =>
  Float64Array.from(groups(x, shape, axes), (group) => group.reduce((a, b) => Math.min(a, b)));

export const prod = (x: Float64Array, shape: Shape, axes: readonly number[]): Float64Array =>
  Float64Array.from(groups(x, shape, axes), (group) => group.reduce((a, b) => a * b));

/** The first NaN, or else the first of the largest. */
export const argmax = (x: Float64Array, shape: Shape, axis: number): Float64Array =>
  Float64Array.from(groups(x, shape, [axis]), (group) => {
    const largest = group.reduce((a, b) => Math.max(a, b));
    return group.findIndex((value) => Object.is(value, largest) || value === largest);
  });
