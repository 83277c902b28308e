import type { Node } from '../../graph/op.ts';
import {
  add,
  divide,
  fill,
  multiply,
  offset,
  relu,
  scale,
  sqrt,
  square,
  subtract,
} from '../elementwise/elementwise.ts';
import { sum } from '../reduce/sum.ts';
import { concatenate, reshape } from '../shape/shape.ts';
import {
  type BatchNormAttributes,
  countOf,
  meanAndInverse,
  namedInputs,
  perChannel,
  throughReluOf,
} from './operands.ts';

/** Batch normalisation by simpler ops, for formats that its kernels do not take. In f64 every sum is rounded once. */

const overPlanes = [0, 2, 3];

const tableOf = (rows: readonly Node[]): Node =>
  concatenate(
    rows.map((row) => reshape(row, [1, row.size])),
    0,
  );

/** The table of `batchNormStatistics`. */
export function statisticsComposite(x: Node, epsilon: number): Node {
  const count = countOf(x.shape);
  const over = (total: Node, divisor: number) => divide(total, fill(total.shape, divisor, total.dtype));
  const mean = over(sum(x, overPlanes), count);
  const squares = sum(square(subtract(x, perChannel(mean))), overPlanes);
  const variance = over(squares, count);
  const inverse = divide(fill(variance.shape, 1, x.dtype), sqrt(offset(variance, epsilon)));
  return tableOf([mean, variance, inverse, over(squares, Math.max(1, count - 1))]);
}

const normalised = (inputs: readonly Node[], attributes: BatchNormAttributes): Node => {
  const { x, gamma, beta, moments } = namedInputs(inputs, attributes);
  const { mean, inverse } = meanAndInverse(moments, attributes);
  const normal = multiply(subtract(x, perChannel(mean)), perChannel(inverse));
  return add(multiply(normal, perChannel(gamma)), perChannel(beta));
};

export function normaliseComposite(inputs: readonly Node[], attributes: BatchNormAttributes): Node {
  const { further } = namedInputs(inputs, attributes);
  const result = further.reduce(add, normalised(inputs, attributes));
  return attributes.relu ? relu(result) : result;
}

/** The gradient, taken through ReLU: the first input that an op has beside those of batch norm. */
function slopeOf(inputs: readonly Node[], attributes: BatchNormAttributes): Node {
  const [gradient] = namedInputs(inputs, attributes).further;
  return attributes.relu ? throughReluOf(normalised(inputs, attributes), gradient) : gradient;
}

export function gradientSumsComposite(inputs: readonly Node[], attributes: BatchNormAttributes): Node {
  const { x, moments } = namedInputs(inputs, attributes);
  const { mean, inverse } = meanAndInverse(moments, attributes);
  const slope = slopeOf(inputs, attributes);
  const weighted = sum(multiply(slope, subtract(x, perChannel(mean))), overPlanes);
  return tableOf([sum(slope, overPlanes), multiply(weighted, inverse)]);
}

export function inputGradientComposite(inputs: readonly Node[], attributes: BatchNormAttributes): Node {
  const { x, gamma, moments, further } = namedInputs(inputs, attributes);
  const { mean, inverse } = meanAndInverse(moments, attributes);
  const [, sums] = further;
  const slope = slopeOf(inputs, attributes);
  const factor = perChannel(multiply(inverse, gamma));
  if (sums === undefined) return multiply(slope, factor);
  const means = scale(sums, 1 / countOf(x.shape));
  const normal = multiply(subtract(x, perChannel(mean)), perChannel(inverse));
  return multiply(subtract(slope, add(perChannel(means, 0), multiply(normal, perChannel(means, 1)))), factor);
}
