import { ShapeError } from '../../errors.ts';
import { type DType, formats, isSmall, isWide } from '../../graph/dtype.ts';
import { defineOp } from '../../graph/graph.ts';
import type { KernelCall, KernelContext, Node, Operand } from '../../graph/op.ts';
import { describe, type Shape, sameShape, type TensorType } from '../../graph/shape.ts';
import { add, divide, multiply, negate, scale, subtract, zeros } from '../elementwise/elementwise.ts';
import { sum } from '../reduce/sum.ts';
import { concatenate, reshape } from '../shape/shape.ts';
import { gradientSumsComposite, inputGradientComposite, normaliseComposite, statisticsComposite } from './composite.ts';
import { alongChannels, alongElements, channelKernel, elementKernel, type Flags } from './kernels.ts';
import {
  type BatchNormAttributes,
  countOf,
  type Epsilon,
  meanAndInverse,
  namedInputs,
  perChannel,
  ROWS,
  rowOf,
  throughReluOf,
} from './operands.ts';

/**
 * Batch normalisation (Ioffe and Szegedy 2015) with PyTorch's conventions. In training, `batchNormStatistics` measures the batch,
 * `batchNorm` normalises by what it measured; `batchNormInference` normalises by what was remembered.
 */

/** What a residual block does after normalising, in the same kernel. */
export interface Tail {
  /** Added to what was normalised; of x's shape. */
  readonly residual?: Node;
  /** Negative results become 0, as by `relu`. */
  readonly relu?: boolean;
}

/**
 * Statistics of each channel over images and positions: x [N, C, H, W] → [4, C] with the rows mean, biased variance,
 * 1 / √(variance + epsilon) and unbiased variance (of a single element, which has none, 0).
 * @throws ShapeError
 */
export function batchNormStatistics(x: Node, { epsilon = 1e-5 }: Partial<Epsilon> = {}): Node {
  return statisticsOp([x], { epsilon });
}

/**
 * relu((x - mean) / √(variance + epsilon) · gamma + beta + residual), channel by channel, ReLU and residual only where asked for:
 * x [N, C, H, W], gamma and beta [C]. The gradient by x knows that the statistics depend on x.
 * @param statistics `batchNormStatistics(x)`, of this same x
 * @throws ShapeError
 */
export const batchNorm = (x: Node, statistics: Node, gamma: Node, beta: Node, tail: Tail = {}): Node =>
  applied([x, gamma, beta, statistics], { by: 'statistics', epsilon: 0 }, tail);

/**
 * Batch norm with the running statistics of training, which are constants here: gradients go to x, gamma, beta and the residual.
 * @throws ShapeError
 */
export const batchNormInference = (
  x: Node,
  gamma: Node,
  beta: Node,
  runningMean: Node,
  runningVariance: Node,
  { epsilon = 1e-5, ...tail }: Partial<Epsilon> & Tail = {},
): Node => applied([x, gamma, beta, runningMean, runningVariance], { by: 'constants', epsilon }, tail);

const applied = (
  inputs: readonly Node[],
  normalising: Pick<BatchNormAttributes, 'by' | 'epsilon'>,
  { residual, relu = false }: Tail,
): Node => batchNormOp(residual === undefined ? inputs : [...inputs, residual], { ...normalising, relu });

const statisticsOp = defineOp<Epsilon>({
  name: 'batchNormStatistics',
  ...alongChannels,
  infer: ([x]) => ({ shape: [ROWS, channelsOf(x)], dtype: statisticsFormat(x.dtype) }),
  composite: ([x], { epsilon }) => (isWide(x.dtype) ? statisticsComposite(x, epsilon) : null),
  // mean' = 1/M, variance' = 2 (x - mean)/M, inverse' = -½ inverse³ · variance', unbiased' = M/(M-1) · variance'
  derivative: ({ inputs: [x], output, gradient }) => {
    const inverse = perChannel(output, 2);
    const cube = multiply(multiply(inverse, inverse), inverse);
    const ofBiased = subtract(perChannel(gradient, 1), scale(multiply(perChannel(gradient, 2), cube), 0.5));
    const count = countOf(x.shape);
    const byVariance = add(ofBiased, scale(perChannel(gradient, 3), count / Math.max(1, count - 1)));
    const spread = scale(multiply(byVariance, subtract(x, perChannel(output, 0))), 2);
    return [scale(add(perChannel(gradient, 0), spread), 1 / countOf(x.shape))];
  },
  kernel: ({ inputs: [x], output, attributes: { epsilon }, capabilities }) =>
    channelKernel('statistics', x.shape, { x, table: output }, { epsilon }, capabilities),
  cost: ({ inputs: [x], output }) => ({ flops: 4 * x.size, bytes: x.bytes + output.bytes }),
});

