import { ShapeError } from '../../errors.ts';
import { type DType, isWide, type WideDType, wordType } from '../../graph/dtype.ts';
import { defineOp } from '../../graph/graph.ts';
import type { Attributes, KernelOp, Node, Op, OpDefinition } from '../../graph/op.ts';
import { describe, type Shape, sameShape } from '../../graph/shape.ts';
import { isWhole, type View, whole } from '../../graph/view.ts';
import { type Body, elementwiseKernel, type InputView, wgslType } from './kernel.ts';
import { wordsOf } from './words.ts';

/** What an elementwise operation is, for one element or four at once. */
export interface Elementwise<A extends Attributes> {
  readonly name: string;
  /** Number format of the result. @throws ShapeError for formats that it does not take */
  dtype(operands: readonly DType[], attributes: A): DType;
  /** Numbers that the kernel reads from its uniforms, in the format of the result: they never make a new pipeline. */
  scalars?(attributes: A): readonly number[];
  /** Files of WGSL functions that the expression calls, over `F`, `I` and `U`. */
  readonly functions?: readonly string[];
  /** WGSL of the result. The operands are names of values; a bool is 0 or 1 in a `U`. */
  expression(operands: readonly string[], types: ExpressionTypes): string;
  /** The formula in a format of two words, by the functions of its module. Left out: the op does not take such formats. */
  wide?(operands: readonly string[], types: WideTypes): string;
  /** WGSL functions that the formula calls beside those of the module. */
  wideFunctions?(T: WideDType): readonly string[];
  readonly derivative: OpDefinition<A>['derivative'];
  readonly flops: number;
  /** In f32x2, needs the module of f64 as well. */
  readonly throughF64?: true;
  /** Only changes how numbers are stored: no operation where another op's kernel does it along. */
  readonly stores?: true;
  /** In formats of two words, needs the functions that convert them. */
  readonly converts?: true;
  /** Never computed twice, even where that would save memory. */
  readonly costly?: true;
}

export interface ExpressionTypes {
  /** WGSL types of the result and of the operands: `F`, `I` or `U`, each one element or four. */
  readonly type: string;
  readonly from: readonly string[];
  /** Number formats of the operands. */
  readonly formats: readonly DType[];
  /** Number format of the result. */
  readonly dtype: DType;
  /** Values of the op's `scalars`. */
  readonly scalars: readonly string[];
}

export interface WideTypes extends Pick<ExpressionTypes, 'formats' | 'dtype' | 'scalars'> {
  /** The format of two words that the operation is in: its module's functions are `T_add`, … */
  readonly T: WideDType;
}

/** One operation of a kernel: operand k is view k, or the result of operation k - (number of views). */
export interface Operation {
  readonly op: string;
  readonly operands: readonly number[];
  readonly attributes: Attributes;
}

type ElementwiseAttributes = Attributes & { readonly shape?: Shape };

/** By name, which the operations of a kernel tell. */
const byName = new Map<string, Elementwise<Attributes>>();

/** Keyed by definition, so that two ops of one name stay two. */
const elementwiseOps = new WeakMap<OpDefinition, Elementwise<Attributes>>();

function operationOf(name: string): Elementwise<Attributes> {
  const operation = byName.get(name);
  if (operation === undefined) throw new Error(`${name} is no elementwise op`);
  return operation;
}

/** Whether an op is one of those that `defineElementwise` declared. */
export const isElementwise = (op: OpDefinition): boolean => elementwiseOps.has(op);

/** Whether an elementwise op is worth remembering rather than computing again. */
export const isCostly = (op: OpDefinition): boolean => elementwiseOps.get(op)?.costly === true;

/** Most inputs of one kernel: WebGPU promises eight storage buffers, of which one is the output. */
export const MOST_INPUTS = 7;

/** Most dimensions that these kernels walk through. */
const MOST_DIMENSIONS = 6;

function checkRank(name: string, shape: Shape): Shape {
  if (shape.length > MOST_DIMENSIONS)
    throw new ShapeError(`${name}: the shape [${shape.join(', ')}] has more than ${MOST_DIMENSIONS} dimensions`);
  return shape;
}

/**
 * Declares an op whose operands and result have one shape (or `attributes.shape`, if it has no operands).
 * @throws Error if an elementwise op of this name is there already
 */
