import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Device } from '../../src/engine/device/device.ts';
import { literal, spec } from '../../src/engine/graph/graph.ts';
import type { Node } from '../../src/engine/graph/op.ts';
import { elements } from '../../src/engine/graph/shape.ts';
import { multiply } from '../../src/engine/ops/elementwise/elementwise.ts';
import { sum } from '../../src/engine/ops/reduce/sum.ts';
import { gradients } from '../../src/engine/passes/gradients.ts';
import { compile } from '../../src/engine/run/compile.ts';
import {
  buildNetwork,
  describeNetwork,
  NETWORK_NAMES,
  type NetworkOptions,
} from '../../src/models/network/catalogue.ts';
import { type HostWeights, type Model, mapValues, parameterCount, type Specs } from '../../src/models/network/model.ts';
import { fromCheckpoint } from '../../src/models/network/savedModel.ts';
import { fromPyTorch, pytorchShape, toStateDict } from '../../src/models/network/stateDict.ts';
import { release, upload } from '../../src/models/network/weights.ts';
import { values } from './values.ts';

/** What PyTorch says of a small network, in float64; see test/fixtures/networks/networks.py. */
interface Case {
  readonly options: Readonly<Record<string, unknown>>;
  readonly shape: readonly number[];
  /** How far PyTorch's own float32 is from its float64, as a share of the largest logit. */
  readonly float32: number;
  readonly logits: readonly number[];
  /** Gradient by the pixels of the sum of logits with weights. */
  readonly slope: { readonly norm: number; readonly head: readonly number[] };
  /** In training mode; norms of the gradients by the parameters are in the order of their names. */
  readonly training: { readonly logits: readonly number[]; readonly parameterSlopes: readonly number[] };
}

interface Fixture {
  readonly torch: string;
  readonly cases: readonly Case[];
  /** Of networks with 1000 classes for images in colour: numbers that training changes, and a digest of names and shapes. */
  readonly members: Readonly<Record<string, { readonly parameters: number; readonly digest: string }>>;
}

/**
 * How far results in f32 may be off, as shares of the largest number of their kind: three times as far as PyTorch's own float32 is, where
 * that is a usual error of some tens of layers (in training, batch norm over two small planes cancels digits), and more where it is more.
 */
const USUAL = 1.3e-6;
const BOUNDS = { logits: 4e-6, slopes: 2e-5, training: 5e-5 };

function boundsOf({ float32 }: Case): typeof BOUNDS {
  const factor = Math.max(1, float32 / USUAL);
  return { logits: factor * BOUNDS.logits, slopes: factor * BOUNDS.slopes, training: factor * BOUNDS.training };
}

const fixtureOf = (family: string): Fixture =>
  JSON.parse(readFileSync(`test/fixtures/networks/${family}.json`, 'utf8'));

/** A tensor's numbers, as networks.py makes them: by its name's place among all names. */
function weightsOf({ parameters, state }: Model): HostWeights {
  const names = Object.keys({ ...parameters, ...state }).sort();
  const read = (specs: Specs) =>
    mapValues(specs, (spec, name) => {
      const shape = pytorchShape(spec);
      const drawn = values(elements(shape), names.indexOf(name));
      return fromPyTorch(spec, drawn.map(scaling(name, shape)));
    });
  return { parameters: read(parameters), state: read(state) };
}

function scaling(name: string, shape: readonly number[]): (value: number) => number {
  if (name.endsWith('running_var') || (name.endsWith('weight') && shape.length === 1)) return (value) => 1 + value / 2;
  if (shape.length === 1 || /(class_token|pos_embedding)$/.test(name)) return (value) => value / 4;
  const power = 2 ** Math.round(Math.log2(Math.sqrt(6 / elements(shape.slice(1)))));
  return (value) => value * power;
}

