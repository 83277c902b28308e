import shader from '../../../shaders/reduce/softmaxCrossEntropy.wgsl';
import { ShapeError } from '../../errors.ts';
import { formats, isWide } from '../../graph/dtype.ts';
import { defineOp } from '../../graph/graph.ts';
import type { KernelOp, NoAttributes, Node } from '../../graph/op.ts';
import { describe, type TensorType } from '../../graph/shape.ts';
import { foldedGrid } from '../../kernels/grid.ts';
import { laneConstants } from '../../kernels/lanes.ts';
import {
  cast,
  divide,
  exp,
  fill,
  greaterEqual,
  less,
  log,
  logicalAnd,
  multiply,
  negate,
  subtract,
  where,
} from '../elementwise/elementwise.ts';
import { oneHot } from '../select/oneHot.ts';
import { reshape } from '../shape/shape.ts';
import { max } from './reduce.ts';
import { sum } from './sum.ts';

/**
 * exp(xₖ) / Σ exp(xⱼ) over the last axis, for rows of any length and magnitude. A row with NaN or ∞, or of -∞ alone, becomes NaN
 * throughout, as in PyTorch; so it does in `logSoftmax` and `softmaxCrossEntropy`.
 * @throws ShapeError
 */
export const softmax = (x: Node): Node => softmaxOp([x], {});

/** log(softmax(x)) over the last axis, without the rounding of probabilities near 0 and 1. @throws ShapeError */
export const logSoftmax = (x: Node): Node => logSoftmaxOp([x], {});

/**
 * Cross entropy of each sample, -log softmax(logits)[label]: logits [N, K], labels i32 [N] → [N].
 * A label outside 0 … K - 1 makes its sample's loss, and its row of the gradient, NaN.
 * @throws ShapeError
 */
export const softmaxCrossEntropy = (logits: Node, labels: Node): Node => crossEntropyOp([logits, labels], {});

/** Gradient of the losses by the logits, (softmax(logits) - one-hot label) · gradient: gradient [N] → [N, K]. */
const softmaxCrossEntropyGradient = (logits: Node, labels: Node, gradient: Node): Node =>
  crossEntropyGradientOp([logits, labels, gradient], {});

const softmaxOp = defineOp<NoAttributes>({
  name: 'softmax',
  infer: ([x]) => checkedLogits('softmax', x),
  composite: ([x]) => (isWide(x.dtype) ? probabilitiesOf(x) : null),
  derivative: ({ output, gradient }) => [softmaxGradient(output, gradient)],
  kernel: rowKernel('softmax', ['logits']),
  cost: rowCost,
});

const logSoftmaxOp = defineOp<NoAttributes>({
  name: 'logSoftmax',
  infer: ([x]) => checkedLogits('logSoftmax', x),
  composite: ([x]) => (isWide(x.dtype) ? logProbabilitiesOf(x) : null),
  derivative: ({ output, gradient }) => [subtract(gradient, multiply(exp(output), sumOfRow(gradient)))],
  kernel: rowKernel('log_softmax', ['logits']),
  cost: rowCost,
});

const crossEntropyOp = defineOp<NoAttributes>({
  name: 'softmaxCrossEntropy',
  infer([logits, labels]) {
    checkedLogits('softmaxCrossEntropy', logits);
    const fits = logits.shape.length === 2 && labels.shape.length === 1 && labels.shape[0] === logits.shape[0];
    if (!fits || labels.dtype !== 'i32')
      throw new ShapeError(
        `softmaxCrossEntropy takes floats [N, K] and i32[N], not ${describe(logits)} and ${describe(labels)}`,
      );
    return { shape: labels.shape, dtype: logits.dtype };
  },
  composite: ([logits, labels]) => (isWide(logits.dtype) ? ofLabel(negate(logProbabilitiesOf(logits)), labels) : null),
  derivative: ({ inputs: [logits, labels], gradient }) => [softmaxCrossEntropyGradient(logits, labels, gradient), null],
  kernel: rowKernel('cross_entropy', ['logits', 'labels']),
  cost: rowCost,
});