export function defineElementwise<A extends ElementwiseAttributes>(operation: Elementwise<A>): Op<A> {
  const { name, flops } = operation;
  if (byName.has(name)) throw new Error(`${name}: there is an elementwise op of this name; choose another`);
  byName.set(name, operation);
  const op = defineOp<A>({
    name,
    derivative: operation.derivative,
    infer(inputs, attributes) {
      const shape = checkRank(name, inputs[0]?.shape ?? attributes.shape ?? []);
      if (inputs.some((input) => !sameShape(input.shape, shape)))
        throw new ShapeError(`${name}: the shapes of ${inputs.map(describe).join(' and ')} differ`);
      const dtypes = inputs.map(({ dtype }) => dtype);
      return { shape, dtype: operation.dtype(dtypes, attributes) };
    },
    kernel: (context) =>
      elementwiseKernel(
        context,
        context.inputs.map(({ shape }, input) => ({ input, ...whole(shape) })),
        body(
          context.inputs.map(({ dtype }) => dtype),
          [{ op: name, operands: context.inputs.map((_, k) => k), attributes: context.attributes }],
        ),
      ),
    cost: ({ inputs, output }) => ({
      flops: flops * output.size,
      ...(operation.stores && { alongFlops: 0 }),
      bytes: inputs.reduce((sum, { bytes }) => sum + bytes, output.bytes),
    }),
    inPlace: (inputs, output) => inputs.flatMap(({ dtype }, k) => (dtype === output.dtype ? [k] : [])),
  });
  elementwiseOps.set(op.definition, operation);
  return op;
}

/** What an op says that only rearranges its input. */
export interface Rearrangement<A extends Attributes> {
  readonly name: string;
  readonly infer: KernelOp<A>['infer'];
  readonly view: NonNullable<KernelOp<A>['view']>;
  readonly derivative: KernelOp<A>['derivative'];
}

/** Declares an op that only rearranges its input: a consumer reads through it, or a kernel copies. */
export function defineRearrangement<A extends Attributes>({ name, infer, view, derivative }: Rearrangement<A>): Op<A> {
  return defineOp<A>({
    name,
    infer: (inputs, attributes) => {
      const type = infer(inputs, attributes);
      checkRank(name, type.shape);
      return type;
    },
    view,
    derivative,
    kernel(context) {
      const [x] = context.inputs;
      const where = view(whole(x.shape), x, context.attributes) as View;
      return elementwiseKernel(context, [{ input: 0, ...where }], body([x.dtype], []));
    },
    cost: ({ inputs: [x], output }) => ({ flops: 0, bytes: Math.min(x.bytes, output.bytes) + output.bytes }),
  });
}

interface FusedAttributes extends Attributes {
  readonly shape: Shape;
  /** How the inputs are read, one of them perhaps in several ways. */
  readonly views: readonly InputView[];
  /** Computed one after the other; the last is the output. None: a copy of the only view. */
  readonly operations: readonly Operation[];
}

/** Several elementwise ops as one kernel. `fuse` makes these nodes, after gradients were taken. */
export const fused = defineOp<FusedAttributes>({
  name: 'fused',
  derivative: null,
  infer: (inputs, { shape, views, operations }) => ({
    shape,
    dtype: formatsOf(viewed(inputs, views), operations).at(-1) as DType,
  }),
  kernel: (context) => {
    const { views, operations } = context.attributes;
    return elementwiseKernel(context, views, body(viewed(context.inputs, views), operations));
  },
  cost: ({ inputs, output, attributes: { operations } }) => ({
    flops: output.size * operations.reduce((sum, { op }) => sum + operationOf(op).flops, 0),
    bytes: inputs.reduce((sum, { bytes }) => sum + Math.min(bytes, output.bytes), output.bytes),
  }),
  inPlace: (inputs, output, { views }) =>
    inputs.flatMap(({ shape, dtype }, k) => {
      const whole = views.every((view) => view.input !== k || isWhole(view, shape));
      return dtype === output.dtype && sameShape(shape, output.shape) && whole ? [k] : [];
    }),
  format: (inputs, { views, operations }) => {
    const texts = views.map(({ input, offset }) => (offset === 0 ? inputs[input] : `${inputs[input]}+${offset}`));
    for (const { op, operands: of, attributes } of operations) {
      const operands = of.map((operand) => texts[operand]);
      const numbers = Object.values(attributes)
        .filter((value) => typeof value === 'number')
        .map(String);
      texts.push(operands.length === 0 ? numbers.join() : `${op}(${[...operands, ...numbers].join(', ')})`);
    }
    return operations.length === 0 ? `copy(${texts.join(', ')})` : (texts.at(-1) as string);
  },
});