/** x normalised, scaled and shifted; a further input, the residual, is added; then ReLU, where it is asked for. */
const batchNormOp = defineOp<BatchNormAttributes>({
  name: 'batchNorm',
  ...alongElements,
  infer: (inputs, attributes) => {
    const { x, further } = checkedInputs(inputs, attributes);
    for (const residual of further) checkSame('the residual', x, residual);
    return x;
  },
  composite: (inputs, attributes) => (isWide(inputs[0].dtype) ? normaliseComposite(inputs, attributes) : null),
  derivative: ({ inputs, output, gradient, attributes }) => {
    const { x, gamma, beta, moments, further } = namedInputs(inputs, attributes);
    // With a residual, its own gradient is taken through ReLU as well: better once for both.
    const once = attributes.relu && further.length > 0;
    const slope = once ? throughReluOf(output, gradient) : gradient;
    const inner = { ...attributes, relu: attributes.relu && !once };
    const sums = gradientSumsOp([x, gamma, beta, ...moments, slope], inner);
    // Constants and no ReLU: the gradient by x does not depend on x, which need not be remembered for it.
    const readsX = inner.by === 'statistics' || inner.relu;
    const dx = inputGradientOp([readsX ? x : slope, gamma, beta, ...moments, slope, ...sumsFor(sums, inner)], inner);
    return [dx, rowOf(sums, 1), rowOf(sums, 0), ...moments.map(() => null), ...further.map(() => slope)];
  },
  kernel: (context) => {
    const { x, further } = namedInputs(context.inputs, context.attributes);
    const hasResidual = further.length;
    return elementsOf('normalise', context, { residual: further[0] ?? x }, { hasResidual });
  },
  cost: ({ inputs, output }) => ({
    flops: (inputs.length + 1) * output.size,
    bytes: inputs.reduce((sum, { bytes }) => sum + bytes, output.bytes),
  }),
});

/** Whether a node is `batchNormInference`. */
export const isBatchNormInference = ({ op, attributes }: Pick<Node, 'op' | 'attributes'>): boolean =>
  op === batchNormOp.definition && attributes.by === 'constants';

const sumsFor = (sums: Node, { by }: BatchNormAttributes): Node[] => (by === 'statistics' ? [sums] : []);

/** [2, C]: Σ gradient and Σ gradient · x̂ of each channel, x̂ = (x - mean) · inverse. The gradient goes through ReLU first. */
const gradientSumsOp = defineOp<BatchNormAttributes>({
  name: 'batchNormGradientSums',
  ...alongChannels,
  infer: (inputs, attributes) => {
    const { x, further } = checkedInputs(inputs, attributes);
    checkSame('the gradient', x, further[0]);
    return { shape: [2, channelsOf(x)], dtype: statisticsFormat(x.dtype) };
  },
  composite: (inputs, attributes) => (isWide(inputs[0].dtype) ? gradientSumsComposite(inputs, attributes) : null),
  derivative: ({ inputs, output, gradient, attributes }) => {
    const { x, moments, further } = namedInputs(inputs, attributes);
    const { mean, inverse } = meanAndInverse(moments, attributes);
    const through = throughRelu(inputs, attributes);
    const weight = rowOf(gradient, 1);
    const slope = perChannel(multiply(weight, inverse));
    const byGradient = add(perChannel(gradient, 0), multiply(slope, subtract(x, perChannel(mean))));
    // mean: -inverse · Σg; inverse: Σ g · (x - mean) = Σ(g·x̂) / inverse
    const byMean = negate(multiply(multiply(weight, inverse), rowOf(output, 0)));
    const byInverse = divide(multiply(weight, rowOf(output, 1)), inverse);
    const byOthers = byMoments(byMean, byInverse, inverse, attributes);
    return [multiply(slope, through(further[0])), null, null, ...byOthers, through(byGradient)];
  },
  kernel: (context) => {
    const { inputs, output, attributes, capabilities } = context;
    const [gradient] = namedInputs(inputs, attributes).further;
    const { bind, flags } = normalising(context);
    return channelKernel('gradient_sums', inputs[0].shape, { ...bind, gradient, table: output }, flags, capabilities);
  },
  cost: ({ inputs, output }) => ({
    flops: 4 * inputs[0].size,
    bytes: inputs.reduce((sum, { bytes }) => sum + bytes, output.bytes),
  }),
});

