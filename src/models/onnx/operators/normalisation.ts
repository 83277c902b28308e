import {
  abs,
  add,
  batchNorm,
  batchNormInference,
  batchNormStatistics,
  divide,
  equal,
  expand,
  fill,
  groupNorm,
  instanceNorm,
  layerNorm,
  mean,
  multiply,
  type Node,
  offset,
  reciprocal,
  reshape,
  sameShape,
  slice,
  sqrt,
  square,
  subtract,
  sum,
  where,
} from '../../../engine/index.ts';
import { axisOf } from '../graph/axes.ts';
import type { Call } from '../graph/call.ts';
import type { Value } from '../graph/value.ts';
import { defineOperator, type Operator } from './defineOperator.ts';

/** Batch, instance, group, layer and root-mean-square normalisation. */

/** [N, C, …] as [N, C, H, W]. */
function asImages(x: Node): Node {
  const [images, channels, ...rest] = x.shape;
  const [height = 1, ...others] = rest;
  return reshape(x, [images, channels, height, others.reduce((product, length) => product * length, 1)]);
}

/** The factor of a normalisation, which a training from the start begins as 1. */
const factor = (call: Call, index: number): Node => call.parameter(index, 'scale') ?? call.node(index);

/** A running statistic: state of the model where it is an initialiser that nothing else reads. */
const statistic = (call: Call, index: number): Node => call.parameter(index, 'state') ?? call.fixed(index);

function batchNormalisation(call: Call): Node {
  if (call.opset < 9 && call.int('spatial', 1) !== 1)
    call.fail('statistics for each pixel (spatial=0) are not supported');
  // In a network it is the training or the evaluation that decides.
  const trains = call.opset < 7 ? call.int('is_test', 0) === 0 : call.int('training_mode', 0) !== 0;
  if (call.lowering.floats === null && trains) call.fail('training mode is not supported');
  const whole = call.node(0);
  const epsilon = call.float('epsilon', 1e-5);
  const x = asImages(whole);
  const [gamma, beta] = [factor(call, 1), call.node(2)];
  const running = [statistic(call, 3), statistic(call, 4)] as const;
  const [meanName, varianceName] = [3, 4].map((index) => call.input(index).initialiser);
  if (!call.lowering.training || meanName === undefined || varianceName === undefined)
    return reshape(batchNormInference(x, gamma, beta, ...running, { epsilon }), whole.shape);
  const statistics = batchNormStatistics(x, { epsilon });
  const channels = x.shape[1];
  const row = (index: number) => reshape(slice(statistics, [index, 0], [index + 1, channels]), [channels]);
  // The variance that is remembered is the unbiased estimate, as in PyTorch.
  call.lowering.observe(meanName, row(0));
  call.lowering.observe(varianceName, row(3));
  return reshape(batchNorm(x, statistics, gamma, beta), whole.shape);
}

const axesFrom = (first: number, { shape }: Node): number[] => shape.map((_, axis) => axis).slice(first);

/** Whether a tensor of the file holds one number only. */
function holdsOnly(call: Call, index: number, number: number): boolean {
  const { data } = call.input(index).peek?.() ?? {};
  return data?.every((value: number) => value === number) ?? false;
}

/** Factors of 1 and shifts of 0 are no parameters: exporters write them where a network has none, and in a group norm taken apart. */
function instanceNormalisation(call: Call): Node {
  const x = call.node(0);
  const epsilon = call.float('epsilon', 1e-5);
  if (holdsOnly(call, 1, 1) && holdsOnly(call, 2, 0)) return instanceNorm(x, { epsilon });
  return instanceNorm(x, { weight: factor(call, 1), bias: call.node(2), epsilon });
}

function groupNormalisation(call: Call): Node {
  const x = call.node(0);
  const [, channels] = x.shape;
  const groups = call.int('num_groups');
  // Until opset 21 each group has its factor, then each channel.
  const ofChannels = (values: Node) => {
    if (call.opset >= 21 || values.size !== groups) return values;
    return reshape(expand(reshape(values, [groups, 1]), [groups, channels / groups]), [channels]);
  };
  const [weight, bias] = [ofChannels(factor(call, 1)), ofChannels(call.node(2))];
  return groupNorm(x, { groups, weight, bias, epsilon: call.float('epsilon', 1e-5) });
}

function layerNormalisation(call: Call): Value[] {
  const x = call.node(0);
  const axes = axesFrom(axisOf(call, call.int('axis', -1), x.shape.length), x);
  const epsilon = call.float('epsilon', 1e-5);
  const across = axes.map((axis) => x.shape[axis]);
  const parameters = [factor(call, 1), ...(call.has(2) ? [call.node(2)] : [])];
  const isWhole = parameters.every(({ shape }) => sameShape(shape, across));
  if (call.outputs === 1 && isWhole) {
    const [weight, bias] = parameters;
    return [call.output(layerNorm(x, { axes, weight, bias, epsilon }))];
  }
  const average = mean(x, axes, { keepDims: true });
  const centred = subtract(x, average);
  const variance = mean(square(centred), axes, { keepDims: true });
  const inverse = reciprocal(sqrt(offset(variance, epsilon)));
  const [weight, ...bias] = parameters;
  const y = bias.reduce(add, multiply(multiply(centred, inverse), weight));
  return [y, average, inverse].map((node) => call.output(node));
}

function rootMeanSquareNormalisation(call: Call): Node {
  const x = call.node(0);
  const axes = axesFrom(axisOf(call, call.int('axis', -1), x.shape.length), x);
  const power = mean(square(x), axes, { keepDims: true });
  return multiply(divide(x, sqrt(offset(power, call.float('epsilon', 1e-5)))), factor(call, 1));
}

function meanVarianceNormalisation(call: Call): Node {
  const x = call.node(0);
  const axes = call.ints('axes', [0, 2, 3]).map((axis) => axisOf(call, axis, x.shape.length));
  const centred = subtract(x, mean(x, axes, { keepDims: true }));
  const deviation = sqrt(mean(square(centred), axes, { keepDims: true }));
  return divide(centred, add(deviation, fill([], 1e-9, x.dtype)));
}

const normalisation = (
  name: string,
  since: readonly number[],
  compute: (call: Call) => Node,
  without?: string,
): Operator => defineOperator({ name, since, without, lower: (call) => call.output(compute(call)) });

/** x over its L1 or L2 norm along an axis; a norm of 0 leaves zeros. */
function lpNormalisation(call: Call): Node {
  const x = call.node(0);
  const axis = axisOf(call, call.int('axis', -1), x.shape.length);
  const total = (y: Node) => sum(y, [axis], { keepDims: true });
  const norm = call.int('p', 2) === 1 ? total(abs(x)) : sqrt(total(square(x)));
  const isZero = equal(norm, fill(norm.shape, 0, norm.dtype));
  return divide(x, where(isZero, fill(norm.shape, 1, norm.dtype), norm));
}

export const normalisations: readonly Operator[] = [
  normalisation('BatchNormalization', [6, 7, 9], batchNormalisation, 'outputs of training mode'),
  normalisation('InstanceNormalization', [6], instanceNormalisation),
  normalisation('GroupNormalization', [18, 21], groupNormalisation),
  defineOperator({ name: 'LayerNormalization', since: [17], lower: layerNormalisation }),
  normalisation('RMSNormalization', [23], rootMeanSquareNormalisation),
  normalisation('LpNormalization', [6], lpNormalisation),
  normalisation('MeanVarianceNormalization', [9], meanVarianceNormalisation),
];
