import shader from '../../shaders/batchNorm.wgsl';
import { ShapeError } from '../errors.ts';
import { describe, type Node, type Shape, type TensorType } from '../graph.ts';
import { withLanes } from '../lanes.ts';
import { defineOp, type KernelCall, type KernelContext, type Operand } from '../op.ts';
import { add, divide, fill, multiply, offset, scale, sqrt, subtract } from './elementwise.ts';
import { concatenate, reshape, slice } from './shape.ts';

/**
 * Batch normalisation (Ioffe and Szegedy 2015) with PyTorch's conventions. In training, `batchNormStatistics` measures the batch,
 * `batchNorm` normalises by what it measured, and `runningStatistics` remembers; `batchNormInference` normalises by what was remembered.
 */

type Epsilon = { readonly epsilon: number };
type NoAttributes = Record<string, never>;

/**
 * Statistics of each channel over images and positions: x [N, C, H, W] → [3, C] with the rows mean, biased variance and
 * 1 / √(variance + epsilon).
 * @throws ShapeError
 */
export function batchNormStatistics(x: Node, { epsilon = 1e-5 }: Partial<Epsilon> = {}): Node {
  return statisticsOp([x], { epsilon });
}

/**
 * (x - mean) / √(variance + epsilon) · gamma + beta, channel by channel: x [N, C, H, W], gamma and beta [C].
 * The gradient by x knows that the statistics depend on x.
 * @param statistics `batchNormStatistics(x)`, of this same x
 * @throws ShapeError
 */
export const batchNorm = (x: Node, statistics: Node, gamma: Node, beta: Node): Node =>
  batchNormOp([x, statistics, gamma, beta], {});

/**
 * The same with statistics that were remembered from training and are constants here: gradients go to x, gamma and beta.
 * @throws ShapeError
 */
export function batchNormInference(
  x: Node,
  gamma: Node,
  beta: Node,
  runningMean: Node,
  runningVariance: Node,
  { epsilon = 1e-5 }: Partial<Epsilon> = {},
): Node {
  return inferenceOp([x, gamma, beta, runningMean, runningVariance], { epsilon });
}

/** What batch norm remembers between batches, one number [C] for each channel. */
export interface RunningStatistics {
  readonly mean: Node;
  readonly variance: Node;
}

/**
 * The running statistics after another batch: (1 - momentum) · old + momentum · new, the new variance being the unbiased one.
 * @param statistics `batchNormStatistics` of the batch
 * @param count elements of a channel in the batch, N·H·W
 * @throws ShapeError for a single element, which has no unbiased variance
 */
export function runningStatistics(
  { mean, variance }: RunningStatistics,
  statistics: Node,
  count: number,
  momentum = 0.1,
): RunningStatistics {
  if (count < 2) throw new ShapeError(`batchNorm: ${count} element for each channel has no variance to remember`);
  const update = (old: Node, row: number, factor: number) =>
    add(scale(old, 1 - momentum), scale(rowOf(statistics, row), momentum * factor));
  return { mean: update(mean, 0, 1), variance: update(variance, 1, count / (count - 1)) };
}

const statisticsOp = defineOp<Epsilon>({
  name: 'batchNormStatistics',
  infer: ([x]) => ({ shape: [3, channelsOf(x)], dtype: 'f32' }),
  // mean' = 1/M, variance' = 2 (x - mean)/M, inverse' = -½ inverse³ · variance'
  derivative: ({ inputs: [x], output, gradient }) => {
    const inverse = perChannel(output, 2);
    const cube = multiply(multiply(inverse, inverse), inverse);
    const byVariance = subtract(perChannel(gradient, 1), scale(multiply(perChannel(gradient, 2), cube), 0.5));
    const spread = scale(multiply(byVariance, subtract(x, perChannel(output, 0))), 2);
    return [scale(add(perChannel(gradient, 0), spread), 1 / countOf(x.shape))];
  },
  kernel: (context) => {
    const { inputs, output, attributes } = context;
    const [x] = inputs;
    return inTwoSteps(context, 'statistics', attributes.epsilon, { x }, { x, output });
  },
  cost: ({ inputs: [x], output }) => ({ flops: 4 * x.size, bytes: x.bytes + output.bytes }),
});

