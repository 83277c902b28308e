import shader from '../../../shaders/elementwise/elementwise.wgsl';
import type { Capabilities } from '../../graph/capabilities.ts';
import { type DType, isWide, wordType } from '../../graph/dtype.ts';
import type { KernelCall, KernelContext, Operand } from '../../graph/op.ts';
import { collapse, type View, whole } from '../../graph/view.ts';
import { foldedGrid } from '../../kernels/grid.ts';
import { sharingOf } from '../../kernels/lanes.ts';

/** WGSL statements over the values `a0`, `a1`, … of the views, and what they need. */
export interface Body {
  /** WGSL functions that the statements call. */
  readonly functions: string;
  /** Number formats of the views and of what the statements compute. */
  readonly dtypes: readonly DType[];
  /** Whether the statements convert between formats of two words and others. */
  readonly converts: boolean;
  readonly lines: readonly string[];
  /** Name of the value to store. */
  readonly result: string;
  /** What `scalars` of the uniforms holds: numbers as the bits of their formats. */
  readonly scalars: readonly number[];
}

/** Words of an array of two vec4u: the lengths or strides of up to seven dimensions, and one more number. */
const ROW = 8;
const OUTER_DIMENSIONS = ROW - 1;

/** Workgroups that a kernel has at least, if there is work for them. */
const LEAST_WORKGROUPS = 16;

/** A view of one of the inputs, over the output's dimensions. */
export interface InputView extends View {
  readonly input: number;
}

/** How a view is read. */
interface Access {
  readonly input: number;
  readonly dtype: DType;
  /** The input lies in the output's own memory. */
  readonly shared: boolean;
  /** Distance of neighbours in a row, in elements. */
  readonly along: number;
  /** Distance of rows, by dimension, and place of the first element: in elements if `along` is 0, else in units. */
  readonly outer: readonly number[];
  readonly offset: number;
}

/**
 * The kernel that computes statements over views of its inputs. The output is walked through in rows, its last dimension
 * after `collapse`: a row is contiguous in the output, and in a view it is contiguous, one element repeated, or strided.
 */
export function elementwiseKernel(
  { inputs, output, capabilities, sharesBuffer }: Omit<KernelContext<unknown>, 'attributes'>,
  views: readonly InputView[],
  body: Body,
): KernelCall {
  const { shape, strides } = collapse(output.shape, [...views, whole(output.shape)]);
  const length = shape.at(-1) ?? 1;
  const lengths = shape.slice(0, -1);
  const modules = [...new Set(body.dtypes)].filter(isWide);
  const wide =
    modules.length === 0 && length % 4 === 0 && views.every((view, k) => inFours(view, strides[k], inputs[view.input]))
      ? 4
      : 1;
  const accesses = views.map(({ input, offset }, k): Access => {
    const along = strides[k].at(-1) ?? 0;
    const unit = along === 0 ? 1 : wide;
    const outer = strides[k].slice(0, -1).map((stride) => stride / unit);
    return { input, dtype: inputs[input].dtype, shared: sharesBuffer(input), along, outer, offset: offset / unit };
  });
  const work = shareWork(output.size / length, length / wide, capabilities);
  const bound = inputs.filter(({ index }) => !sharesBuffer(index));
  return {
    shader,
    entry: 'rows',
    constants: {
      F32X2: Number(modules.includes('f32x2')),
      F64: Number(modules.includes('f64')),
      CONVERSIONS: Number(body.converts),
      BEGIN: modules.map((module) => `${module}_begin(sizes.zero);`).join(' '),
      VIEWS: views.length,
      OUTER: lengths.length,
      WIDE: wide,
      WORKGROUP: work.workgroup,
      SCALARS: Math.max(1, Math.ceil(body.scalars.length / 4)),
      OUTPUT: storedType(output.dtype),
      FUNCTIONS: body.functions,
      BODY: body.lines.join('\n      '),
      RESULT: body.result,
      ...readingText(bound, accesses, wide),
    },
    bind: { ...Object.fromEntries(bound.map((input) => [`x${input.index}`, input])), y: output },
    sizes: {
      ...work.sizes,
      lengths: packed(lengths),
      offsets: accesses.map(({ offset }) => offset),
      strides: accesses.flatMap(({ outer, along }) => packed(outer, along)),
      advances: accesses.flatMap(({ outer }) => packed(advances(outer, lengths))),
      scalars: body.scalars,
      zero: 0,
      otherZero: 0,
    },
    grid: work.grid,
  };
}

