import { expect, test } from 'vitest';
import { Device, type Tensor } from '../../../src/engine/device/device.ts';
import { formats } from '../../../src/engine/graph/dtype.ts';
import { apply, type Graph, reachable, spec, trace } from '../../../src/engine/graph/graph.ts';
import { isNode, type Node } from '../../../src/engine/graph/op.ts';
import { placementOf } from '../../../src/engine/graph/placement.ts';
import { labelOf } from '../../../src/engine/graph/print.ts';
import type { TensorType } from '../../../src/engine/graph/shape.ts';
import { leaves, type MapTree } from '../../../src/engine/graph/tree.ts';
import { divide, exp, fill, log, multiply, subtract } from '../../../src/engine/ops/elementwise/elementwise.ts';
import { matmul } from '../../../src/engine/ops/matmul/matmul.ts';
import { mean } from '../../../src/engine/ops/reduce/reduce.ts';
import { expand } from '../../../src/engine/ops/reduce/sum.ts';
import { gradients } from '../../../src/engine/passes/gradients.ts';
import { compile, type Feeds } from '../../../src/engine/run/compile.ts';
import type { Dataset } from '../../../src/models/data/dataset.ts';
import { resnet } from '../../../src/models/network/families/resnet.ts';
import { type Model, mapValues } from '../../../src/models/network/model.ts';
import { packValues } from '../../../src/models/network/packed.ts';
import { initialWeights, release } from '../../../src/models/network/weights.ts';
import { nonFiniteValues } from '../../../src/models/training/nonFinite.ts';
import type { TrainingSnapshot, TrainOptions } from '../../../src/models/training/options.ts';
import { initialSlots } from '../../../src/models/training/point.ts';
import { stepRates, trainingStep, trainingStepSpecs } from '../../../src/models/training/step.ts';
import { train } from '../../../src/models/training/train.ts';
import { useDevice } from '../../support/checkOp.ts';
import { convolutionalModel } from '../../support/convolutionalModel.ts';
import { linearModel } from '../../support/linearModel.ts';

const device = useDevice();
const CLASSES = 3;
const linear = linearModel([1, 2, 2], CLASSES);

const dataset: Dataset = (() => {
  const count = 40;
  const images = Uint8Array.from({ length: count * 4 }, (_, i) => (i * 97 + 31 * (i >> 3)) % 256);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % CLASSES);
  const split = { images, labels, count };
  return { name: 'grey', classes: CLASSES, channels: 1, height: 2, width: 2, train: split, test: split };
})();

const options: TrainOptions = { epochs: 5, batchSize: 5, learningRate: 0.1, seed: 3 };

const messageOf = async (model: Model, special: Partial<TrainOptions> = {}): Promise<string> => {
  const before = device().allocatedBytes;
  const error = await train(device(), model, dataset, { ...options, ...special }).then(
    () => null,
    (reason: unknown) => reason as Error,
  );
  expect(error?.name).toBe('DivergenceError');
  expect(device().allocatedBytes).toBe(before);
  return error?.message ?? '';
};

/** Softmax regression whose logits go through something more. */
const changed = (
  parameters: Model['parameters'],
  change: (logits: Node, own: Record<string, Node>) => Node,
): Model => ({
  ...linear,
  parameters: { ...linear.parameters, ...parameters },
  forward: (given, state, x, how) => {
    const { logits, observed } = linear.forward(given, state, x, how);
    return { logits: change(logits, given), observed };
  },
});

test('the logarithm of a negative number is named, with the step', async () => {
  const model = changed({}, (logits) => exp(log(subtract(logits, fill(logits.shape, 100)))));
  expect(await messageOf(model)).toBe(
    'training diverged: the loss is NaN in epoch 1, by step 8; the first value that is not finite is ' +
      'the output of log(f32[5, 3]) after fc.bias, in the forward pass of step 1; a learning rate below 0.1 may help',
  );
});

