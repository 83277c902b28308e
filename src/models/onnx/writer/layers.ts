import type { Node } from '../../../engine/index.ts';
import type { HostArray } from '../../network/model.ts';
import { reduced } from './shapes.ts';
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

const isConvolution = ({ op }: Node): boolean => op.name === 'conv2d' || op.name === 'groupedConv2d';

/** @param bias the name of what is added to each channel */
function convolution(node: Node, weight: string, bias: readonly string[], writing: Writing): string {
  return writing.emit('Conv', [writing.name(node.inputs[0]), weight, ...bias], {
    kernel_shape: node.inputs[1].shape.slice(1, 3),
    ...windowOf(node),
    group: (node.attributes.groups as number | undefined) ?? 1,
  });
}

/** The name of a convolution's weight as ONNX lays it out. */
function weightOf({ inputs: [, weight] }: Node, writing: Writing): string {
  const tensor = writing.tensor(weight);
  if (tensor?.spec.layout === 'conv') return writing.initialiser(tensor);
  return writing.emit('Transpose', [writing.name(weight)], { perm: [3, 0, 1, 2] });
}

const writeConvolution: NodeWriter = (node, writing) => convolution(node, weightOf(node, writing), [], writing);

/** A convolution's gradient by its input, which is a transposed convolution: ONNX lays out its weight as that of the convolution. */
const writeTransposedConvolution: NodeWriter = (node, writing) => {
  const [x, weight] = node.inputs;
  const windows = windowOf(node);
  const kernel = weight.shape.slice(1, 3);
  // Rows and columns that several lengths of an input of a convolution with a stride leave open.
  const open = [0, 1].map((axis) => {
    const padding = windows.pads[axis] + windows.pads[axis + 2];
    const covered = (x.shape[2 + axis] - 1) * windows.strides[axis] + windows.dilations[axis] * (kernel[axis] - 1) + 1;
    return node.shape[2 + axis] - (covered - padding);
  });
  return writing.emit('ConvTranspose', [writing.name(x), weightOf(node, writing)], {
    kernel_shape: kernel,
    ...windows,
    output_padding: open,
    group: (node.attributes.groups as number | undefined) ?? 1,
  });
};

/** A convolution to each of whose channels a vector is added: these two; null: the sum is another. */
function biased({ op, inputs: [x, spread] }: Node): { readonly x: Node; readonly bias: Node } | null {
  if (op.name !== 'add' || !isConvolution(x) || spread.op.name !== 'expand') return null;
  const [row] = spread.inputs;
  const isVector = row.op.name === 'reshape' && row.inputs[0].shape.length === 1;
  return isVector && row.shape.length === 4 && row.shape[1] === x.shape[1] ? { x, bias: row.inputs[0] } : null;
}

const writeSum: NodeWriter = (node, writing) => {
  const parts = biased(node);
  if (parts === null || writing.readers(parts.x) > 1)
    return writing.emit(
      'Add',
      node.inputs.map((input) => writing.operand(input, node.inputs)),
    );
  const { x, bias } = parts;
  return convolution(x, weightOf(x, writing), [writing.name(bias)], writing);
};

/**
 * Batch norm with constants as part of the convolution before it, computed in binary64 and rounded once: weight · s and
 * beta + (bias - mean) · s, s = gamma / √(variance + epsilon) of each output channel.
 * @returns null where no convolution is before it that nothing else reads
 */
function folded({ inputs, attributes }: Node, writing: Writing): string | null {
  const [before, ...constants] = inputs;
  const [gamma, beta, mean, variance] = constants.slice(0, 4).map((node) => writing.tensor(node));
  const { x, bias: added } = biased(before) ?? { x: before, bias: null };
  const weight = isConvolution(x) ? writing.tensor(x.inputs[1]) : undefined;
  const bias = added === null ? null : writing.tensor(added);
  if (!gamma || !beta || !mean || !variance || weight?.spec.layout !== 'conv' || bias === undefined) return null;
  const own = [before, x, x.inputs[1], ...constants.slice(0, 4), ...(added === null ? [] : [added])];
  if (own.some((node) => writing.readers(node) > 1)) return null;
  const factors = Float64Array.from(
    gamma.values,
    (value, channel) => value / Math.sqrt(variance.values[channel] + Number(attributes.epsilon)),
  );
  const weights: HostArray = weight.values.map((value, i) => value * factors[i % factors.length]);
  const shifts: HostArray = beta.values.map(
    (value, channel) => value + ((bias?.values[channel] ?? 0) - mean.values[channel]) * factors[channel],
  );
  return convolution(x, writing.initialiser(weight, weights), [writing.initialiser(beta, shifts)], writing);
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

/** Rows with mean 0 and variance 1, in the steps that runtimes know as a layer norm. */
const writeStandardise: NodeWriter = ({ inputs: [x], attributes }, writing) => {
  const meanOfRows = (name: string) => reduced(writing, 'ReduceMean', name, [-1], 1);
  const centred = writing.emit('Sub', [writing.name(x), meanOfRows(writing.name(x))]);
  const variance = meanOfRows(writing.emit('Pow', [centred, writing.number(2)]));
  const shifted = writing.emit('Add', [variance, writing.number(Number(attributes.epsilon))]);
  return writing.emit('Div', [centred, writing.emit('Sqrt', [shifted])]);
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

/** The last two axes of a batch of matrices in the other order. */
const transposed = (name: string, writing: Writing): string => writing.emit('Transpose', [name], { perm: [0, 2, 1] });

const writeProduct: NodeWriter = (node, writing) => {
  const { transposeA, transposeB } = node.attributes;
  const names = node.inputs.map(writing.name);
  if (node.shape.length === 2)
    return writing.emit('Gemm', names, { transA: Number(transposeA), transB: Number(transposeB) });
  const flips = [transposeA, transposeB];
  const operands = names.map((name, i) => (flips[i] === true ? transposed(name, writing) : name));
  return writing.emit('MatMul', operands);
};

export const layers: readonly (readonly [op: string, write: NodeWriter])[] = [
  ['conv2d', writeConvolution],
  ['groupedConv2d', writeConvolution],
  ['conv2dGradientInput', writeTransposedConvolution],
  ['groupedConv2dGradientInput', writeTransposedConvolution],
  ['add', writeSum],
  ['batchNorm', writeBatchNorm],
  ['standardise', writeStandardise],
  ['maxPool2dTake', writeMaxPool],
  ['sumPool2d', writeSumPool],
  ['matmul', writeProduct],
];
