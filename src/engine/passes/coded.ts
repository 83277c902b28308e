import { defineOp } from '../graph/graph.ts';
import type { Attributes, KernelOp, Node, Op, Operand } from '../graph/op.ts';
import { elements, type Shape, type TensorType } from '../graph/shape.ts';
import { codesOf } from '../ops/quantise/quantise.ts';

/** What becomes of the numbers that a kernel computes: they are rounded to f16, as f32 or as codes, or they stay as they are. */
export type Result = 'codes' | 'rounded' | 'plain';

interface CodedAttributes extends Attributes {
  /** Of the op itself. */
  readonly own: Attributes;
  /** Of each input that is codes, the shape of the numbers; null: the input is numbers. */
  readonly shapes: readonly (Shape | null)[];
  readonly result: Result;
}

/** The numbers that inputs stand for. */
const decoded = (inputs: readonly TensorType[], shapes: CodedAttributes['shapes']): TensorType[] =>
  inputs.map((input, i) => typeOf(input, shapes[i]));

const typeOf = (input: TensorType, shape: Shape | null): TensorType =>
  shape === null ? input : { shape, dtype: 'f32' };

const sized = (type: TensorType, { bytes }: { readonly bytes: number }) => ({
  ...type,
  size: elements(type.shape),
  bytes,
});

/**
 * An op that says of its kernels that they read or write codes of f16 (`KernelOp.codes`), doing so: it saves the passes over memory that
 * only decode and encode. `joinCodes` makes such nodes, after gradients were taken.
 */
function codedOp(op: KernelOp<Attributes>): Op<CodedAttributes> {
  return defineOp<CodedAttributes>({
    name: op.name,
    derivative: null,
    infer: (inputs, { own, shapes, result }) => {
      const type = op.infer(decoded(inputs, shapes), own);
      return result === 'codes' ? codesOf(type) : type;
    },
    kernel: (context) => {
      const { own, shapes, result } = context.attributes;
      const inputs = context.inputs.map(
        (input, i): Operand => (shapes[i] === null ? input : { ...input, ...stored(input, shapes[i], 'codes') }),
      );
      const { shape } = op.infer(inputs, own);
      const output =
        result === 'plain' ? context.output : { ...context.output, ...stored(context.output, shape, result) };
      return op.kernel({ ...context, inputs, output, attributes: own });
    },
    format: (operands, { shapes, result }) => {
      const read = operands.map((text, i) => (shapes[i] === null ? text : `${text} as f16[${shapes[i].join(', ')}]`));
      const applied = `${op.name}(${read.join(', ')})`;
      return result === 'plain' ? applied : `${applied} ${result === 'codes' ? 'as codes of f16' : 'rounded to f16'}`;
    },
    cost: ({ inputs, output, attributes: { own, shapes } }) => {
      const read = inputs.map((input, i) => sized(typeOf(input, shapes[i]), input));
      return op.cost({ inputs: read, output: sized(op.infer(read, own), output), attributes: own });
    },
  });
}

const stored = (operand: Operand, shape: Shape, as: 'codes' | 'rounded') => ({
  ...sized({ shape, dtype: 'f32' }, operand),
  stored: as,
});

const made = new Map<KernelOp<Attributes>, Op<CodedAttributes>>();

/** The op applied to codes of f16 in the place of some inputs, its result stored as it is said. */
export function coded(op: KernelOp<Attributes>, inputs: readonly Node[], attributes: CodedAttributes): Node {
  const known = made.get(op) ?? codedOp(op);
  made.set(op, known);
  return known(inputs, attributes);
}
