/** Each kernel of a ResNet-18 on its own, at the sizes that it has there. */
import {
  batchNorm,
  batchNormStatistics,
  conv2d,
  type Device,
  type DType,
  elements,
  globalAveragePool,
  gradients,
  hostArray,
  maxPool2d,
  mean,
  type Node,
  reachable,
  type Shape,
  softmaxCrossEntropy,
  spec,
  trace,
} from '../src/engine/index.ts';
import { type Model, packedSpecs, sgd } from '../src/models/index.ts';
import { modelOf } from './networks.ts';
import { CLASSES, fill, LEARNING_RATE, labels, MOMENTUM, type Network, networkOf } from './peers/network.mjs';
import { type Prepared, prepare, type Workload } from './workload.ts';

interface Convolution {
  readonly x: Shape;
  /** [C, kH, kW, O]. */
  readonly weight: Shape;
  readonly stride: number;
  readonly padding: number;
}

const FLOAT_BYTES = 4;

/** The convolutions of a network, every shape once. */
export function convolutionsOf(model: Model, image: Shape): Convolution[] {
  const { outputs } = trace(
    ({ parameters, state, x }) => model.forward(parameters, state, x, { training: false }).logits,
    { parameters: model.parameters, state: model.state, x: spec(image) },
  );
  const all = reachable([outputs])
    .filter(({ op }) => op.name === 'conv2d')
    .map(({ inputs: [x, weight], attributes }) => {
      const { stride, padding } = attributes as { stride: number; padding: number };
      return { x: x.shape, weight: weight.shape, stride, padding };
    });
  return [...new Map(all.map((each) => [JSON.stringify(each), each])).values()];
}

function noise(device: Device, shape: Shape, stream: number, dtype: DType) {
  const data = hostArray(dtype, elements(shape));
  data.set(fill(stream, data.length));
  return device.tensor(data, shape, dtype);
}

/** Compiles a function of tensors full of noise. */
async function prepareOnNoise(
  device: Device,
  fn: (inputs: readonly Node[]) => { readonly result: Node; readonly [also: string]: Node },
  shapes: readonly Shape[],
  amount?: number,
  dtype: DType = 'f32',
): Promise<Prepared> {
  const feeds = shapes.map((shape, i) => noise(device, shape, i + 1, dtype));
  const prepared = await prepare(
    device,
    fn,
    shapes.map((shape) => spec(shape, dtype)),
    feeds,
    amount,
  );
  return {
    ...prepared,
    free: () => {
      prepared.free();
      for (const { buffer } of feeds) device.release(buffer);
    },
  };
}

function convolutionWorkloads(prefix: string, convolution: Convolution, dtype: DType): Workload[] {
  const { x, weight, stride, padding } = convolution;
  const [batch, channels, height, width] = x;
  const [, kernel, , outChannels] = weight;
  const outSide = (side: number) => Math.floor((side + 2 * padding - kernel) / stride) + 1;
  const slope = [batch, outChannels, outSide(height), outSide(width)];
  const forward = (x: Node, weight: Node) => conv2d(x, weight, { stride, padding });
  const passes: Record<string, (inputs: readonly Node[]) => Node> = {
    forward: ([x, weight]) => forward(x, weight),
    'by input': ([x, weight, slope]) => gradients(forward(x, weight), [x], slope)[0],
    'by weight': ([x, weight, slope]) => gradients(forward(x, weight), [weight], slope)[0],
  };
  const size = `${kernel}x${kernel} ${channels}->${outChannels}${stride === 1 ? '' : ` stride ${stride}`} at ${height}x${width}`;
  return (
    Object.entries(passes)
      // Nobody asks for the gradient of a training image.
      .filter(([pass]) => pass !== 'by input' || channels > 3)
      .map(([pass, fn]) => ({
        name: `${prefix} conv ${size} ${pass}${dtype === 'f32' ? '' : ` in ${dtype}`}`,
        description: `convolution, batch ${batch}`,
        metric: 'GFLOP/s',
        prepare: (device) =>
          prepareOnNoise(device, (inputs) => ({ result: fn(inputs) }), [x, weight, slope], undefined, dtype),
      }))
  );
}

/** Batch norm and what a residual block does after it, at the size of the network's first stage. */
function normalisationWorkloads(prefix: string, { batch, width, side }: Network): Workload[] {
  const shape = [batch, width, side, side];
  const bytes = FLOAT_BYTES * elements(shape);
  const block = ([x, gamma, beta, shortcut]: readonly Node[]) =>
    batchNorm(x, batchNormStatistics(x), gamma, beta, { residual: shortcut, relu: true });
  const plain = ([x, gamma, beta]: readonly Node[]) =>
    batchNorm(x, batchNormStatistics(x), gamma, beta, { relu: true });
  const make = (what: string, tensors: number, shapes: readonly Shape[], fn: (inputs: readonly Node[]) => Node[]) => ({
    name: `${prefix} ${what}`,
    description: `${shape.join('x')}, ${tensors} tensors read or written at least`,
    metric: 'GB/s' as const,
    prepare: (device: Device) =>
      prepareOnNoise(
        device,
        (inputs) => {
          const [result, ...also] = fn(inputs);
          return { result, ...Object.fromEntries(also.map((node, i) => [`output ${i + 2}`, node])) };
        },
        shapes,
        tensors * bytes,
      ),
  });
  const perChannel = [[width], [width]];
  return [
    make('batch norm + ReLU backward', 3, [shape, ...perChannel, shape], ([x, gamma, beta, slope]) =>
      gradients(plain([x, gamma, beta]), [x, gamma, beta], slope),
    ),
    make('batch norm + add + ReLU', 3, [shape, ...perChannel, shape], (inputs) => [block(inputs)]),
    make('batch norm + add + ReLU backward', 5, [shape, ...perChannel, shape, shape], (inputs) =>
      gradients(block(inputs), inputs.slice(0, 4), inputs[4]),
    ),
  ];
}

