import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compile, elements, gradients, mean, softmaxCrossEntropy, spec } from '../../../../src/engine/index.ts';
import { toPyTorch } from '../../../../src/models/network/stateDict.ts';
import { release, upload } from '../../../../src/models/network/weights.ts';
import { loadOnnx } from '../../../../src/models/onnx/network/loadOnnx.ts';
import { useDevice } from '../../../support/checkOp.ts';
import { values } from '../../../support/values.ts';

/**
 * Six small networks as both of PyTorch's exporters write them, and what PyTorch says in float64 of the gradients of their mean
 * cross-entropy by the images and by every weight of the file: test/fixtures/onnx/gradients.py.
 */

const fixture = (name: string) => new URL(`../../../fixtures/onnx/gradients/${name}`, import.meta.url);

/** A gradient by its length, its product with `values(n, 77)` and its first elements. */
interface Described {
  readonly norm: number;
  readonly projection: number;
  readonly head: readonly number[];
}

interface Expected {
  readonly logits: readonly number[];
  readonly loss: number;
  readonly images: Described;
  readonly weights: Readonly<Record<string, Described>>;
}

const expected: { readonly torch: string; readonly networks: Readonly<Record<string, Expected>> } = JSON.parse(
  readFileSync(fixture('expected.json'), 'utf8'),
);
const device = useDevice();
const LABELS = Int32Array.of(1, 3);

/** Logits, loss and the gradients by images and weights, in PyTorch's layout. */
async function measured(name: string, precision: 'f32' | 'f64') {
  const bytes = new Uint8Array(readFileSync(fixture(`${name}.onnx`)));
  const { model, weights, images } = loadOnnx(bytes, { precision });
  const { parameters } = model;
  const names = Object.keys(parameters);
  const shape = [LABELS.length, ...images];
  const executable = await compile(
    (inputs) => {
      const { logits } = model.forward(inputs.parameters, inputs.state, inputs.x, { training: false });
      const loss = mean(softmaxCrossEntropy(logits, inputs.labels));
      const [byImages, ...byWeights] = gradients(loss, [inputs.x, ...names.map((each) => inputs.parameters[each])]);
      return { logits, loss, byImages, byWeights };
    },
    { parameters, state: model.state, x: spec(shape, precision), labels: spec([LABELS.length], 'i32') },
    { device: device() },
  );
  const uploaded = upload(device(), model, weights);
  const pixels = values(elements(shape), 1000).map((value) => (value + 1) / 2);
  // In the format of the model, so that the gradient by them is not rounded.
  const x = precision === 'f64' ? Float64Array.from(pixels) : pixels;
  const outputs = executable.run({ ...uploaded, x, labels: LABELS });
  const read = await Promise.all(outputs.byWeights.map((each) => each.read()));
  const result = {
    logits: await outputs.logits.read(),
    loss: (await outputs.loss.read())[0],
    images: await outputs.byImages.read(),
    weights: Object.fromEntries(
      names.map((each, i) => [each, toPyTorch(parameters[each], read[i] as Float32Array<ArrayBuffer>)]),
    ),
  };
  executable.free();
  release(uploaded);
  return result;
}

/** How far a gradient is off, as a share of its length: by its length, its projection and its first elements. */
function errorOf(actual: ArrayLike<number>, { norm, projection, head }: Described): number {
  const numbers = Array.from(actual);
  const known = values(numbers.length, 77);
  const length = Math.sqrt(numbers.reduce((sum, value) => sum + value * value, 0));
  const product = numbers.reduce((sum, value, i) => sum + value * known[i], 0);
  return (
    Math.max(
      Math.abs(length - norm),
      Math.abs(product - projection),
      ...head.map((value, i) => Math.abs(numbers[i] - value)),
    ) / norm
  );
}

/** f32: some hundreds of roundings of 6e-8. f64: as many of 1.1e-16, and of attributes that ONNX keeps in float32 none. */
const BOUNDS = { f32: 1e-4, f64: 1e-10 } as const;

test.for(Object.keys(expected.networks).map((name) => [name, name.endsWith('.double') ? 'f64' : 'f32'] as const))(
  `%s in %s: gradients of PyTorch ${expected.torch} by the images and by every weight`,
  async ([name, precision]) => {
    const { logits, loss, images, weights } = expected.networks[name];
    const bound = BOUNDS[precision];
    const actual = await measured(name, precision);
    const largest = Math.max(...logits.map(Math.abs));
    expect(Math.max(...logits.map((value, i) => Math.abs(actual.logits[i] - value))) / largest).toBeLessThan(bound);
    expect(Math.abs(actual.loss / loss - 1)).toBeLessThan(bound);
    expect(errorOf(actual.images, images)).toBeLessThan(bound);
    expect(Object.keys(actual.weights).sort()).toEqual(Object.keys(weights).sort());
    const errors = Object.entries(weights).map(
      ([weight, each]) => [weight, errorOf(actual.weights[weight], each)] as const,
    );
    expect(errors.filter(([, error]) => !(error < bound))).toEqual([]);
  },
);