/** The views and operations of a node of `fused`; null for another op. */
export const fusedParts = ({ op, attributes }: Pick<Node, 'op' | 'attributes'>) =>
  op === fused.definition ? (attributes as FusedAttributes) : null;

const viewed = (inputs: readonly { readonly dtype: DType }[], views: readonly InputView[]): DType[] =>
  views.map(({ input }) => inputs[input].dtype);

/** Number formats of the views and of what every operation computes. */
export function formatsOf(views: readonly DType[], operations: readonly Operation[]): DType[] {
  const dtypes = [...views];
  for (const { op, operands, attributes } of operations)
    dtypes.push(
      operationOf(op).dtype(
        operands.map((operand) => dtypes[operand]),
        attributes,
      ),
    );
  return dtypes;
}

/**
 * Operations as WGSL. What an f32 operation computed is opaque to the others, and operands that a compiler could take
 * for one are distinct: else a chain of operations is not what the ops are one by one.
 */
function body(views: readonly DType[], operations: readonly Operation[]): Body {
  const dtypes = formatsOf(views, operations);
  /** Whether an operand is an f32 that an operation computes from others. */
  const isComputed = (operand: number) =>
    dtypes[operand] === 'f32' && operand >= views.length && operations[operand - views.length].operands.length > 0;
  const mayBeEqual = (a: number, b: number) => (a === b && dtypes[a] === 'f32') || (isComputed(a) && isComputed(b));
  const names = [...views.map((_, k) => `a${k}`), ...operations.map((_, k) => `v${k}`)];
  const functions = new Set<string>();
  const scalars: number[] = [];
  const lines = operations.map(({ op, operands, attributes }, k) => {
    const operation = operationOf(op);
    const dtype = dtypes[views.length + k];
    const numbers = operation.scalars?.(attributes) ?? [];
    const of = operands.map((operand) => dtypes[operand]);
    const T = [dtype, ...of].find(isWide);
    const read = numbers.map((value) => scalarText(scalars, value, dtype));
    const given = operands.map((operand, at) =>
      operands.slice(0, at).some((earlier) => mayBeEqual(earlier, operand))
        ? `distinct(${names[operand]})`
        : names[operand],
    );
    const files = T === undefined ? (operation.functions ?? ['']) : (operation.wideFunctions?.(T) ?? []);
    for (const file of files) functions.add(file);
    const expression =
      T === undefined
        ? operation.expression(given, {
            type: wgslType(dtype),
            from: of.map(wgslType),
            formats: of,
            dtype,
            scalars: read,
          })
        : operation.wide?.(given, { T, formats: of, dtype, scalars: read });
    if (expression === undefined) throw new ShapeError(`${op} has no kernel for ${of.join(' and ')} elements`);
    const isRead = k < operations.length - 1 && isComputed(views.length + k);
    return `let v${k} = ${isRead ? `opaque(${expression})` : expression};`;
  });
  const used = operations.map(({ op }) => operationOf(op));
  return {
    functions: [...functions].join('\n'),
    dtypes: used.some(({ throughF64 }, k) => throughF64 && isWide(dtypes[views.length + k]))
      ? [...dtypes, 'f64']
      : dtypes,
    converts: used.some(({ converts }) => converts === true),
    lines,
    scalars,
    result: names.at(-1) as string,
  };
}

/** Appends a number in its format, and reads it. */
function scalarText(scalars: number[], value: number, dtype: DType): string {
  const words = Array.from(wordsOf(value, dtype), (word) => {
    const at = scalars.push(word) - 1;
    return `sizes.scalars[${Math.floor(at / 4)}][${at % 4}]`;
  });
  if (isWide(dtype)) return `bitcast<${wgslType(dtype)}>(vec2u(${words.join(', ')}))`;
  return `${wgslType(dtype)}(bitcast<${wordType(dtype)}>(${words[0]}))`;
}