/** Whether four neighbours of a row can be read as one vec4, or as one element. */
function inFours({ offset }: View, strides: readonly number[], { size }: Operand): boolean {
  const along = strides.at(-1) ?? 0;
  const aligned = [size, offset, ...strides.slice(0, -1)].every((distance) => distance % 4 === 0);
  return along === 0 || (along === 1 && aligned);
}

/** Cuts rows of units into tasks, and gives each task to a few neighbouring invocations. */
function shareWork(rows: number, units: number, capabilities: Capabilities) {
  const { workgroup, most } = sharingOf(capabilities);
  const laneBits = Math.min(Math.log2(workgroup), Math.ceil(Math.log2(units)));
  const lanes = 2 ** laneBits;
  const perLane = Math.min(most, Math.max(1, Math.floor((rows * units) / (workgroup * LEAST_WORKGROUPS))));
  const taskUnits = Math.min(units, lanes * perLane);
  const parts = Math.ceil(units / taskUnits);
  const taskRows = parts > 1 ? 1 : Math.min(rows, Math.floor((lanes * perLane) / taskUnits));
  const tasks = Math.ceil(rows / taskRows) * parts;
  return {
    workgroup,
    sizes: { lanes, laneBits, rows, taskRows, units, taskUnits, parts },
    grid: foldedGrid(Math.ceil((tasks * lanes) / workgroup)),
  };
}

/** WGSL that declares the inputs and reads the views: once for a row what is constant along it, the rest for each unit. */
function readingText(bound: readonly Operand[], accesses: readonly Access[], wide: number): Record<string, string> {
  const inFours = new Set(accesses.flatMap(({ input, along }) => (wide === 4 && along !== 0 ? [input] : [])));
  const declarations = bound.map(({ index, dtype }) => {
    const stored = storedType(dtype);
    const type = inFours.has(index) ? `vec4<${stored}>` : stored;
    return `@group(0) @binding(${index + 2}) var<storage, read> x${index}: array<${type}>;`;
  });
  const perRow = accesses.flatMap(({ input, dtype, along, shared }, k) => {
    if (along !== 0 || shared) return [];
    const place = inFours.has(input) ? `x${input}[at${k} / 4u][at${k} % 4u]` : `x${input}[at${k}]`;
    return [`let a${k} = ${wgslType(dtype)}(${place});`];
  });
  const perUnit = accesses.flatMap(({ input, along, shared }, k) => {
    if (shared) return [`let a${k} = y[place];`];
    if (along === 0) return [];
    return [along === 1 ? `let a${k} = x${input}[at${k} + i];` : `let a${k} = x${input}[at${k} + i * ${alongOf(k)}];`];
  });
  return {
    DECLARATIONS: declarations.join('\n'),
    PER_ROW: perRow.join('\n    '),
    PER_UNIT: perUnit.join('\n      '),
  };
}

const alongOf = (view: number) => `sizes.strides[${2 * view + 1}].w`;

/** Distance from a row's first element to the next row's, by the dimension that advances while the later ones start again. */
const advances = (outer: readonly number[], lengths: readonly number[]): number[] =>
  outer.map((stride, axis) =>
    outer.reduce((sum, later, below) => (below > axis ? sum - (lengths[below] - 1) * later : sum), stride),
  );

/** Numbers for an array of two vec4u, with one more in the last place. */
const packed = (numbers: readonly number[], last = 0): number[] => [
  ...Array.from({ length: OUTER_DIMENSIONS }, (_, i) => numbers[i] ?? 0),
  last,
];

const wgslTypes = { f32: 'F', i32: 'I', u32: 'U' } as const;

/** The WGSL type of a value of this format inside the kernel: one element, or four of formats of one word. */
export const wgslType = (dtype: DType): string => (isWide(dtype) ? `${dtype}_value` : wgslTypes[wordType(dtype)]);

const storedType = (dtype: DType): string => (isWide(dtype) ? `${dtype}_stored` : wordType(dtype));
