import type { Triple } from './remainders.ts';

/**
 * A number with its first and second derivatives by three variables, carried along through arithmetic (forward differentiation):
 * value; by 0, 1, 2; by 00, 01, 02, 11, 12, 22.
 */
export type Jet = Float64Array;

const FIRST = [0, 0, 0, 1, 1, 2];
const SECOND = [0, 1, 2, 1, 2, 2];

export function variable(value: number, index: 0 | 1 | 2): Jet {
  const jet = new Float64Array(10);
  jet[0] = value;
  jet[1 + index] = 1;
  return jet;
}

/** factor · a + constant. */
export function affine(a: Jet, factor: number, constant = 0): Jet {
  const jet = a.map((value) => factor * value);
  jet[0] += constant;
  return jet;
}

/** a + factor · b. */
export function plus(a: Jet, b: Jet, factor = 1): Jet {
  const jet = new Float64Array(10);
  for (let k = 0; k < 10; k++) jet[k] = a[k] + factor * b[k];
  return jet;
}

export function times(a: Jet, b: Jet): Jet {
  const jet = new Float64Array(10);
  jet[0] = a[0] * b[0];
  for (let k = 1; k < 4; k++) jet[k] = a[k] * b[0] + a[0] * b[k];
  for (let k = 0; k < 6; k++) {
    const [i, j] = [FIRST[k] + 1, SECOND[k] + 1];
    jet[4 + k] = a[4 + k] * b[0] + a[i] * b[j] + a[j] * b[i] + a[0] * b[4 + k];
  }
  return jet;
}

/** f(a), from the value and derivatives of f at a. */
export function compose(a: Jet, [value, first, second]: Triple): Jet {
  const jet = new Float64Array(10);
  jet[0] = value;
  for (let k = 1; k < 4; k++) jet[k] = first * a[k];
  for (let k = 0; k < 6; k++) jet[4 + k] = second * a[FIRST[k] + 1] * a[SECOND[k] + 1] + first * a[4 + k];
  return jet;
}

export function power(a: Jet, exponent: number): Jet {
  const value = a[0] ** exponent;
  return compose(a, [value, (exponent * value) / a[0], (exponent * (exponent - 1) * value) / (a[0] * a[0])]);
}

export function exponential(a: Jet): Jet {
  const value = Math.exp(a[0]);
  return compose(a, [value, value, value]);
}