const batchNormOp = defineOp<NoAttributes>({
  name: 'batchNorm',
  infer: ([x, statistics, ...parameters]) => {
    checkParameters('batchNorm', x, parameters);
    checkStatistics('batchNorm', x, statistics);
    return x;
  },
  // Each operation is one on whole tensors, so that a single kernel does them all.
  decompose: ([x, statistics, gamma, beta]) => {
    const normal = multiply(subtract(x, perChannel(statistics, 0)), perChannel(statistics, 2));
    return add(multiply(normal, perChannel(gamma)), perChannel(beta));
  },
  // dx = gamma · inverse · (g - Σg/M - x̂ · Σ(g·x̂)/M), x̂ = (x - mean) · inverse
  derivative: ({ inputs: [x, statistics, gamma], gradient }) => {
    const sums = gradientSums(x, statistics, gradient);
    const inverse = perChannel(statistics, 2);
    const normal = multiply(subtract(x, perChannel(statistics, 0)), inverse);
    const shared = scale(add(perChannel(sums, 0), multiply(normal, perChannel(sums, 1))), 1 / countOf(x.shape));
    const dx = multiply(multiply(subtract(gradient, shared), inverse), perChannel(gamma));
    return [dx, null, rowOf(sums, 1), rowOf(sums, 0)];
  },
});

const inferenceOp = defineOp<Epsilon>({
  name: 'batchNormInference',
  infer: ([x, ...parameters]) => {
    checkParameters('batchNormInference', x, parameters);
    return x;
  },
  decompose: ([x, gamma, beta, mean, variance], { epsilon }) => {
    const factor = multiply(inverseDeviation(variance, epsilon), gamma);
    return add(multiply(subtract(x, perChannel(mean)), perChannel(factor)), perChannel(beta));
  },
  derivative: ({ inputs: [x, gamma, , mean, variance], gradient, attributes: { epsilon } }) => {
    const inverse = inverseDeviation(variance, epsilon);
    const statistics = concatenate(
      [mean, variance, inverse].map((row) => reshape(row, [1, row.size])),
      0,
    );
    const sums = gradientSums(x, statistics, gradient);
    const dx = multiply(gradient, perChannel(multiply(inverse, gamma)));
    return [dx, rowOf(sums, 1), rowOf(sums, 0), null, null];
  },
});

const inverseDeviation = (variance: Node, epsilon: number): Node =>
  divide(fill(variance.shape, 1), sqrt(offset(variance, epsilon)));

/** [2, C]: Σ gradient and Σ gradient · x̂ of each channel, x̂ = (x - mean) · inverse by `statistics` [3, C]. */
const gradientSums = (x: Node, statistics: Node, gradient: Node): Node => gradientSumsOp([x, statistics, gradient], {});

const gradientSumsOp = defineOp<NoAttributes>({
  name: 'batchNormGradientSums',
  infer: ([x, statistics]) => {
    checkStatistics('batchNormGradientSums', x, statistics);
    return { shape: [2, channelsOf(x)], dtype: 'f32' };
  },
  derivative: ({ inputs: [x, statistics, g], output, gradient }) => {
    const inverse = perChannel(statistics, 2);
    const slope = multiply(perChannel(gradient, 1), inverse);
    const centred = subtract(x, perChannel(statistics, 0));
    const byGradient = add(perChannel(gradient, 0), multiply(slope, centred));
    // mean: -inverse · Σg; variance: none, it acts through the inverse alone; inverse: Σ g · (x - mean) = Σ(g·x̂) / inverse
    const weight = rowOf(gradient, 1);
    const inverseRow = rowOf(statistics, 2);
    const byMean = multiply(multiply(weight, inverseRow), scale(rowOf(output, 0), -1));
    const byInverse = divide(multiply(weight, rowOf(output, 1)), inverseRow);
    const rows = [byMean, fill(byMean.shape, 0), byInverse].map((row) => reshape(row, [1, row.size]));
    return [multiply(slope, g), concatenate(rows, 0), byGradient];
  },
  kernel: (context) => {
    const { inputs, output } = context;
    const [x, statistics, gradient] = inputs;
    return inTwoSteps(context, 'gradient_sums', 0, { x, statistics, gradient }, { statistics, output });
  },
  cost: ({ inputs: [x, statistics, gradient], output }) => ({
    flops: 4 * x.size,
    bytes: x.bytes + statistics.bytes + gradient.bytes + output.bytes,
  }),
});

