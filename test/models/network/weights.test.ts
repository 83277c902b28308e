import { expect, test } from 'vitest';
import { resnet } from '../../../src/models/network/families/resnet.ts';
import type { HostArray } from '../../../src/models/network/model.ts';
import { initialWeights } from '../../../src/models/network/weights.ts';

const model = resnet({ depth: 18, width: 16, inChannels: 1, classes: 10 });
const { parameters, state } = initialWeights(model, 5);

/** Mean and standard deviation; of n values the latter is off by about its 1/√(2n)th part. */
function moments(given: HostArray): { mean: number; deviation: number } {
  const values = Array.from(given);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return { mean, deviation: Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length) };
}

test('convolutions start Kaiming normal over the fan out', () => {
  // torchvision: kaiming_normal_(mode='fan_out', nonlinearity='relu'), here 128 channels out, 3×3 taps, 147,456 values.
  const expected = Math.sqrt(2 / (128 * 9));
  const { mean, deviation } = moments(parameters['layer4.1.conv2.weight']);
  // Five standard errors: 5 / √147456 = 1.3 % for the mean, 5 / √294912 = 0.9 % for the deviation.
  expect(Math.abs(mean) / expected).toBeLessThan(0.013);
  expect(Math.abs(deviation / expected - 1)).toBeLessThan(0.009);
});

test('the last layer starts uniform within 1 / √128', () => {
  const weight = parameters['fc.weight'];
  const bound = 1 / Math.sqrt(128);
  // The largest of 1,280 uniform values misses the bound by more than 1 % with probability 0.99^1280 = 2.6e-6.
  expect(Math.max(...weight)).toBeLessThanOrEqual(bound);
  expect(Math.max(...weight)).toBeGreaterThan(0.98 * bound);
  expect(Math.min(...weight)).toBeLessThan(-0.98 * bound);
});

test('batch norm starts as the identity', () => {
  expect(parameters['bn1.weight']).toEqual(new Float32Array(16).fill(1));
  expect(parameters['bn1.bias']).toEqual(new Float32Array(16));
  expect(state['bn1.running_mean']).toEqual(new Float32Array(16));
  expect(state['bn1.running_var']).toEqual(new Float32Array(16).fill(1));
});

test('the same seed gives the same weights, whatever other tensors there are; another seed gives others', () => {
  const deeper = resnet({ depth: 34, width: 16, inChannels: 1, classes: 10 });
  const name = 'layer1.0.conv1.weight';
  expect(initialWeights(deeper, 5).parameters[name]).toEqual(parameters[name]);
  expect(initialWeights(model, 6).parameters[name]).not.toEqual(parameters[name]);
  expect(parameters['layer1.1.conv1.weight']).not.toEqual(parameters[name]);
});

test('a network with a tensor that no device binds is refused before its values are drawn', () => {
  // 9 taps of 480,000 channels by 240,000.
  expect(() => initialWeights(resnet({ depth: 18, width: 60_000, inChannels: 1, classes: 10 }), 5)).toThrow(
    /^layer\d\.\d\.conv\d\.weight of shape .* has more than 2\^30 values, which no device binds$/,
  );
});
