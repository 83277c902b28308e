import { expect, test } from 'vitest';
import {
  amount,
  clockUnit,
  fixed,
  interval,
  number,
  parameter,
  percent,
  pValue,
  tick,
} from '../../../../src/analysis/report/page/format.ts';
import { plain } from '../../../../src/base/notation.ts';

test.each([
  [0, '0'],
  [1, '1.00'],
  [2.345, '2.35'],
  [0.03125, '0.0313'],
  [-0.5, '−0.500'],
  [99.95, '100'],
  [9.996, '10.0'],
  [1234.5, '1,230'],
  [0.000123, '1.23 × 10⁻⁴'],
  [-31_200_000, '−3.12 × 10⁷'],
  [Number.NaN, '–'],
  [null, '–'],
  [Number.POSITIVE_INFINITY, '∞'],
])('%s to three digits is %s', (value, text) => {
  expect(number(value)).toBe(text);
});

test('other ways to write numbers', () => {
  expect(fixed(-0.0001, 2)).toBe('0.00');
  expect(fixed(14268.24, 1)).toBe('14,268.2');
  expect(percent(0.9817, 2)).toBe('98.17 %');
  expect(interval(1.234, null)).toBe('1.23 to –');
  expect(pValue(0.00099)).toBe('< 0.001');
  expect(pValue(0.0312)).toBe('0.031');
  expect(parameter(0.1 + 0.2)).toBe('0.3');
  expect(tick(2000)).toBe('2,000');
});

test.each([
  [0, '0'],
  [-0.5, '-0.500'],
  [1234.5, '1230'],
  [0.000123, '1.23e-4'],
  [-31_200_000, '-3.12e+7'],
  [Number.NaN, 'NA'],
  [null, 'NA'],
  [Number.POSITIVE_INFINITY, 'inf'],
  [Number.NEGATIVE_INFINITY, '-inf'],
])('%s to three digits is %s where programs read it', (value, text) => {
  expect(plain.number(value)).toBe(text);
});

test('plain numbers of every kind are ASCII, and read as what they are', () => {
  expect(plain.fixed(-14268.24, 1)).toBe('-14268.2');
  expect(plain.fixed(null, 2)).toBe('NA');
  expect(plain.count(74_500)).toBe('74500');
  expect(plain.percent(-0.5, 0)).toBe('-50 %');
  expect(plain.interval(-1.234, null)).toBe('-1.23 to NA');
  expect([0.04, 0.00099, 1e-300, 0, Number.NaN].map(plain.pValue)).toEqual(['0.040', '9.9e-4', '1.0e-300', '0', 'NA']);
});

test('amounts take the largest unit that leaves a number above 1', () => {
  expect(amount(0.00124, 'seconds')).toBe('1.24 ms');
  expect(amount(90, 'seconds')).toBe('90.0 s');
  expect(amount(7200, 'seconds')).toBe('2.00 h');
  expect(amount(3e-9, 'seconds')).toBe('0.00300 µs');
  expect(amount(2.5e9, 'flops')).toBe('2.50 GFLOP');
  expect(amount(20, 'queries')).toBe('20.0 queries');
  expect(amount(null, 'flops')).toBe('–');
  expect(clockUnit(0, 'seconds').symbol).toBe('µs');
});