const crossEntropyGradientOp = defineOp<NoAttributes>({
  name: 'softmaxCrossEntropyGradient',
  infer: ([logits]) => logits,
  composite: ([logits, labels, gradient]) =>
    isWide(logits.dtype) ? crossEntropyGradientComposite(logits, labels, gradient) : null,
  derivative: ({ inputs: [logits, labels, outer], gradient }) => {
    const column = reshape(outer, [outer.size, 1]);
    const perUnit = softmaxCrossEntropyGradient(logits, labels, fill(outer.shape, 1, outer.dtype));
    return [multiply(softmaxGradient(softmax(logits), gradient), column), null, sum(multiply(gradient, perUnit), [1])];
  },
  kernel: rowKernel('cross_entropy_gradient', ['logits', 'labels', 'gradient']),
  cost: rowCost,
});

/** Gradient of Σ gradient · p by x, p = softmax(x): p · (gradient - Σ gradient · p). */
const softmaxGradient = (probabilities: Node, gradient: Node): Node =>
  multiply(probabilities, subtract(gradient, sumOfRow(multiply(gradient, probabilities))));

/** By simpler ops, for formats that the kernels do not take. */
const exponentialsOf = (x: Node): Node => exp(subtract(x, max(x, [-1], { keepDims: true })));

function probabilitiesOf(x: Node): Node {
  const exponentials = exponentialsOf(x);
  return divide(exponentials, sumOfRow(exponentials));
}

function logProbabilitiesOf(x: Node): Node {
  const shifted = subtract(x, max(x, [-1], { keepDims: true }));
  return subtract(shifted, log(sumOfRow(exp(shifted))));
}

/** The value of each sample's class; NaN where there is no such class. */
function ofLabel(values: Node, labels: Node): Node {
  const atLabels = where(cast(oneHot(labels, values.shape[1]), 'bool'), values, fill([], 0, values.dtype));
  return whereKnown(labels, values.shape[1], sum(atLabels, [1]));
}

function crossEntropyGradientComposite(logits: Node, labels: Node, gradient: Node): Node {
  const rows = cast(oneHot(labels, logits.shape[1]), logits.dtype);
  const column = whereKnown(labels, logits.shape[1], gradient);
  return multiply(subtract(probabilitiesOf(logits), rows), reshape(column, [column.size, 1]));
}

/** A number for each sample; NaN where its label is no class. */
function whereKnown(labels: Node, classes: number, values: Node): Node {
  const known = logicalAnd(greaterEqual(labels, fill([], 0, 'i32')), less(labels, fill([], classes, 'i32')));
  return where(known, values, fill([], Number.NaN, values.dtype));
}

const sumOfRow = (x: Node): Node => sum(x, [-1], { keepDims: true });

function checkedLogits(name: string, x: TensorType): TensorType {
  if (x.shape.length === 0 || !formats[x.dtype].floating)
    throw new ShapeError(`${name} takes rows of floats, not ${describe(x)}`);
  return x;
}

/** A workgroup for each row of the first input; `variables` are the shader's names of the inputs. */
function rowKernel(entry: string, variables: readonly string[]): KernelOp<NoAttributes>['kernel'] {
  return ({ inputs, output, capabilities }) => {
    const [{ size, shape }] = inputs;
    const classes = shape[shape.length - 1];
    const rows = size / classes;
    return {
      shader,
      entry,
      constants: laneConstants(capabilities),
      bind: { ...Object.fromEntries(variables.map((variable, i) => [variable, inputs[i]])), output },
      sizes: { rows, classes },
      grid: foldedGrid(rows),
    };
  };
}

/** A comparison, a subtraction, an exponential and a sum for each logit, and as much again for what is made of them. */
function rowCost({ inputs, output }: Parameters<KernelOp<NoAttributes>['cost']>[0]) {
  return { flops: 8 * inputs[0].size, bytes: inputs.reduce((total, { bytes }) => total + bytes, output.bytes) };
}
