import type { Node } from '../../../engine/index.ts';
import type { HostArray } from '../../network/model.ts';
import type { NodeWriter, Writing } from './writing.ts';

/** Convolutions, pools, products and normalisation. */

type Pair = readonly [number, number];

/** A number for both axes, or one for each. */
const pairOf = (value: unknown): Pair => (typeof value === 'number' ? [value, value] : (value as Pair));

/** Paddings in ONNX's order: top, left, bottom, right. */
function padsOf(padding: unknown): number[] {
  const [[top, bottom], [left, right]] =
    typeof padding === 'number' ? [pairOf(padding), pairOf(padding)] : (padding as readonly [Pair, Pair]);
  return [top, left, bottom, right];
}

const windowOf = ({ attributes: { stride, padding, dilation = 1 } }: Node) => ({
  strides: pairOf(stride),
  pads: padsOf(padding),
  dilations: pairOf(dilation),
});

const convolution = (node: Node, operands: readonly string[], writing: Writing): string => {
  const [, weight] = node.inputs;
  return writing.emit('Conv', operands, {
    kernel_shape: weight.shape.slice(1, 3),
    ...windowOf(node),
    group: (node.attributes.groups as number | undefined) ?? 1,
  });
};

const writeConvolution: NodeWriter = (node, writing) => {
  const [x, weight] = node.inputs;
  const tensor = writing.tensor(weight);
  const name =
    tensor?.spec.layout === 'conv'
      ? writing.initialiser(tensor)
      : writing.emit('Transpose', [writing.name(weight)], { perm: [3, 0, 1, 2] });
  return convolution(node, [writing.name(x), name], writing);
};

/**
 * Batch norm with constants as part of the convolution before it, computed in binary64 and rounded once: weight · s and beta - mean · s,
 * s = gamma / √(variance + epsilon) of each output channel.
 * @returns null where no convolution is before it that nothing else reads
 */
function folded({ inputs, attributes }: Node, writing: Writing): string | null {
  const [x, ...constants] = inputs;
  const [gamma, beta, mean, variance] = constants.slice(0, 4).map((node) => writing.tensor(node));
  const weight = ['conv2d', 'groupedConv2d'].includes(x.op.name) ? writing.tensor(x.inputs[1]) : undefined;
  if (!gamma || !beta || !mean || !variance || weight?.spec.layout !== 'conv') return null;
  if ([x, x.inputs[1], ...constants.slice(0, 4)].some((node) => writing.readers(node) > 1)) return null;
  const factors = Float64Array.from(
    gamma.values,
    (value, channel) => value / Math.sqrt(variance.values[channel] + Number(attributes.epsilon)),
  );
  const weights: HostArray = weight.values.map((value, i) => value * factors[i % factors.length]);
  const shifts: HostArray = beta.values.map((value, channel) => value - mean.values[channel] * factors[channel]);
  const operands = [writing.initialiser(weight, weights), writing.initialiser(beta, shifts)];
  return convolution(x, [writing.name(x.inputs[0]), ...operands], writing);
}

const writeBatchNorm: NodeWriter = (node, writing) => {
  const { by, epsilon, relu } = node.attributes;
  if (by !== 'constants') writing.fail(node, 'it normalises by statistics of the batch');
  const operands = node.inputs.slice(0, 5);
  const normalised =
    (writing.folds ? folded(node, writing) : null) ??
    writing.emit('BatchNormalization', operands.map(writing.name), { epsilon: { float: Number(epsilon) } });
  const [, , , , , residual] = node.inputs;
  const sum = residual === undefined ? normalised : writing.emit('Add', [normalised, writing.name(residual)]);
  return relu === true ? writing.emit('Relu', [sum]) : sum;
};

const poolOf = (node: Node) => ({
  kernel_shape: pairOf(node.attributes.kernel),
  ...windowOf(node),
  ceil_mode: Number(node.attributes.ceilMode ?? false),
});

const writeMaxPool: NodeWriter = (node, writing) => {
  const [x, positions] = node.inputs;
  if (positions.inputs[0] !== x) writing.fail(node, 'its positions are those of another tensor');
  return writing.emit('MaxPool', [writing.name(x)], poolOf(node));
};

/** Sums of windows as their means, zeros of the padding included, times the elements of a window. */
const writeSumPool: NodeWriter = (node, writing) => {
  const { dilations, ceil_mode, ...windows } = poolOf(node);
  if (ceil_mode !== 0 || dilations.some((dilation) => dilation !== 1))
    writing.fail(node, 'windows with dilations or ceilMode are not written');
  const means = writing.emit('AveragePool', [writing.name(node.inputs[0])], { ...windows, count_include_pad: 1 });
  const [height, width] = windows.kernel_shape;
  return writing.emit('Mul', [means, writing.number(height * width)]);
};

const writeProduct: NodeWriter = (node, writing) => {
  const [a, b] = node.inputs;
  const { transposeA, transposeB } = node.attributes;
  if (a.shape.length !== 2 || b.shape.length !== 2) writing.fail(node, 'products of batches are not written');
  const attributes = { transA: Number(transposeA), transB: Number(transposeB) };
  return writing.emit('Gemm', [writing.name(a), writing.name(b)], attributes);
};

export const layers: readonly (readonly [op: string, write: NodeWriter])[] = [
  ['conv2d', writeConvolution],
  ['groupedConv2d', writeConvolution],
  ['batchNorm', writeBatchNorm],
  ['maxPool2dTake', writeMaxPool],
  ['sumPool2d', writeSumPool],
  ['matmul', writeProduct],
];
