import { ShapeError } from '../../errors.ts';
import { type DType, isSmall } from '../../graph/dtype.ts';
import type { Attributes, NoAttributes, Node, Op } from '../../graph/op.ts';
import type { Shape } from '../../graph/shape.ts';
import { expand } from '../reduce/sum.ts';
import { convert } from './convert.ts';
import { defineElementwise, type Elementwise } from './fused.ts';

/** How elementwise ops are declared, and the tensor of one value, which their derivatives need. */

/** The shape that shapes broadcast to. @throws ShapeError */
function broadcastShape(name: string, nodes: readonly Node[]): Shape {
  const rank = Math.max(...nodes.map(({ shape }) => shape.length));
  return Array.from({ length: rank }, (_, i) => {
    const lengths = new Set(nodes.map(({ shape }) => shape[i - rank + shape.length] ?? 1));
    lengths.delete(1);
    if (lengths.size > 1)
      throw new ShapeError(
        `${name}: ${nodes.map(({ shape }) => `[${shape.join(', ')}]`).join(' and ')} do not broadcast`,
      );
    return lengths.values().next().value ?? 1;
  });
}

export function broadcast(name: string, nodes: readonly Node[]): Node[] {
  const shape = broadcastShape(name, nodes);
  return nodes.map((node) => expand(node, shape));
}

/** An op on operands of one format, out of those allowed; its result has it too, unless it is said. */
interface Uniform<A extends Attributes> extends Omit<Elementwise<A>, 'dtype' | 'flops'> {
  readonly formats: readonly DType[];
  readonly result?: DType;
  readonly flops?: number;
}

export const define = <A extends Attributes>({ formats: allowed, result, ...operation }: Uniform<A>): Op<A> =>
  defineElementwise<A>({
    flops: 1,
    ...operation,
    dtype: (operands) => {
      const [dtype] = operands;
      if (operands.some((other) => other !== dtype) || !allowed.includes(dtype)) {
        const found = operands.join(', ');
        throw new ShapeError(
          `${operation.name} takes operands of one format out of ${allowed.join(', ')}, not ${found}`,
        );
      }
      return result ?? dtype;
    },
  });

export function binary(operation: Uniform<NoAttributes>): (a: Node, b: Node) => Node {
  const op = define(operation);
  return (a, b) => op(broadcast(operation.name, [a, b]), {});
}

export function unary(operation: Uniform<NoAttributes>): (x: Node) => Node {
  const op = define(operation);
  return (x) => op([x], {});
}

export const floats = ['f32', 'f32x2', 'f64', 'f16', 'f8e4m3', 'f8e5m2'] as const;
export const signed = [...floats, 'i32'] as const;
export const numbers = [...signed, 'u32'] as const;

/** A function of the module of a format of two words, of all operands and numbers. */
export const call =
  (name: string): Elementwise<NoAttributes>['wide'] =>
  (operands, { T, scalars }) =>
    `${T}_${name}(${[...operands, ...scalars].join(', ')})`;

const fillOp = defineElementwise<{ shape: Shape; value: number; dtype: DType }>({
  name: 'fill',
  dtype: (_, { dtype }) => dtype,
  scalars: ({ value }) => [value],
  expression: (_, { scalars: [value] }) => value,
  wide: (_, { scalars: [value] }) => value,
  derivative: null,
  flops: 0,
});

/** A tensor of one value. */
export const fill = (shape: Shape, value: number, dtype: DType = 'f32'): Node =>
  isSmall(dtype)
    ? convert(fillOp([], { shape: [...shape], value, dtype: 'f32' }), dtype)
    : fillOp([], { shape: [...shape], value, dtype });

/** Whether a node is one value throughout: a number of a kernel, not memory. */
export const isFill = ({ op }: Node): boolean => op === fillOp.definition;

/** Zeros of the shape and format of another tensor. */
export const zeros = ({ shape, dtype }: Node): Node => fill(shape, 0, dtype);
