import { describe, expect, test } from 'vitest';
import { gaussianAugmentation } from '../../../../src/analysis/robustness/defences/gaussianAugmentation.ts';
import { InputError } from '../../../../src/base/errors.ts';
import { spec } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import { compile } from '../../../../src/engine/run/compile.ts';
import { useDevice } from '../../../support/checkOp.ts';

const device = useDevice();
const IMAGES = 400;
const PIXELS = 64;
const GREY = 0.5;

/** What becomes of grey images, an array for each. */
async function augment(options: { sigma: number; ratio: number }, key: readonly number[]): Promise<Float32Array[]> {
  const { augment: change } = gaussianAugmentation.make(options);
  const executable = await compile(
    (inputs: { x: Node; key: Node }) => ({ y: change?.(inputs.x, inputs.key) as Node }),
    { x: spec([IMAGES, 1, 8, 8]), key: spec([2], 'u32') },
    { device: device(), guarded: true },
  );
  const { y } = executable.run({ x: new Float32Array(IMAGES * PIXELS).fill(GREY), key: Uint32Array.from(key) });
  const all = (await y.read()) as Float32Array;
  executable.free();
  return Array.from({ length: IMAGES }, (_, i) => all.slice(i * PIXELS, (i + 1) * PIXELS));
}

const isNoisy = (image: Float32Array) => image.some((pixel) => pixel !== GREY);

test('half of the images get noise of the given deviation, the others none', async () => {
  const images = await augment({ sigma: 0.1, ratio: 0.5 }, [1, 2]);
  const noisy = images.filter(isNoisy);
  // 400 coins: 200 ± 5 · 10.
  expect(Math.abs(noisy.length - 200)).toBeLessThan(50);
  const noise = noisy.flatMap((image) => Array.from(image, (pixel) => pixel - GREY));
  const mean = noise.reduce((a, b) => a + b, 0) / noise.length;
  const deviation = Math.sqrt(noise.reduce((a, b) => a + b * b, 0) / noise.length);
  // About 12,800 normal values, clipped at five deviations: five standard errors of mean and deviation.
  expect(Math.abs(mean)).toBeLessThan((5 * 0.1) / Math.sqrt(noise.length));
  expect(Math.abs(deviation / 0.1 - 1)).toBeLessThan(5 / Math.sqrt(2 * noise.length));
});

test('ratio 1 is every image; pixels stay in [0, 1]', async () => {
  const images = await augment({ sigma: 1, ratio: 1 }, [1, 2]);
  expect(images.every(isNoisy)).toBe(true);
  const pixels = images.flatMap((image) => Array.from(image));
  expect(Math.min(...pixels)).toBe(0);
  expect(Math.max(...pixels)).toBe(1);
});

test('another key gives other noise, the same one the same', async () => {
  const first = await augment({ sigma: 0.1, ratio: 0.5 }, [1, 2]);
  expect(await augment({ sigma: 0.1, ratio: 0.5 }, [1, 2])).toEqual(first);
  const other = await augment({ sigma: 0.1, ratio: 0.5 }, [1, 3]);
  expect(other.map(isNoisy)).not.toEqual(first.map(isNoisy));
});

test('is described for attacks', () => {
  expect(gaussianAugmentation.acts).toBe('training');
  expect(gaussianAugmentation.make({ sigma: 0.1 })).toMatchObject({ differentiable: true, random: false });
});

describe('refuses', () => {
  test.each([
    [{ sigma: 0, ratio: 1 }, 'gaussian-augmentation: sigma is 0; it must be above 0'],
    [{ sigma: 0.1, ratio: 1.5 }, 'gaussian-augmentation: ratio is 1.5; it must be above 0 and at most 1'],
  ])('%o', (options, message) => {
    expect(() => gaussianAugmentation.make(options)).toThrow(new InputError(message));
  });
});