test('a division by a parameter that is zero is named with the parameter', async () => {
  const scale = { shape: [1], dtype: 'f32', layout: 'plain', initial: { kind: 'constant', value: 0 } } as const;
  const model = changed({ 'head.scale': scale }, (logits, own) =>
    divide(logits, expand(own['head.scale'], logits.shape)),
  );
  expect(await messageOf(model)).toMatch(
    /is the output of divide\(f32\[5, 3\], f32\[5, 3\]\) with head\.scale, in the forward pass of step 1;/,
  );
});

test('a learning rate of 1e30 overflows in the second update', async () => {
  // The first update leaves parameters of about 1e29, whose decay is a gradient of 1e27; times 1e30, that is more than f32 holds.
  const message = await messageOf(linear, { learningRate: 1e30, weightDecay: 0.01, momentum: 0.9 });
  expect(message).toMatch(/output of multiply\(f32\[128\], f32\[128\]\) with .*learningRate, in the update of step 2;/);
});

test('parameters that only the last update makes infinite do not pass for trained ones', async () => {
  // One batch: its loss is finite, and 1e38 times a tenfold gradient is not.
  const model = changed({}, (logits) => divide(logits, fill(logits.shape, 1e-3)));
  const one = { ...options, epochs: 1, batchSize: 40, learningRate: 1e38 };
  expect(await messageOf(model, one)).toMatch(
    /^training diverged: the parameters are no longer finite in epoch 1, by step 1; .* in the update of step 1;/,
  );
});

test('what training goes on from is not finite', async () => {
  const weights = initialWeights(linear, 3);
  weights.parameters['fc.bias'][1] = Number.NaN;
  const resume: TrainingSnapshot = {
    weights,
    slots: initialSlots(linear, options),
    batches: 2,
    totals: [1, 1],
    reports: [],
    seconds: 1,
  };
  expect(await messageOf(linear, { resume })).toContain('; fc.bias is not finite before step 3;');
});

test('where no memory is left for a copy of the state, training runs, and the message says why it names nothing', async () => {
  const { queue, profile } = device();
  /** What it ends with when so many bytes may be taken. */
  const errorWith = async (memoryBudget: number): Promise<Error> => {
    const small = new Device(queue, { ...profile, capabilities: { ...profile.capabilities, memoryBudget } });
    return train(small, linear, dataset, { ...options, learningRate: 1e38 }).then(
      () => new Error('it did not diverge'),
      (reason: unknown) => reason as Error,
    );
  };
  // The fewest bytes that it runs in, to a quarter of the copy (two vectors of 128 numbers and the totals).
  let [tooFew, enough] = [0, 2 ** 18];
  let message = '';
  while (enough - tooFew > 256) {
    const bytes = (tooFew + enough) / 2;
    const error = await errorWith(bytes);
    if (error.name === 'DivergenceError') [enough, message] = [bytes, error.message];
    else tooFew = bytes;
  }
  expect(message).toContain('; no memory was left to find out where it came from;');
});

test('a scaled loss whose gradients overflow is no divergence', async () => {
  const magnified = changed({}, (logits) => divide(logits, fill(logits.shape, 0.1)));
  const model: Model = { ...magnified, precision: 'f16' };
  // Logits around ten give a loss of more than 2 at first: 2^127 times that is infinite in f32, until the scale is halved.
  const resume: TrainingSnapshot = {
    weights: initialWeights(model, 3),
    slots: initialSlots(model, options),
    scaling: [2 ** 127, 0],
    batches: 0,
    totals: [0, 0],
    reports: [],
    seconds: 0,
  };
  let scale = 0;
  const write = async ({ scaling }: TrainingSnapshot) => {
    scale = scaling?.[0] ?? 0;
  };
  const checkpoints = { everyEpochs: 5, write };
  const training = await train(device(), model, dataset, { ...options, resume, checkpoints });
  release(training.weights);
  expect(training.outcome).toBe('finished');
  expect(scale).toBeLessThan(2 ** 127);
  expect(scale).toBeGreaterThan(0);
});

