import { expect, test } from 'vitest';
import { gaussianNoise } from '../../../../src/analysis/robustness/defences/gaussianNoise.ts';
import { InputError } from '../../../../src/base/errors.ts';
import { spec } from '../../../../src/engine/graph/graph.ts';
import { expectClose, useDevice } from '../../../support/checkOp.ts';
import { margin, planeClassifier, SLOPE } from '../../../support/linearClassifier.ts';

const device = useDevice();
const COUNT = 250;
const image = [0.3, 0.25, 0, 0.1];
const images = Float32Array.from({ length: 4 * COUNT }, (_, at) => image[at % 4]);
const p = 1 / (1 + Math.exp(-margin(image)));

test('told probabilities have normal noise of the scale, each its own', async () => {
  const scale = 0.2;
  const told = await planeClassifier(device(), { defence: gaussianNoise.make({ scale }) }).logits(images);
  const noise = Array.from(told, (value, at) => (value - (at % 2 === 0 ? 1 - p : p)) / scale);
  expect(new Set(noise).size).toBeGreaterThan(490);
  // 500 standard normal numbers: standard errors are 1 / √500 of the mean and 1 / √1000 of the deviation; four of each.
  const mean = noise.reduce((sum, value) => sum + value, 0) / 500;
  const deviation = Math.sqrt(noise.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 499);
  expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(500));
  expect(Math.abs(deviation - 1)).toBeLessThan(4 / Math.sqrt(1000));
});

test('noise is new at every question and in every pass of one, and the same from the same seed', async () => {
  const open = () => planeClassifier(device(), { defence: gaussianNoise.make({ scale: 0.2 }) });
  const ask = async (classifier: ReturnType<typeof open>) => {
    const question = await classifier.compile(
      'two passes',
      { x: spec([1, 1, 2, 2]), y: spec([1, 1, 2, 2]) },
      (x, to) => ({
        first: to.logits(x.x),
        second: to.logits(x.y),
      }),
    );
    const { first, second } = question.run({ x: Float32Array.from(image), y: Float32Array.from(image) });
    return [...(await first.read()), ...(await second.read())];
  };
  const one = open();
  const [before, after] = [await ask(one), await ask(one)];
  expect(new Set([...before, ...after]).size).toBe(8);
  expect(await ask(open())).toEqual(before);
  one.restart(0);
  expect(await ask(one)).toEqual(before);
  one.restart(1);
  expect(await ask(one)).not.toEqual(before);
});

test('its gradient is that of the probabilities, with the noise as it fell', async () => {
  const classifier = planeClassifier(device(), { defence: gaussianNoise.make({ scale: 1e-6 }) });
  const gradient = await classifier.lossGradient(Float32Array.from(image), Int32Array.of(0));
  // The cross-entropy of the logits (1 - p, p) by p: 2 · softmax(p, 1 - p), times dp/dx = p (1 - p) · slope.
  const wrong = 1 / (1 + Math.exp(1 - 2 * p));
  expectClose(
    gradient,
    SLOPE.map((slope) => 2 * wrong * p * (1 - p) * slope),
    { relative: 1e-5, absolute: 1e-6, why: 'noise of 1e-6, and a softmax of a softmax in f32' },
  );
});

test('is described for attacks', () => {
  const expected = { name: 'gaussian-noise', differentiable: true, random: true, probabilities: true };
  expect(gaussianNoise.make({ scale: 0.1 })).toMatchObject(expected);
});

test.each([0, -1, Number.POSITIVE_INFINITY])('refuses a scale of %d', (scale) => {
  expect(() => gaussianNoise.make({ scale })).toThrow(
    new InputError(`gaussian-noise: scale is ${scale}; it must be above 0`),
  );
});
