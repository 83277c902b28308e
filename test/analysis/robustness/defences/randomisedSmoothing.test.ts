import { expect, test } from 'vitest';
import { noDefence } from '../../../../src/analysis/robustness/defences/none.ts';
import {
  certify,
  predictSmoothed,
  randomisedSmoothing,
} from '../../../../src/analysis/robustness/defences/randomisedSmoothing.ts';
import { InputError } from '../../../../src/base/errors.ts';
import { useDevice } from '../../../support/checkOp.ts';
import { planeClassifier, SLOPE } from '../../../support/linearClassifier.ts';

const device = useDevice();
const SIGMA = 0.1;
const ALPHA = 0.001;
const grey = Float32Array.of(0.5, 0.5, 0.5, 0.5);
const steepness = Math.hypot(...SLOPE);
/** The plane's margin at the grey image, whose noise is cut off at five deviations only. */
const MARGIN = 0.4;
const bias = MARGIN - SLOPE.reduce((sum, slope) => sum + slope / 2, 0);
const plane = () => planeClassifier(device(), { bias, defence: noDefence });
const options = { sigma: SIGMA, n: 1050, alpha: ALPHA, seed: 3 };

test('a plane is certified up to its own distance', async () => {
  const [{ predicted, radius }] = await certify(plane(), grey, { ...options, n0: 30 });
  expect(predicted).toBe(1);
  // Smoothing leaves a plane where it is: the radius that infinitely many copies certify is its distance.
  const distance = MARGIN / steepness;
  expect(radius).toBeLessThan(distance);
  // With p = Φ(distance / sigma) = 0.81 of n copies the lower limit is seven standard errors below p at least.
  expect(radius).toBeGreaterThan(distance - (7 * SIGMA * Math.sqrt((0.81 * 0.19) / 1050)) / 0.27);
});

test('near the plane it abstains, and the majority is that of the side', async () => {
  const classifier = plane();
  const near = Float32Array.from(grey, (pixel, i) => pixel - (SLOPE[i] * MARGIN) / steepness ** 2);
  const beyond = Float32Array.from(grey, (pixel, i) => pixel - (2 * SLOPE[i] * MARGIN) / steepness ** 2);
  const images = Float32Array.of(...grey, ...near, ...beyond);
  expect(await predictSmoothed(classifier, images, options)).toEqual([1, null, 0]);
  const [, middle] = await certify(classifier, images, { ...options, n0: 30 });
  expect(middle).toEqual({ predicted: null, radius: 0 });
});

test('an image has the same certificate alone as among others, and other copies from another seed', async () => {
  const classifier = plane();
  const both = await certify(classifier, Float32Array.of(...grey, ...grey), { ...options, n0: 30 });
  const [alone] = await certify(classifier, grey, { ...options, n0: 30 });
  expect(both[0]).toEqual(alone);
  expect(both[1].radius).not.toBe(alone.radius);
  const [other] = await certify(classifier, grey, { ...options, n0: 30, seed: 4 });
  expect(other.radius).not.toBe(alone.radius);
});

test('told are the logarithms of mean probabilities of noisy copies, with their gradient', async () => {
  const copies = 100;
  const defence = randomisedSmoothing.make({ sigma: SIGMA, copies });
  const classifier = planeClassifier(device(), { bias, defence });
  const count = 20;
  const images = Float32Array.from({ length: 4 * count }, (_, i) => grey[i % 4]);
  const told = await classifier.logits(images);
  const probability = Array.from({ length: count }, (_, i) => Math.exp(told[2 * i + 1]));
  // Probabilities sum to 1, up to f32.
  probability.forEach((p, i) => {
    expect(Math.abs(p + Math.exp(told[2 * i]) - 1)).toBeLessThan(1e-5);
  });
  // The mean of a logistic function of a normal margin, by a sum over a fine grid in float64.
  const grid = Array.from({ length: 1601 }, (_, i) => (i - 800) / 100);
  const density = grid.map((z) => Math.exp(-(z ** 2) / 2) / Math.sqrt(2 * Math.PI) / 100);
  const p = grid.map((z) => 1 / (1 + Math.exp(-MARGIN - SIGMA * steepness * z)));
  const mean = (of: (p: number) => number) => p.reduce((sum, value, i) => sum + of(value) * density[i], 0);
  const expected = mean((value) => value);
  const error = Math.sqrt((mean((value) => value ** 2) - expected ** 2) / (copies * count));
  // Four standard errors of the mean over all copies.
  expect(Math.abs(probability.reduce((sum, each) => sum + each, 0) / count - expected)).toBeLessThan(4 * error);
  // d/dx of -log E[1 - p] is E[p (1 - p)] / E[1 - p] times the slope, here in the mean of twenty answers.
  const gradient = await classifier.lossGradient(images, new Int32Array(count));
  const steep = mean((value) => value * (1 - value)) / (1 - expected);
  SLOPE.forEach((slope, i) => {
    const own = gradient.reduce((sum, value, at) => sum + (at % 4 === i ? value / count : 0), 0);
    // Ratios of means over 2000 copies: below 1 % off, five times that allowed.
    expect(Math.abs(own / slope / steep - 1)).toBeLessThan(0.05);
  });
  expect(classifier.asked()).toMatchObject({ queries: 2 * count, gradients: count });
});

test('is described for attacks', () => {
  const expected = { name: 'randomised-smoothing', differentiable: true, random: true, copies: 8 };
  expect(randomisedSmoothing.make({ sigma: 0.25, copies: 8 })).toMatchObject(expected);
});

test.each([
  [{ sigma: 0, copies: 8 }, 'sigma is 0; it must be above 0'],
  [{ sigma: 0.1, copies: 0 }, 'copies is 0; it must be a whole number from 1'],
])('refuses %j', (wrong, message) => {
  expect(() => randomisedSmoothing.make(wrong)).toThrow(new InputError(`randomised-smoothing: ${message}`));
});

test.each([
  [{ n0: 0 }, 'n0 is 0; it must be a whole number from 1'],
  [{ n: 2.5 }, 'n is 2.5; it must be a whole number from 1'],
  [{ alpha: 1 }, 'alpha is 1; it must be above 0 and below 1'],
])('certify refuses %j', async (wrong, message) => {
  await expect(certify(plane(), grey, { ...options, n0: 30, ...wrong })).rejects.toThrow(
    new InputError(`randomised-smoothing: ${message}`),
  );
});