/**
 * gamma · inverse · (g - Σg/M - x̂ · Σ(g·x̂)/M) with M elements of a channel; without the sums where the statistics are constants. Its own
 * inputs are g, the gradient that is taken through ReLU, and those sums.
 */
const inputGradientOp = defineOp<BatchNormAttributes>({
  name: 'batchNormInputGradient',
  ...alongElements,
  infer: (inputs, attributes) => {
    const { x, further } = checkedInputs(inputs, attributes);
    checkSame('the gradient', x, further[0]);
    return x;
  },
  composite: (inputs, attributes) => (isWide(inputs[0].dtype) ? inputGradientComposite(inputs, attributes) : null),
  derivative: ({ inputs, gradient, attributes }) => {
    const { x, gamma, beta, moments, further } = namedInputs(inputs, attributes);
    const [g, sums] = further;
    const { mean, inverse } = meanAndInverse(moments, attributes);
    const through = throughRelu(inputs, attributes);
    const slope = multiply(gradient, perChannel(multiply(gamma, inverse)));
    const bySlope = (value: Node) => sum(multiply(gradient, value), [0, 2, 3]);
    if (sums === undefined) {
      const kept = bySlope(through(g));
      const byOthers = byMoments(null, multiply(kept, gamma), inverse, attributes);
      return [null, multiply(kept, inverse), null, ...byOthers, through(slope)];
    }
    const centred = subtract(x, perChannel(mean));
    const share = (table: Node, row: number) => scale(perChannel(table, row), 1 / countOf(x.shape));
    const normal = multiply(centred, perChannel(inverse));
    const rest = subtract(through(g), add(share(sums, 0), multiply(normal, share(sums, 1))));
    const kept = bySlope(rest);
    const sumsOfSlope = gradientSumsOp([x, gamma, beta, ...moments, slope], { ...attributes, relu: false });
    const factor = multiply(inverse, scale(rowOf(sums, 1), 1 / countOf(x.shape)));
    const byMean = multiply(factor, rowOf(sumsOfSlope, 0));
    // inverse: as a factor of the whole, and in x̂ of the second sum
    const inNormal = divide(multiply(factor, rowOf(sumsOfSlope, 1)), multiply(inverse, inverse));
    const byInverse = subtract(multiply(kept, gamma), inNormal);
    return [
      negate(multiply(slope, perChannel(factor))),
      multiply(kept, inverse),
      null,
      ...byMoments(byMean, byInverse, inverse, attributes),
      through(slope),
      scale(sumsOfSlope, -1 / countOf(x.shape)),
    ];
  },
  kernel: (context) => {
    const { further, moments } = namedInputs(context.inputs, context.attributes);
    const [gradient, sums] = further;
    const centred = sums === undefined ? 0 : 1;
    return elementsOf('input_gradient', context, { gradient, sums: sums ?? moments[0] }, { centred });
  },
  cost: ({ inputs, output }) => ({
    flops: 8 * output.size,
    bytes: inputs.reduce((sum, { bytes }) => sum + bytes, output.bytes),
  }),
});