/** The 7×7 stem's pooling at 64 channels of 112×112, and the pooling before the last layer. */
function poolWorkloads(prefix: string, { batch, width, side }: Network): Workload[] {
  const large = [1, 64, 112, 112];
  const small = [batch, 8 * width, Math.ceil(side / 8), Math.ceil(side / 8)];
  const halved = [1, 64, 56, 56];
  const maxPool = (x: Node) => maxPool2d(x, { kernel: 3, stride: 2, padding: 1 });
  const make = (what: string, shape: Shape, slope: Shape, fn: (x: Node, slope: Node) => Node): Workload => ({
    name: `${prefix} ${what}`,
    description: `${shape.join('x')} -> ${slope.join('x')}`,
    metric: 'GB/s',
    prepare: (device) =>
      prepareOnNoise(
        device,
        ([x, slope]) => ({ result: fn(x, slope) }),
        [shape, slope],
        FLOAT_BYTES * (elements(shape) + elements(slope)),
      ),
  });
  return [
    make('max pool', large, halved, maxPool),
    make('max pool backward', large, halved, (x, slope) => gradients(maxPool(x), [x], slope)[0]),
    make('average pool', small, small.slice(0, 2), globalAveragePool),
    make(
      'average pool backward',
      small,
      small.slice(0, 2),
      (x, slope) => gradients(globalAveragePool(x), [x], slope)[0],
    ),
  ];
}

/** Loss and its gradient: tiny, so what counts is the time. */
function lossWorkload(prefix: string, network: Network): Workload {
  const shape = [network.batch, CLASSES];
  return {
    name: `${prefix} softmax cross-entropy with gradient`,
    description: shape.join('x'),
    metric: 'ms',
    prepare: (device) =>
      prepare(
        device,
        ({ x, labels: y }) => {
          const loss = mean(softmaxCrossEntropy(x, y));
          return { result: loss, slope: gradients(loss, [x])[0] };
        },
        { x: spec(shape), labels: spec([network.batch], 'i32') },
        { x: fill(1, elements(shape)), labels: labels(network) },
        1,
      ),
  };
}

/** SGD with momentum on all parameters; parameter, velocity and gradient are read, the first two written. */
function optimiserWorkload(prefix: string, model: Model): Workload {
  const vectors = packedSpecs(model.parameters);
  const count = Object.values(model.parameters).reduce((sum, { shape }) => sum + elements(shape), 0);
  return {
    name: `${prefix} optimiser`,
    description: `SGD with momentum, ${count} parameters in ${Object.keys(model.parameters).length} tensors`,
    metric: 'GB/s',
    prepare: async (device) => {
      const zeros = () => vectors.map((type) => device.zeros(type));
      const learningRate = device.tensor(Float32Array.of(LEARNING_RATE), []);
      const tensors = { parameters: zeros(), velocity: zeros(), gradients: zeros() };
      const prepared = await prepare(
        device,
        (inputs) => {
          const { learningRate, gradients, velocity } = inputs;
          const updated = inputs.parameters.map((parameters, i) =>
            sgd.update(
              {
                parameters,
                gradients: gradients[i],
                slots: { momentum_buffer: velocity[i] },
                rates: { learningRate },
              },
              { momentum: MOMENTUM, nesterov: false, weightDecay: 0 },
            ),
          );
          const all = updated.flatMap((each, i) => [
            [`parameters ${i}`, each.parameters] as const,
            [`velocity ${i}`, each.slots.momentum_buffer] as const,
          ]);
          return { result: updated[0].parameters, ...Object.fromEntries(all) };
        },
        { parameters: vectors, velocity: vectors, gradients: vectors, learningRate: spec([]) },
        { ...tensors, learningRate },
        5 * FLOAT_BYTES * count,
      );
      return {
        ...prepared,
        free: () => {
          prepared.free();
          for (const { buffer } of [...Object.values(tensors).flat(), learningRate]) device.release(buffer);
        },
      };
    },
  };
}

/** Every kernel of the training step `W4` or `W4m`; convolutions of `W4m` in f32x2, too. */
export function layerWorkloads(step: 'W4' | 'W4m'): Workload[] {
  const network = networkOf(step);
  const model = modelOf(network);
  const { batch, channels, side } = network;
  const formats: readonly DType[] = step === 'W4m' ? ['f32', 'f32x2'] : ['f32'];
  return [
    ...convolutionsOf(model, [batch, channels, side, side]).flatMap((each) =>
      formats.flatMap((dtype) => convolutionWorkloads(step, each, dtype)),
    ),
    ...normalisationWorkloads(step, network),
    ...poolWorkloads(step, network),
    lossWorkload(step, network),
    optimiserWorkload(step, model),
  ];
}
