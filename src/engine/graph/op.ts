import type { Capabilities } from './capabilities.ts';
import { byteLength, type DType } from './dtype.ts';
import { elements, type Shape, type TensorType } from './shape.ts';
import type { View } from './view.ts';

/** A value of the graph: an op applied to other values. Immutable; equal applications are one node (hash-consing). */
export class Node implements TensorType {
  private static count = 0;
  /** Increases along every path of the graph: inputs have smaller numbers than their consumers. */
  readonly id: number = ++Node.count;
  readonly size: number;
  readonly bytes: number;

  constructor(
    readonly op: OpDefinition,
    readonly inputs: readonly Node[],
    readonly attributes: Attributes,
    readonly shape: Shape,
    readonly dtype: DType,
  ) {
    this.size = elements(shape);
    this.bytes = byteLength(dtype, this.size);
  }
}

export const isNode = (value: unknown): value is Node => value instanceof Node;

/** Compile-time parameters of an op: plain data, part of a node's identity. */
export type Attributes = { readonly [key: string]: unknown };

export type NoAttributes = Record<string, never>;

/** What a kernel reads or writes: an input, the output, or scratch memory of this op alone. */
export interface Operand extends TensorType {
  readonly role: 'input' | 'output' | 'scratch';
  /** Which input; which scratch buffer; 0 for the output. */
  readonly index: number;
  readonly size: number;
  readonly bytes: number;
  /** What lies between these numbers and the memory, and the kernel computes along: as `KernelOp.prologue` and `epilogue` agreed to. */
  readonly through?: Neighbour;
}

/** A tensor as a kernel's operand. */
export const operandOf = (role: Operand['role'], index: number, { shape, dtype }: TensorType): Operand => {
  const size = elements(shape);
  return { role, index, shape, dtype, size, bytes: byteLength(dtype, size) };
};

/** An op with its attributes. */
export interface Applied {
  readonly op: KernelOp<Attributes>;
  readonly attributes: Attributes;
}

/** An op beside a kernel's own in the graph that the kernel computes along. */
export interface Neighbour extends Applied {
  /** What it reads besides the kernel's result. */
  readonly operands: readonly Operand[];
}

/** One dispatch of a WGSL entry point. Bindings, workgroup size and uniform layout are read from the WGSL itself. */
export interface KernelCall {
  /** Text of the WGSL file, with its `#for` and `${}` directives (see `wgsl.ts`). */
  readonly shader: string;
  readonly entry: string;
  /** What changes the code: tile, taps held in registers, lanes. Everything else belongs in `sizes`. */
  readonly constants?: Readonly<Record<string, number | string>>;
  /** WGSL variable → operand. A variable of the shader that is not supplied is an error when compiling. */
  readonly bind: Readonly<Record<string, Operand>>;
  /** Members of the shader's uniform struct `sizes`. Integers, or floats for members declared f32. */
  readonly sizes?: Readonly<Record<string, number | readonly number[]>>;
  /** Workgroups in x, y, z; missing ones are 1. */
  readonly grid: readonly number[];
  /** Only prepares or finishes: the op's cost is counted for its other calls. */
  readonly auxiliary?: boolean;
}

/** What decides which kernels can compute an op: known before memory is planned. */
export interface VariantContext<A> {
  readonly inputs: readonly TensorType[];
  readonly output: TensorType;
  readonly attributes: A;
  readonly capabilities: Capabilities;
  /** Which of the op's `variants` is used; the first one when not given. */
  readonly variant?: string;
}

export interface KernelContext<A> extends VariantContext<A> {
  readonly inputs: readonly Operand[];
  readonly output: Operand;
  /** Reserves memory that lives only while this op runs. */
  scratch(type: TensorType): Operand;
  /** True when the planner has put this input where the output wants it (only for inputs that `inPlace` or `places` list). */
  sharesBuffer(input: number): boolean;
}

export interface DerivativeContext<A> {
  readonly inputs: readonly Node[];
  readonly output: Node;
  /** Gradient of the loss with respect to the output. */
  readonly gradient: Node;
  readonly attributes: A;
}

export interface Cost {
  readonly flops: number;
  /** Operations where another op's kernel computes this one along; `flops` unless given. */
  readonly alongFlops?: number;
  /** Bytes read and written if every operand were touched once. */
  readonly bytes: number;
}

