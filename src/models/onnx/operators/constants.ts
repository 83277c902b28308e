import { cast, decodeF16, elements, encodeF16, fill } from '../../../engine/index.ts';
import { type ElementType, elementTypeOf } from '../format/elementType.ts';
import { type HostTensor, roundToBfloat16 } from '../format/tensor.ts';
import type { Call } from '../graph/call.ts';
import { MOST_ON_HOST, mapped } from '../graph/host.ts';
import { computed, constant, hostTensor } from '../graph/value.ts';
import { defineOperator, type Operator } from './defineOperator.ts';

/** Operators that give constants, shapes, and conversions between types. */

function constantOf(call: Call): HostTensor {
  if (call.attribute('value')) return call.tensor('value');
  if (call.attribute('value_float')) return hostTensor('float', [], [call.float('value_float')]);
  if (call.attribute('value_int')) return hostTensor('int64', [], [call.int('value_int')]);
  if (call.attribute('value_floats')) {
    const numbers = call.floats('value_floats');
    return hostTensor('float', [numbers.length], numbers);
  }
  if (call.attribute('value_ints')) {
    const numbers = call.ints('value_ints');
    return hostTensor('int64', [numbers.length], numbers);
  }
  return call.fail('its constant is text or sparse, which is not supported');
}

function range(call: Call): HostTensor {
  const [start, limit, delta] = [0, 1, 2].map((index) => call.numbers(index)[0]);
  const length = Math.max(0, Math.ceil((limit - start) / delta));
  if (!(length <= MOST_ON_HOST)) call.fail(`it has ${length} numbers; at most ${MOST_ON_HOST} are supported`);
  return hostTensor(
    call.input(0).type,
    [length],
    Array.from({ length }, (_, i) => start + i * delta),
  );
}

/** The shape of the input, or its part from one axis to another. */
function shapeOf(call: Call): number[] {
  const { shape } = call.input(0);
  const end = call.attribute('end') ? call.int('end') : shape.length;
  return shape.slice(call.int('start', 0), end);
}

/** A type that numbers are cast to. @throws InputError when such a cast is not supported */
function castable(call: Call, type: ElementType): ElementType {
  if (type === 'int4' || type === 'uint4') call.fail(`a cast to ${type} is not supported`);
  if (call.int('saturate', 1) === 0) call.fail('a cast that does not saturate is not supported');
  return type;
}

function castType(call: Call): ElementType {
  const code = call.int('to');
  return castable(call, elementTypeOf(code) ?? call.fail(`its type, number ${code}, is not supported`));
}

/** Numbers as another type on the host: towards zero to integers, not equal to 0 to bool. */
function converted(x: HostTensor, to: ElementType): HostTensor | undefined {
  switch (to) {
    case 'bool':
      return mapped(to, [x], (value) => Number(value !== 0));
    case 'float':
    case 'double':
      return mapped(to, [x], (value) => value);
    case 'float16':
      return mapped(to, [x], (value) => decodeF16(encodeF16(value)));
    case 'bfloat16':
      return mapped(to, [x], roundToBfloat16);
    case 'float8e4m3fn':
    case 'float8e5m2':
      return undefined;
    default:
      return mapped(to, [x], Math.trunc);
  }
}

function filled(call: Call) {
  const shape = call.numbers(0);
  const value = call.attribute('value') ? call.tensor('value') : hostTensor('float', [1], [0]);
  return { shape, type: value.type, number: value.data[0] };
}

export const constants: readonly Operator[] = [
  defineOperator({
    name: 'Constant',
    since: [6, 12],
    moves: true,
    without: 'text and sparse tensors',
    lower: (call) => constant(constantOf(call), call.lowering.floats),
    fold: constantOf,
  }),
  defineOperator({
    name: 'ConstantOfShape',
    since: [9],
    moves: true,
    lower: (call) => {
      const { shape, type, number } = filled(call);
      return computed(type, fill(shape, number, call.format(type)));
    },
    fold: (call) => {
      const { shape, type, number } = filled(call);
      return elements(shape) <= MOST_ON_HOST ? hostTensor(type, shape, Array(elements(shape)).fill(number)) : undefined;
    },
  }),
  defineOperator({
    name: 'Range',
    since: [11],
    moves: true,
    lower: (call) => constant(range(call), call.lowering.floats),
    fold: range,
  }),
  defineOperator({
    name: 'Shape',
    since: [6, 15],
    moves: true,
    lower: (call) => {
      const shape = shapeOf(call);
      return constant(hostTensor('int64', [shape.length], shape), null);
    },
  }),
  defineOperator({
    name: 'Size',
    since: [6],
    moves: true,
    lower: (call) => constant(hostTensor('int64', [], [elements(call.input(0).shape)]), null),
  }),
  defineOperator({
    name: 'Cast',
    since: [6],
    without: 'to 4 bits; without saturation; to bfloat16 it rounds constants alone',
    lower: (call) => {
      const type = castType(call);
      return computed(type, cast(call.node(0), call.format(type)));
    },
    fold: (call, [x]) => x && converted(x, castType(call)),
  }),
  defineOperator({
    name: 'CastLike',
    since: [15],
    lower: (call) => {
      const type = castable(call, call.input(1).type);
      return computed(type, cast(call.node(0), call.format(type)));
    },
    fold: (call, [x, like]) => x && like && converted(x, castable(call, like.type)),
  }),
];
