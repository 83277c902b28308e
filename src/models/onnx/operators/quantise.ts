import { add, cast, clamp, divide, multiply, type Node, reshape, round, subtract } from '../../../engine/index.ts';
import { detach } from '../../training/adversary.ts';
import { type ElementType, elementTypeOf, isFloating } from '../format/elementType.ts';
import { axisOf } from '../graph/axes.ts';
import type { Call } from '../graph/call.ts';
import { computed, type Value } from '../graph/value.ts';
import { defineOperator, type Operator } from './defineOperator.ts';

/**
 * Numbers as whole multiples of a scale, and back. In a network the multiples stay numbers with fractions, and rounding has the slope 1
 * within the range (the straight-through estimator of Bengio et al., arXiv 1308.3432): its true slope, 0, would stop every attack.
 */

/** The range of each type that numbers are quantised to. */
const RANGES: Partial<Record<ElementType, readonly [number, number]>> = {
  uint4: [0, 15],
  int4: [-8, 7],
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
};

/** A scale or zero point: one number, or one for each entry of an axis. */
function alongAxis(call: Call, index: number, x: Node): Node {
  const values = cast(call.fixed(index), x.dtype);
  if (values.size === 1) return reshape(values, []);
  const axis = axisOf(call, call.int('axis', 1), x.shape.length);
  if (values.shape.length !== 1 || values.size !== x.shape[axis])
    call.fail(
      `its input ${index} is [${values.shape.join(', ')}]; one number, or one for each entry of axis ${axis}, is supported`,
    );
  return reshape(
    values,
    x.shape.map((length, i) => (i === axis ? length : 1)),
  );
}

function quantised(call: Call): Value {
  const x = call.node(0);
  const type = call.has(2) ? call.input(2).type : (elementTypeOf(call.int('output_dtype', 2)) ?? 'uint8');
  const [low, high] = RANGES[type] ?? call.fail(`quantising to ${type} is not supported`);
  if (call.int('block_size', 0) !== 0) call.fail('scales of blocks (block_size) are not supported');
  const scaled = divide(x, alongAxis(call, 1, x));
  // Rounded before the zero point is added, as ONNX says: of two neighbours, the even one.
  const whole = add(scaled, detach(subtract(round(scaled), scaled)));
  const shifted = clamp(call.has(2) ? add(whole, alongAxis(call, 2, x)) : whole, low, high);
  return computed(type, call.lowering.floats === null ? cast(shifted, call.format(type)) : shifted);
}

function dequantised(call: Call): Value {
  const type = call.input(1).type;
  const x = cast(call.node(0), call.format(type));
  if (call.int('block_size', 0) !== 0) call.fail('scales of blocks (block_size) are not supported');
  const centred = call.has(2) ? subtract(x, alongAxis(call, 2, x)) : x;
  return computed(isFloating(type) ? type : 'float', multiply(centred, alongAxis(call, 1, x)));
}

export const quantisations: readonly Operator[] = [
  defineOperator({
    name: 'QuantizeLinear',
    since: [10, 13],
    without: 'blocks; 8-bit floats',
    moves: true,
    lower: quantised,
  }),
  defineOperator({ name: 'DequantizeLinear', since: [10, 13], without: 'blocks', lower: dequantised }),
];