/** What all kernels read of x and of its channels. */
function normalising({ inputs, attributes }: Pick<KernelContext<BatchNormAttributes>, 'inputs' | 'attributes'>) {
  const { x, gamma, beta, moments } = namedInputs(inputs, attributes);
  const { by, epsilon } = attributes;
  const relu = attributes.relu ? 1 : 0;
  const [mean, spread] = by === 'statistics' ? [moments[0], moments[0]] : moments;
  const flags: Flags = by === 'statistics' ? { relu, spreadAt: 2 * x.shape[1], spreadIsInverse: 1 } : { relu, epsilon };
  return { bind: { x, gamma, beta, mean, spread }, flags };
}

function elementsOf(
  entry: 'normalise' | 'input_gradient',
  context: KernelContext<BatchNormAttributes>,
  further: Readonly<Record<string, Operand>>,
  furtherFlags: Flags,
): KernelCall {
  const { bind, flags } = normalising(context);
  const operands = { ...bind, ...further, y: context.output };
  return elementKernel(entry, context.output.shape, operands, { ...flags, ...furtherFlags }, context.capabilities);
}

/** Gradients by mean and inverse [C] (null: it needs none) as gradients by the inputs that they come from. */
function byMoments(byMean: Node | null, byInverse: Node, inverse: Node, { by }: BatchNormAttributes): (Node | null)[] {
  if (by === 'constants')
    return [byMean, scale(multiply(byInverse, multiply(multiply(inverse, inverse), inverse)), -0.5)];
  const none = zeros(byInverse);
  // The variances act through the inverse alone.
  return [
    concatenate(
      [byMean ?? none, none, byInverse, none].map((row) => reshape(row, [1, row.size])),
      0,
    ),
  ];
}

/** Takes gradients through the ReLU of an op that computes it again from x. */
function throughRelu(inputs: readonly Node[], attributes: BatchNormAttributes): (gradient: Node) => Node {
  if (!attributes.relu) return (gradient) => gradient;
  const { x, gamma, beta, moments } = namedInputs(inputs, attributes);
  const normalised = batchNormOp([x, gamma, beta, ...moments], { ...attributes, relu: false });
  return (gradient) => throughReluOf(normalised, gradient);
}

/** The format of statistics, parameters and their gradients for an x of a format: small formats are only stored. */
const statisticsFormat = (dtype: DType): DType => (isSmall(dtype) ? 'f32' : dtype);

function channelsOf(x: TensorType): number {
  if (x.shape.length !== 4 || !formats[x.dtype].floating)
    throw new ShapeError(`batchNorm takes floats [N, C, H, W], not ${describe(x)}`);
  return x.shape[1];
}

/** @throws ShapeError when an input that all ops have does not fit x */
function checkedInputs(inputs: readonly TensorType[], attributes: BatchNormAttributes) {
  const named = namedInputs(inputs, attributes);
  const { x, gamma, beta, moments } = named;
  const channels = channelsOf(x);
  const byStatistics = attributes.by === 'statistics';
  const parameters = byStatistics ? [gamma, beta] : [gamma, beta, ...moments];
  const name = byStatistics ? 'batchNorm' : 'batchNormInference';
  const format = statisticsFormat(x.dtype);
  const isOf = ({ shape, dtype }: TensorType, expected: Shape) => sameShape(shape, expected) && dtype === format;
  const wrong = parameters.find((parameter) => !isOf(parameter, [channels]));
  if (wrong !== undefined)
    throw new ShapeError(`${name}: a parameter of ${describe(x)} is ${format}[${channels}], not ${describe(wrong)}`);
  if (byStatistics && !isOf(moments[0], [ROWS, channels]))
    throw new ShapeError(
      `${name}: the statistics of ${describe(x)} are ${format}[${ROWS}, ${channels}], not ${describe(moments[0])}`,
    );
  return named;
}

/** @throws ShapeError */
function checkSame(what: string, x: TensorType, other: TensorType): void {
  if (!sameShape(x.shape, other.shape) || other.dtype !== x.dtype)
    throw new ShapeError(`batchNorm: ${what} of ${describe(x)} is of the same shape, not ${describe(other)}`);
}
