import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compile, spec } from '../../../../src/engine/index.ts';
import { loadOnnx } from '../../../../src/models/onnx/network/loadOnnx.ts';
import type { LoadOptions } from '../../../../src/models/onnx/network/loadOptions.ts';
import { toOnnx } from '../../../../src/models/onnx/writer/toOnnx.ts';
import { useDevice } from '../../../support/checkOp.ts';
import { values } from '../../../support/values.ts';

/** Networks of ONNX files, written again with their preprocessing: logits of PyTorch in float64, test/fixtures/onnx/gradients.py. */

const fixture = (name: string) => readFileSync(`test/fixtures/onnx/gradients/${name}`);
const { networks } = JSON.parse(fixture('expected.json').toString());
const IMAGES = 2;
const device = useDevice();

/** Logits of a file that is written again, of pixels from 0 to 1, and how far they are off at most, as a share of the largest. */
async function errorOf(
  name: string,
  options: LoadOptions,
  pixelsOf: (known: Float32Array, plane: number) => Float32Array,
) {
  const read = loadOnnx(new Uint8Array(fixture(`${name}.onnx`)), options);
  const { model, weights, images, tellsReading } = loadOnnx(toOnnx(read.model, read.weights, { images: read.images }));
  expect({ images, tellsReading }).toEqual({ images: read.images, tellsReading: false });
  const executable = await compile(
    ({ parameters, state, x }) => ({ logits: model.forward(parameters, state, x, { training: false }).logits }),
    { parameters: model.parameters, state: model.state, x: spec([IMAGES, ...images]) },
    { device: device() },
  );
  const [channels, height, width] = images;
  const plane = height * width;
  const known = values(IMAGES * channels * plane, 1000).map((value) => (value + 1) / 2);
  const actual = await executable.run({ ...weights, x: pixelsOf(Float32Array.from(known), plane) }).logits.read();
  executable.free();
  const { logits } = networks[name] as { logits: number[] };
  expect(actual).toHaveLength(logits.length);
  return Math.max(...logits.map((value, i) => Math.abs(actual[i] - value))) / Math.max(...logits.map(Math.abs));
}

// Some hundreds of roundings of 6e-8, as the networks themselves have.
const CLOSE = 1e-4;

test('squeeze and excitation of MobileNetV2', async () => {
  expect(await errorOf('mobile.dynamo', {}, (known) => known)).toBeLessThan(CLOSE);
});

// By PyTorch 2.15.0's exporters: transposed convolutions with groups and output padding, upsampling, norms of instances and groups.
test.each(['u-shape.dynamo', 'u-shape.torchscript'])('%s', async (name) => {
  expect(await errorOf(name, {}, (known) => known)).toBeLessThan(CLOSE);
});

test('range, order of colours and normalisation become part of the file', async () => {
  const [mean, standardDeviation] = [
    [20, 30, 40],
    [100, 110, 120],
  ];
  // Blue first, from 0 to 255: what is normalised to the pixels whose logits are known.
  const pixelsOf = (known: Float32Array, plane: number) =>
    known.map((_, i) => {
      const [image, channel, at] = [Math.floor(i / (3 * plane)), Math.floor(i / plane) % 3, i % plane];
      const taken = 2 - channel;
      return (known[(image * 3 + taken) * plane + at] * standardDeviation[taken] + mean[taken]) / 255;
    });
  const options: LoadOptions = { range: '0..255', channels: 'bgr', normalise: { mean, standardDeviation } };
  expect(await errorOf('residual.dynamo', options, pixelsOf)).toBeLessThan(CLOSE);
});
