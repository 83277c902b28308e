import shader from '../../shaders/elementwise.wgsl';
import { type DType, formats } from '../dtype.ts';
import { ShapeError } from '../errors.ts';
import { type Shape, sameShape, type TensorType } from '../graph.ts';
import { type Attributes, defineOp, type KernelCall, type KernelContext, type Op, type OpDefinition } from '../op.ts';
import { collapse, isWhole, type View, whole } from '../view.ts';

/** What an elementwise operation is, for one element or four at once. */
export interface Elementwise<A extends Attributes> {
  readonly name: string;
  /** Number format of the result. @throws ShapeError for formats that it does not take */
  dtype(inputs: readonly DType[], attributes: A): DType;
  /** Numbers that the kernel reads from its uniforms, in the format of the result: they never make a new pipeline. */
  scalars?(attributes: A): readonly number[];
  /**
   * WGSL of one element; every operand is the name of a value of the WGSL type `F`, `I` or `U` (or f32, i32, u32),
   * bool being `U`(0) or `U`(1).
   */
  expression(operands: readonly string[], types: ExpressionTypes): string;
  readonly derivative: OpDefinition<A>['derivative'];
  readonly flops: number;
}

export interface ExpressionTypes {
  /** WGSL types of the result and of the operands. */
  readonly type: string;
  readonly from: readonly string[];
  /** Number format of the result. */
  readonly dtype: DType;
  readonly scalars: readonly string[];
}

/** One operation of a kernel: operand k is input k, or the result of step k - (number of inputs). */
export interface Step {
  readonly op: string;
  readonly operands: readonly number[];
  readonly attributes: Attributes;
}

type ElementwiseAttributes = Attributes & { readonly shape?: Shape };

const operations = new Map<string, Elementwise<Attributes>>();

/** Whether an op is one of those that `defineElementwise` declared. */
export const isElementwise = (op: OpDefinition): boolean => operations.has(op.name);

/** Most inputs of one kernel: WebGPU promises eight storage buffers, of which one is the output. */
export const MOST_INPUTS = 7;

/** Most dimensions of a tensor that a kernel walks through. */
export const MOST_DIMENSIONS = 6;

/** Declares an op whose operands and result have one shape (or `attributes.shape`, if it has no operands). */
export function defineElementwise<A extends ElementwiseAttributes>(operation: Elementwise<A>): Op<A> {
  const { name, flops } = operation;
  operations.set(name, operation);
  return defineOp<A>({
    name,
    derivative: operation.derivative,
    infer(inputs, attributes) {
      const shape = inputs[0]?.shape ?? attributes.shape ?? [];
      const other = inputs.find((input) => !sameShape(input.shape, shape));
      if (other !== undefined) throw new ShapeError(`${name}: shapes [${shape}] and [${other.shape}] differ`);
      return {
        shape,
        dtype: operation.dtype(
          inputs.map(({ dtype }) => dtype),
          attributes,
        ),
      };
    },
    kernel: (context) =>
      elementwiseKernel(
        context,
        context.inputs.map(({ shape }) => whole(shape)),
        [{ op: name, operands: context.inputs.map((_, k) => k), attributes: context.attributes }],
      ),
    cost: ({ inputs, output }) => ({
      flops: flops * output.size,
      bytes: inputs.reduce((sum, { bytes }) => sum + bytes, output.bytes),
    }),
    inPlace: (inputs, output) => inputs.flatMap(({ dtype }, k) => (dtype === output.dtype ? [k] : [])),
  });
}

/** Applies one step to number formats. */
function resultOf({ op, attributes }: Step, operands: readonly DType[]): DType {
  const operation = operations.get(op);
  if (operation === undefined) throw new Error(`${op} is no elementwise op`);
  return operation.dtype(operands, attributes);
}

const wgslTypes = { f32: 'F', i32: 'I', u32: 'U' } as const;
const wgslType = (dtype: DType): string => wgslTypes[formats[dtype].stored];