/** Logits of a model, and gradients of their weighted sum: by the pixels in evaluation, by the parameters in training. */
async function measure(device: Device, model: Model, { shape, logits: known }: Case, training: boolean) {
  const names = Object.keys(model.parameters).sort();
  const classes = known.length / shape[0];
  const executable = await compile(
    (inputs: { parameters: Record<string, Node>; state: Record<string, Node>; x: Node }) => {
      // With blocks computed again, which changes no bit, so that this is tested as well.
      const options = { training, recompute: training ? 'blocks' : 'none' } as const;
      const { logits } = model.forward(inputs.parameters, inputs.state, inputs.x, options);
      const weighted = sum(multiply(logits, literal(values(known.length, 2000), [shape[0], classes], 'f32')), [0, 1]);
      const by = training ? names.map((name) => inputs.parameters[name]) : [inputs.x];
      return { logits, slopes: gradients(weighted, by) };
    },
    { parameters: model.parameters, state: model.state, x: spec(shape) },
    { device },
  );
  const weights = upload(device, model, weightsOf(model));
  const x = values(elements(shape), 1000).map((value) => (value + 1) / 2);
  const { logits, slopes } = executable.run({ ...weights, x });
  const read = { logits: await logits.read(), slopes: await Promise.all(slopes.map((each) => each.read())) };
  executable.free();
  release(weights);
  return read;
}

const norm = (numbers: ArrayLike<number>) =>
  Math.sqrt(Array.from(numbers).reduce((squares, value) => squares + value * value, 0));

/** The largest difference, as a share of the largest expected number. */
function error(actual: ArrayLike<number>, expected: readonly number[]): number {
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(actual[i] - value))) / largest;
}

/** SHA-256 of all names and shapes in PyTorch's order, the first 16 digits, as networks.py computes it. */
function digestOf({ parameters, state }: Model): string {
  const lines = Object.entries({ ...parameters, ...state }).map(([name, each]) =>
    [name, ...pytorchShape(each)].join(' '),
  );
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16);
}

/** Tests a family against its fixture. */
export function compareWithPyTorch(device: () => Device, family: NetworkOptions['family'] & string): void {
  const { torch, cases, members } = fixtureOf(family);
  const optionsOf = ({ options }: Case) => ({ family, ...options }) as NetworkOptions;

  test.for(cases.map((each) => [describeNetwork({ ...optionsOf(each) }), each] as const))(
    `%s: logits and gradients of PyTorch ${torch} in float64`,
    async ([, given]) => {
      const bounds = boundsOf(given);
      const model = buildNetwork(optionsOf(given));
      const inference = await measure(device(), model, given, false);
      expect(error(inference.logits, given.logits)).toBeLessThan(bounds.logits);
      const [slope] = inference.slopes;
      expect(error(slope, given.slope.head)).toBeLessThan(bounds.slopes);
      expect(Math.abs(norm(slope) / given.slope.norm - 1)).toBeLessThan(bounds.slopes);
      const training = await measure(device(), model, given, true);
      expect(error(training.logits, given.training.logits)).toBeLessThan(bounds.training);
      expect(error(training.slopes.map(norm), given.training.parameterSlopes)).toBeLessThan(bounds.training);
    },
  );

  test('a state dict is known by its tensors', () => {
    for (const each of cases) {
      const model = buildNetwork(optionsOf(each));
      const tensors = toStateDict(model, weightsOf(model));
      const { options } = fromCheckpoint({ tensors, metadata: {} }, 'file');
      expect({ ...options, description: describeNetwork({ ...options }) }).toMatchObject({
        ...optionsOf(each),
        description: describeNetwork({ ...optionsOf(each) }),
      });
    }
  });

  test.for(Object.entries(members))(
    '%s has the tensors of PyTorch’s in their order',
    ([name, { parameters, digest }]) => {
      const member = NETWORK_NAMES.get(name);
      const ends =
        name === 'cnn'
          ? { inChannels: 1, classes: 10, imageSize: [28, 28] }
          : { inChannels: 3, classes: 1000, imageSize: [224, 224] };
      const model = buildNetwork({ family, ...member?.settings, ...ends } as unknown as NetworkOptions);
      expect(parameterCount(model)).toBe(parameters);
      expect(digestOf(model)).toBe(digest);
    },
  );
}
