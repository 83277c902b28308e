import type { Node } from '../../../engine/index.ts';
import { ELEMENT_TYPES, type ElementType } from '../format/elementType.ts';
import { formatOf } from '../graph/value.ts';
import type { NodeWriter } from './writing.ts';

/** Elementwise ops, and the operators that compute the same. */

const SAME: Readonly<Record<string, string>> = {
  abs: 'Abs',
  add: 'Add',
  ceil: 'Ceil',
  divide: 'Div',
  equal: 'Equal',
  erf: 'Erf',
  exp: 'Exp',
  floor: 'Floor',
  greater: 'Greater',
  greaterEqual: 'GreaterOrEqual',
  isNan: 'IsNaN',
  less: 'Less',
  lessEqual: 'LessOrEqual',
  log: 'Log',
  logicalAnd: 'And',
  logicalNot: 'Not',
  logicalOr: 'Or',
  logicalXor: 'Xor',
  maximum: 'Max',
  minimum: 'Min',
  multiply: 'Mul',
  negate: 'Neg',
  pow: 'Pow',
  relu: 'Relu',
  round: 'Round',
  sigmoid: 'Sigmoid',
  sign: 'Sign',
  softplus: 'Softplus',
  sqrt: 'Sqrt',
  subtract: 'Sub',
  tanh: 'Tanh',
  where: 'Where',
};

const same =
  (opType: string): NodeWriter =>
  ({ inputs }, writing) =>
    writing.emit(
      opType,
      inputs.map((input) => writing.operand(input, inputs)),
    );

/** Types by the formats that graphs of f32 have. */
const typeOf = ({ dtype }: Node): ElementType | undefined =>
  (['float', 'int32', 'uint32', 'bool'] as const).find((type) => formatOf(type, null) === dtype);

export const elementwise: readonly (readonly [op: string, write: NodeWriter])[] = [
  ...Object.entries(SAME).map(([op, opType]) => [op, same(opType)] as const),
  ['square', ({ inputs: [x] }, writing) => writing.emit('Mul', [writing.name(x), writing.name(x)])],
  [
    'scale',
    ({ inputs: [x], attributes }, writing) =>
      writing.emit('Mul', [writing.name(x), writing.number(attributes.factor as number)]),
  ],
  [
    'offset',
    ({ inputs: [x], attributes }, writing) =>
      writing.emit('Add', [writing.name(x), writing.number(attributes.distance as number)]),
  ],
  [
    'clamp',
    ({ inputs: [x], attributes }, writing) => {
      const bounds = [attributes.low, attributes.high].map(Number);
      return writing.emit('Clip', [
        writing.name(x),
        ...bounds.map((bound) => (Number.isFinite(bound) ? writing.number(bound) : '')),
      ]);
    },
  ],
  // ONNX has neither: near 0 these are off by a rounding of 1, which the sums that they stand in mostly have as well.
  [
    'expm1',
    ({ inputs: [x] }, writing) => writing.emit('Sub', [writing.emit('Exp', [writing.name(x)]), writing.number(1)]),
  ],
  [
    'log1p',
    ({ inputs: [x] }, writing) => writing.emit('Log', [writing.emit('Add', [writing.name(x), writing.number(1)])]),
  ],
  ['notEqual', (node, writing) => writing.emit('Not', [same('Equal')(node, writing)])],
  [
    'cast',
    (node, writing) => {
      const type = typeOf(node) ?? writing.fail(node, `the format ${node.dtype} is not written`);
      return writing.emit('Cast', [writing.name(node.inputs[0])], { to: ELEMENT_TYPES[type].code });
    },
  ],
];