/** Steps as WGSL statements, with the numbers they read from the uniforms. The last name is the result. */
function statements(
  inputs: readonly DType[],
  steps: readonly Step[],
): { lines: string[]; scalars: number[]; result: string } {
  const types = [...inputs];
  const names = inputs.map((_, k) => `a${k}`);
  const lines: string[] = [];
  const scalars: number[] = [];
  steps.forEach((step, k) => {
    const operation = operations.get(step.op) as Elementwise<Attributes>;
    const from = step.operands.map((operand) => types[operand]);
    const dtype = resultOf(step, from);
    const type = wgslType(dtype);
    const values = operation.scalars?.(step.attributes) ?? [];
    const names_ = values.map((value) => {
      const at = scalars.push(bits(value, dtype)) - 1;
      return `${type}(bitcast<${formats[dtype].stored}>(sizes.scalars[${Math.floor(at / 4)}][${at % 4}]))`;
    });
    const text = operation.expression(
      step.operands.map((operand) => names[operand]),
      { type, from: from.map(wgslType), dtype, scalars: names_ },
    );
    lines.push(`let v${k} = ${text};`);
    names.push(`v${k}`);
    types.push(dtype);
  });
  return { lines, scalars, result: names[names.length - 1] };
}

/** A number as the 32 bits of its format. */
function bits(value: number, dtype: DType): number {
  const view = new DataView(new ArrayBuffer(4));
  if (formats[dtype].floating) view.setFloat32(0, value);
  else view.setUint32(0, value);
  return view.getUint32(0);
}

const WORKGROUP = 64;

/** The kernel that computes steps over views of its inputs. */
export function elementwiseKernel(
  { inputs, output, capabilities, sharesBuffer }: Omit<KernelContext<unknown>, 'attributes'>,
  views: readonly View[],
  steps: readonly Step[],
): KernelCall {
  const { lines, scalars, result } = statements(
    inputs.map(({ dtype }) => dtype),
    steps,
  );
  const { shape, strides } = collapse(output.shape, [...views, whole(output.shape)]);
  const shared = inputs.map((_, k) => sharesBuffer(k));
  const declarations = inputs
    .filter((_, k) => !shared[k])
    .map(
      (input) =>
        `@group(0) @binding(${input.index + 2}) var<storage, read> x${input.index}: array<${formats[input.dtype].stored}>;`,
    );
  const loads = inputs.map((_, k) => `let a${k} = ${shared[k] ? 'y[i]' : `x${k}[at${k}]`};`);
  const rank = Math.max(shape.length, 1);
  const bind = Object.fromEntries(inputs.filter((_, k) => !shared[k]).map((input) => [`x${input.index}`, input]));
  const workgroups = Math.ceil(output.size / WORKGROUP);
  const across = Math.min(workgroups, capabilities.maxComputeWorkgroupsPerDimension);
  return {
    shader,
    entry: 'strided',
    constants: {
      INPUTS: inputs.length,
      RANK: rank,
      SCALARS: Math.max(1, Math.ceil(scalars.length / 4)),
      VIEWS: Math.max(1, inputs.length),
      OUTPUT: formats[output.dtype].stored,
      DECLARATIONS: declarations.join('\n'),
      LOADS: loads.join('\n  '),
      BODY: lines.join('\n  '),
      RESULT: result,
    },
    bind: { ...bind, y: output },
    sizes: {
      size: output.size,
      width: across * WORKGROUP,
      shape: packed([shape]),
      offsets: packedOffsets(views),
      strides: packed(strides.slice(0, Math.max(inputs.length, 1))),
      scalars: scalars,
    },
    grid: [across, Math.ceil(workgroups / across)],
  };
}

/** Rows of eight numbers, for arrays of two vec4u in a uniform. */
const packed = (rows: readonly (readonly number[])[]): number[] =>
  rows.flatMap((row) => Array.from({ length: 8 }, (_, i) => row[i] ?? 0));

const packedOffsets = (views: readonly View[]): number[] => Array.from({ length: 8 }, (_, k) => views[k]?.offset ?? 0);

/** Whether an input of this type, seen through this view, can give its memory to the output. */
export const takesOver = (input: TensorType, view: View, output: TensorType): boolean =>
  input.dtype === output.dtype && sameShape(input.shape, output.shape) && isWhole(view, output.shape);