/** Elements that a workgroup sums at least, if there are as many: fewer would cost more to start than to sum. */
const ELEMENTS_PER_PART = 1024;

/** Sums of parts of the images, then of the parts. */
function inTwoSteps<A>(
  { inputs, capabilities, scratch }: KernelContext<A>,
  name: string,
  epsilon: number,
  first: Readonly<Record<string, Operand>>,
  second: Readonly<Record<string, Operand>>,
): KernelCall[] {
  const [images, channels, height, width] = inputs[0].shape;
  const plane = height * width;
  const vec4 = plane % 4 === 0;
  const imagesPerPart = Math.min(images, Math.ceil(ELEMENTS_PER_PART / plane));
  const parts = Math.ceil(images / imagesPerPart);
  const partial = scratch({ shape: [parts, channels, 4], dtype: 'f32' });
  const lanes = withLanes(shader, capabilities);
  const area = vec4 ? plane / 4 : plane;
  const across = Math.min(2 ** Math.ceil(Math.log2(area)), Number(lanes.constants.LANES));
  const call = {
    shader: lanes.shader,
    constants: { ...lanes.constants, VEC4: vec4 ? 1 : 0 },
    sizes: { images, channels, area, imagesPerPart, parts, across, epsilon },
  };
  return [
    { ...call, entry: `part_${name}`, bind: { ...first, partial }, grid: [channels, parts] },
    {
      ...call,
      entry: `finish_${name}`,
      bind: { ...second, parts: partial },
      grid: [Math.ceil(channels / 64)],
      auxiliary: true,
    },
  ];
}

const countOf = ([images, , height, width]: Shape): number => images * height * width;

/** Row `row` of [rows, C], as [C]. */
function rowOf(table: Node, row: number): Node {
  const channels = table.shape[1];
  return reshape(slice(table, [row, 0], [row + 1, channels]), [channels]);
}

/** [C], or a row of a table, in a shape that broadcasts over [N, C, H, W]. */
function perChannel(parameter: Node, row?: number): Node {
  const numbers = row === undefined ? parameter : rowOf(parameter, row);
  return reshape(numbers, [1, numbers.size, 1, 1]);
}

function channelsOf(x: TensorType): number {
  if (x.shape.length !== 4 || x.dtype !== 'f32')
    throw new ShapeError(`batchNorm takes f32 [N, C, H, W], not ${describe(x)}`);
  return x.shape[1];
}

function checkParameters(name: string, x: TensorType, parameters: readonly TensorType[]): void {
  const channels = channelsOf(x);
  const wrong = parameters.find(({ shape, dtype }) => shape.length !== 1 || shape[0] !== channels || dtype !== 'f32');
  if (wrong !== undefined)
    throw new ShapeError(`${name}: a parameter of ${describe(x)} is f32[${channels}], not ${describe(wrong)}`);
}

function checkStatistics(name: string, x: TensorType, statistics: TensorType): void {
  const channels = channelsOf(x);
  const { shape } = statistics;
  if (shape.length !== 2 || shape[0] !== 3 || shape[1] !== channels)
    throw new ShapeError(
      `${name}: the statistics of ${describe(x)} are f32[3, ${channels}], not ${describe(statistics)}`,
    );
}