/** What every op defines. Method syntax, so that an op with attributes of its own is also an `OpDefinition`. */
interface OpBase<A extends Attributes> {
  readonly name: string;
  /** Type of the output. @throws ShapeError */
  infer(inputs: readonly TensorType[], attributes: A): TensorType;
  /** Gradient for each input (null: that input needs none), written in ops; `null` for an op that is not differentiable. */
  readonly derivative: DerivativeRule<A> | null;
  /** The applied op as text, where its name and attributes would not be readable. */
  format?(operands: readonly string[], attributes: A): string;
}

/** An op that runs as kernels. */
export interface KernelOp<A extends Attributes> extends OpBase<A> {
  kernel(context: KernelContext<A>): KernelCall | readonly KernelCall[];
  /** Names of the ways to compute this op here, all of them correct, the default first. Not given: there is only one way. */
  variants?(context: VariantContext<A>): readonly string[];
  cost(context: { inputs: readonly TensorTypeWithSize[]; output: TensorTypeWithSize; attributes: A }): Cost;
  /** Inputs whose buffer the output may take over: each element is read before it is written, by the same invocation. */
  inPlace?(inputs: readonly TensorType[], output: TensorType, attributes: A): readonly number[];
  /** The output is this input's bytes under another shape, or some of them: no kernel runs. */
  readonly aliases?: number;
  /** With `aliases`, where the output begins, in elements of the input: 0 without it, else a multiple of a binding's alignment. */
  aliasOffset?(attributes: A): number;
  /**
   * For an op that puts its inputs side by side: where in the output each of them may be computed at once, in elements (null: nowhere).
   * The output's memory is zero where no input goes, if it is not `gapless`.
   */
  places?(inputs: readonly TensorType[], attributes: A): readonly (number | null)[];
  /** With `places`: the inputs fill the output. */
  readonly gapless?: true;
  /** The op only rearranges its one input x: where its elements lie, given where x's lie. null: no strides express it. */
  view?(where: View, x: TensorType, attributes: A): View | null;
  readonly decompose?: undefined;
  /** The op by simpler ones, for operands of formats that its kernels do not take. null: the kernels take them. */
  composite?(inputs: readonly Node[], attributes: A): Node | null;
  /**
   * The op by several of its own kind, each of which reads a part of an input that is larger than `most` bytes, which a device binds.
   * null: no input is, or its parts do not lie in a row.
   */
  inSlices?(inputs: readonly Node[], attributes: A, most: number): Node | null;
  /**
   * Whether the kernels can read the one input of `before` in the place of what it makes of it, this op's input, and
   * compute that along. `sole`: nothing else reads what `before` makes.
   */
  prologue?(
    input: number,
    before: Node,
    context: VariantContext<A> & { readonly inputs: readonly Node[]; readonly sole: boolean },
  ): boolean;
  /** Whether the kernels can do to their result what `after`, whose first input it is, does to it, and store what comes of that instead. */
  epilogue?(after: Node, context: VariantContext<A>): boolean;
  /** The kernels take every format; f8 and f16 operands of other ops are converted to f32, and their results back. */
  readonly anyFormat?: true;
}

/** An op that the compiler replaces by simpler ops: its derivative is better known for the whole, its parts fuse better. */
interface CompositeOp<A extends Attributes> extends OpBase<A> {
  decompose(inputs: readonly Node[], attributes: A): Node;
}

/** Everything there is to know about an op. */
export type OpDefinition<A extends Attributes = Attributes> = KernelOp<A> | CompositeOp<A>;

interface TensorTypeWithSize extends TensorType {
  readonly size: number;
  readonly bytes: number;
}

type DerivativeRule<A> = {
  rule(context: DerivativeContext<A>): readonly (Node | null)[];
}['rule'];

/** An op applied like a function: `relu(x)`, `conv2d(x, weight, { stride: 2, padding: 1 })` through its wrapper. */
export interface Op<A extends Attributes> {
  (inputs: readonly Node[], attributes: A): Node;
  readonly definition: OpDefinition<A>;
}

/** Which of an op's `variants` computes a node; undefined: the op's default. */
export type VariantChoice = (node: Node) => string | undefined;

/** An application of an op as text. */
export const appliedText = ({ op, attributes }: Pick<Node, 'op' | 'attributes'>, operands: readonly string[]): string =>
  op.format?.(operands, attributes) ?? `${op.name}(${operands.join(', ')})`;

/** The op of a node that runs as kernels; `lower` has replaced all others. */
export function kernelOp({ op }: Node): KernelOp<Attributes> {
  if (op.decompose !== undefined) throw new Error(`${op.name} was not lowered`);
  return op;
}
