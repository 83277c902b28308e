import { expect, it } from 'vitest';
import { timeBeyond } from '../../bench/attacks.ts';
import { attackBias, CLASSES, meanMargin } from '../../bench/peers/network.mjs';

it('the kernels that only one graph has, and as many of a shared label as it has more', () => {
  const kernels = (...times: (readonly [string, number])[]) =>
    times.map(([label, milliseconds]) => ({ label, milliseconds }));
  const whole = kernels(['conv', 10], ['add', 1], ['add', 2], ['add', 3], ['sign', 4]);
  // Two of the three additions, 2 ms each on average, and the sign.
  expect(timeBeyond(whole, kernels(['conv', 100], ['add', 50]))).toBe(2 * 2 + 4);
  expect(timeBeyond(whole, whole)).toBe(0);
});

it('the bias takes every class’s mean logit away, and puts class 0 ahead where it should be', () => {
  const logits = Float32Array.from({ length: 2 * CLASSES }, (_, i) => i);
  // Mean of i and i + 10.
  expect(Array.from(attackBias(logits, false))).toEqual(Array.from({ length: CLASSES }, (_, k) => -(k + 5)));
  expect(attackBias(logits, true)[0]).toBe(-5 + 8);
});

it('the margin is class 0 before the best other one, on average', () => {
  const logits = new Float32Array(2 * CLASSES);
  logits.set([5, 1, 3], 0);
  logits.set([1, 0, 0, 7], CLASSES);
  expect(meanMargin(logits)).toBe((2 - 6) / 2);
});
