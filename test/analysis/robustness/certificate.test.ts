import { expect, test } from 'vitest';
import {
  certificateOf,
  certifiedAccuracy,
  lowerConfidenceBound,
  majority,
} from '../../../src/analysis/robustness/certificate.ts';

// R 4.2.2: binom.test(count, n, alternative = "greater", conf.level = 1 - alpha)$conf.int[1], 15 digits.
test.each([
  [99, 100, 0.001, 0.911373111296042],
  [100, 100, 0.001, 0.933254300796991],
  [99000, 100000, 0.001, 0.988989340377475],
  [52, 100, 0.025, 0.417789765406307],
  [1, 10, 0.05, 0.00511619689182371],
  [990, 1000, 0.001, 0.976036187155311],
])('%i of %i at alpha %d: the lower limit of R', (count, n, alpha, expected) => {
  // R itself stops at about 1e-13.
  expect(Math.abs(lowerConfidenceBound(count, n, alpha) / expected - 1)).toBeLessThan(1e-12);
});

test('nothing is known of what never came up', () => {
  expect(lowerConfidenceBound(0, 100, 0.001)).toBe(0);
});

test('a certificate is of the class that was selected, and its radius that of R', () => {
  const options = { sigma: 0.25, alpha: 0.001 };
  // R: 0.25 * qnorm(binom.test(990, 1000, alternative = "greater", conf.level = 0.999)$conf.int[1])
  const { predicted, radius } = certificateOf([10, 90, 0], [5, 990, 5], options);
  expect(predicted).toBe(1);
  expect(Math.abs(radius / 0.4945023955353 - 1)).toBeLessThan(1e-10);
  // R: 0.5 * qnorm(0.001^(1 / 1000)); all copies agree.
  const all = certificateOf([100, 0], [1000, 0], { sigma: 0.5, alpha: 0.001 });
  expect(Math.abs(all.radius / 1.23163130739041 - 1)).toBeLessThan(1e-10);
  // What was selected is estimated, whatever the other copies say.
  expect(certificateOf([51, 49], [10, 990], options)).toEqual({ predicted: null, radius: 0 });
  // The limit is 0.44 though the share is 0.6.
  expect(certificateOf([100, 0], [60, 40], options)).toEqual({ predicted: null, radius: 0 });
});

// R: binom.test(first, first + second, 0.5)$p.value
test.each([
  [60, 30, 0.00206026568096307],
  [66, 34, 0.00178993039148686],
  [67, 33, 0.000873719836912376],
  [10, 0, 0.001953125],
  [11, 0, 0.0009765625],
  [500, 400, 0.000956444136918947],
  [550, 450, 0.00173053608497632],
])('%i against %i: p = %d decides on the majority', (first, second, p) => {
  expect(majority([0, second, first], 0.001)).toBe(p <= 0.001 ? 2 : null);
  expect(majority([first, second], p * 1.001)).toBe(0);
  expect(majority([first, second], p * 0.999)).toBeNull();
});

test('certified accuracy counts right classes that hold within the radius', () => {
  const certificates = [
    { label: 0, predicted: 0, radius: 0.3 },
    { label: 1, predicted: 0, radius: 0.9 },
    { label: 2, predicted: null, radius: 0 },
    { label: 3, predicted: 3, radius: 0.1 },
  ];
  expect(certifiedAccuracy(certificates, [0, 0.1, 0.2, 0.5])).toEqual([
    { radius: 0, accuracy: 0.5 },
    { radius: 0.1, accuracy: 0.5 },
    { radius: 0.2, accuracy: 0.25 },
    { radius: 0.5, accuracy: 0 },
  ]);
});
