import { apply, defineOp } from '../graph/graph.ts';
import {
  type Applied,
  type Attributes,
  appliedText,
  type KernelOp,
  type Node,
  type Op,
  type OpDefinition,
} from '../graph/op.ts';
import { elements, type TensorType } from '../graph/shape.ts';

interface JoinedAttributes extends Attributes {
  /** Attributes of the op itself. */
  readonly own: Attributes;
  /** Which of the op's variants has agreed to compute its neighbours along; undefined: the default. */
  readonly variant?: string;
  /** For each of the op's inputs, what makes it of the input in its place; null: it is that input. */
  readonly before: readonly (Applied | null)[];
  /** What is done to the op's result; its further operands are the inputs behind the op's own. */
  readonly after: Applied | null;
}

/** An operand as numbers of another type that lie in the same memory. */
const as = <T extends { readonly bytes: number }>(operand: T, type: TensorType) => ({
  ...operand,
  shape: type.shape,
  dtype: type.dtype,
  size: elements(type.shape),
});

const typeOf = ({ op, attributes }: Applied, inputs: readonly TensorType[]): TensorType => op.infer(inputs, attributes);

/** An op whose kernels compute its neighbours along. */
const joinedOp = (op: KernelOp<Attributes>): Op<JoinedAttributes> =>
  defineOp<JoinedAttributes>({
    name: op.name,
    derivative: null,
    infer: (inputs, { own, before, after }) => {
      const read = before.map((each, i) => (each === null ? inputs[i] : typeOf(each, [inputs[i]])));
      const result = op.infer(read, own);
      return after === null ? result : typeOf(after, [result, ...inputs.slice(before.length)]);
    },
    kernel: (context) => {
      const { own, variant, before, after } = context.attributes;
      const inputs = before.map((each, i) => {
        const operand = context.inputs[i];
        return each === null
          ? operand
          : { ...as(operand, typeOf(each, [operand])), through: { ...each, operands: [] } };
      });
      const operands = context.inputs.slice(before.length);
      const output =
        after === null
          ? context.output
          : { ...as(context.output, op.infer(inputs, own)), through: { ...after, operands } };
      return op.kernel({ ...context, inputs, output, attributes: own, variant });
    },
    cost: ({ inputs, output, attributes: { own, before, after } }) => {
      const read = before.map((each, i) => (each === null ? inputs[i] : as(inputs[i], typeOf(each, [inputs[i]]))));
      const others = inputs.slice(before.length);
      const result = as(output, op.infer(read, own));
      const { flops, bytes } = op.cost({ inputs: read, output: result, attributes: own });
      const along = after?.op.cost({ inputs: [result, ...others], output, attributes: after.attributes });
      const more = along === undefined ? 0 : (along.alongFlops ?? along.flops);
      return { flops: flops + more, bytes: others.reduce((sum, each) => sum + each.bytes, bytes) };
    },
    format: (operands, { own, before, after }) => {
      const read = before.map((each, i) => (each === null ? operands[i] : appliedText(each, [operands[i]])));
      const result = appliedText({ op, attributes: own }, read);
      return after === null ? result : appliedText(after, [result, ...operands.slice(before.length)]);
    },
  });

const made = new WeakMap<KernelOp<Attributes>, Op<JoinedAttributes>>();
/** The ops that joined ones were made of. */
const owns = new WeakMap<OpDefinition, KernelOp<Attributes>>();

/** An op applied together with its neighbours, which its `prologue` and `epilogue` have agreed to; gradients were taken before. */
export function joined(op: KernelOp<Attributes>, inputs: readonly Node[], attributes: JoinedAttributes): Node {
  const known = made.get(op) ?? joinedOp(op);
  made.set(op, known);
  owns.set(known.definition, op);
  return known(inputs, attributes);
}

/** What an op computes, be it joined or not, as nodes of the ops that it stands for. */
export function applySeparately(op: OpDefinition, inputs: readonly Node[], attributes: Attributes): Node {
  const joinedFrom = owns.get(op);
  if (joinedFrom === undefined) return apply(op, inputs, attributes);
  const { own, before, after } = attributes as JoinedAttributes;
  const read = before.map((each, i) => (each === null ? inputs[i] : apply(each.op, [inputs[i]], each.attributes)));
  const result = apply(joinedFrom, read, own);
  return after === null ? result : apply(after.op, [result, ...inputs.slice(before.length)], after.attributes);
}