/** By computing every value into memory of its own and reading it: which are not finite. */
async function scan<I>(
  { inputs }: Graph<MapTree<I, TensorType, Node>>,
  specs: I,
  outputs: readonly Node[],
  feeds: Feeds<I>,
): Promise<Node[]> {
  const isFloat = ({ dtype }: Node) => formats[dtype].floating;
  const values = reachable(outputs).filter((node) => isFloat(node) && placementOf(node).source === node);
  const kept = values.filter(
    (node) => node.inputs.length > 0 || leaves(inputs, isNode).some(({ leaf }) => leaf === node),
  );
  const fresh = (again: MapTree<I, TensorType, Node>) => {
    const made = new Map(leaves(inputs, isNode).map(({ leaf }, i) => [leaf, leaves(again, isNode)[i].leaf]));
    for (const node of reachable(outputs)) {
      if (node.inputs.length === 0) made.set(node, made.get(node) ?? node);
      else
        made.set(
          node,
          apply(
            node.op,
            node.inputs.map((input) => made.get(input) as Node),
            node.attributes,
          ),
        );
    }
    return kept.map((node) => made.get(node) as Node);
  };
  const executable = await compile(fresh, specs, { device: device(), name: 'scan' });
  const bad: Node[] = [];
  for (const [i, tensor] of (executable.run(feeds) as Tensor[]).entries())
    if (!(await tensor.read()).every(Number.isFinite)) bad.push(kept[i]);
  executable.free();
  return bad;
}

const deep = (precision: Model['precision']) =>
  resnet({ depth: 18, width: 4, inChannels: 1, classes: CLASSES, stem: 'cifar', precision });

test.each<[string, Model, number]>([
  // The batch's variances overflow.
  ['convolutions', convolutionalModel(CLASSES), 1e25],
  // Values of more than 65504.
  ['f16', deep('f16'), 1e5],
  ['f8', deep('f8'), 1e30],
])('what is found is what reading every value finds: a step of training, %s', async (_, model, size) => {
  const [batch, side] = [4, 8];
  const own = { momentum: 0.9 };
  const specs = trainingStepSpecs(model, own, [batch, 1, side, side]);
  const graph = trace((inputs) => trainingStep(model, inputs, own), specs, 'a step');
  const weights = initialWeights(model, 1);
  const large = mapValues(weights.parameters, (values) => values.map((value) => value * size));
  const slots = initialSlots(model, { ...options, ...own });
  const feeds: Feeds<typeof specs> = {
    parameters: packValues(model.parameters, large),
    slots: mapValues(slots, (values) => packValues(model.parameters, values)),
    scaling: specs.scaling.map(() => Float32Array.of(2 ** 16, 0)),
    accumulated: [],
    state: packValues(model.state, weights.state),
    rates: stepRates(model, own, 0.1, 0),
    x: Float32Array.from({ length: batch * side * side }, (_, i) => ((i * 37) % 101) / 101),
    labels: Int32Array.from({ length: batch }, (_, i) => i % CLASSES),
  };
  const outputs = leaves(graph.outputs, isNode).map(({ leaf }) => leaf);
  const found = await nonFiniteValues(device(), graph, specs, outputs, feeds);
  const expected = await scan(graph, specs, outputs, feeds);
  expect(expected.length).toBeGreaterThan(5);
  expect(found.map(labelOf)).toEqual(expected.map(labelOf));
  expect(found[0]).toBe(expected[0]);
});

test.each([
  // e^(30 · 30) is more than either format holds.
  ['f32x2', 'exp(f32x2[4, 3])'],
  ['f64', 'exp(f64[4, 3])'],
] as const)('what is found is what reading every value finds: %s', async (dtype, first) => {
  const specs = { x: spec([4, 5], dtype), w: spec([5, 3], dtype) };
  const graph = trace(
    ({ x, w }) => {
      const y = exp(matmul(x, w));
      const loss = mean(log(subtract(y, multiply(y, y))));
      return [loss, ...gradients(loss, [x, w])];
    },
    specs,
    'a chain',
  );
  const feeds = {
    x: Float64Array.from({ length: 20 }, (_, i) => (i === 7 ? 30 : i / 100)),
    w: Float64Array.from({ length: 15 }, (_, i) => (i === 7 ? 30 : i / 100)),
  };
  const found = await nonFiniteValues(device(), graph, specs, graph.outputs, feeds);
  expect(labelOf(found[0])).toBe(first);
  expect(found).toEqual(await scan(graph, specs, graph.outputs, feeds));
});
