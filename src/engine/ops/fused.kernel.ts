import shader from '../../shaders/elementwise.wgsl';
import { type DType, formats } from '../dtype.ts';
import { foldedGrid } from '../grid.ts';
import type { KernelCall, KernelContext } from '../op.ts';
import { collapse, type View, whole } from '../view.ts';

/** WGSL statements over the values `a0`, `a1`, … of the inputs, and what they need. */
export interface Body {
  readonly lines: readonly string[];
  /** Name of the value to store. */
  readonly result: string;
  /** What `scalars` of the uniforms holds: numbers as the bits of their formats. */
  readonly scalars: readonly number[];
}

/** Words of an array of two vec4u: the lengths or strides of up to seven dimensions, and one more number. */
const ROW = 8;
const OUTER_DIMENSIONS = ROW - 1;

/** Elements that one invocation computes in a row, if the row is that long: enough to pay for finding its place. */
const UNITS = 16;

/**
 * The kernel that computes statements over views of its inputs. The output is walked through in rows, its last dimension
 * after `collapse`: a row is contiguous in the output, and in an input it is contiguous, one element repeated, or strided.
 */
export function elementwiseKernel(
  { inputs, output, capabilities, sharesBuffer }: Omit<KernelContext<unknown>, 'attributes'>,
  views: readonly View[],
  { lines, result, scalars }: Body,
): KernelCall {
  const { shape, strides } = collapse(output.shape, [...views, whole(output.shape)]);
  const rank = Math.max(shape.length, 1);
  const length = shape.at(-1) ?? 1;
  const along = inputs.map((_, k) => strides[k].at(-1) ?? 0);
  const outer = inputs.map((_, k) => strides[k].slice(0, -1));
  const fours =
    length % 4 === 0 &&
    inputs.every(
      (_, k) =>
        along[k] === 0 || (along[k] === 1 && views[k].offset % 4 === 0 && outer[k].every((stride) => stride % 4 === 0)),
    );
  const wide = fours ? 4 : 1;
  const shared = inputs.map((_, k) => sharesBuffer(k));
  const own = inputs.filter((_, k) => !shared[k]);

  const stored = (dtype: DType, k: number) => {
    const type = formats[dtype].stored;
    return fours && along[k] !== 0 ? `vec4<${type}>` : type;
  };
  const declarations = own.map(
    ({ index, dtype }) =>
      `@group(0) @binding(${index + 2}) var<storage, read> x${index}: array<${stored(dtype, index)}>;`,
  );
  const perRow = own
    .filter(({ index }) => along[index] === 0)
    .map(({ index, dtype }) => `let a${index} = ${wgslType(dtype)}(x${index}[at${index}]);`);
  const perUnit = inputs
    .filter((_, k) => along[k] !== 0 || shared[k])
    .map(({ index: k }) => {
      if (shared[k]) return `let a${k} = y[place];`;
      if (along[k] === 1) return `let a${k} = x${k}[at${k} + i];`;
      return `let a${k} = x${k}[at${k} + i * sizes.strides[${2 * k + 1}].w];`;
    });

  const workgroup = capabilities.subgroupSize === 8 ? 8 : 64;
  const units = length / wide;
  const rows = output.size / length;
  const lanes = Math.min(workgroup, 2 ** Math.ceil(Math.log2(units)));
  const chunk = Math.min(units, lanes * UNITS);
  const chunks = Math.ceil(units / chunk);
  const tasks = rows * chunks;
  return {
    shader,
    entry: 'rows',
    constants: {
      INPUTS: inputs.length,
      OUTER: rank - 1,
      WIDE: wide,
      WORKGROUP: workgroup,
      SCALARS: Math.max(1, Math.ceil(scalars.length / 4)),
      OUTPUT: formats[output.dtype].stored,
      DECLARATIONS: declarations.join('\n'),
      PER_ROW: perRow.join('\n  '),
      PER_UNIT: perUnit.join('\n    '),
      BODY: lines.join('\n    '),
      RESULT: result,
    },
    bind: { ...Object.fromEntries(own.map((input) => [`x${input.index}`, input])), y: output },
    sizes: {
      tasks,
      lanes,
      units,
      chunk,
      chunks,
      lengths: packed(shape.slice(0, -1)),
      offsets: packed(views.map(({ offset }, k) => (along[k] === 0 ? offset : offset / wide))),
      strides:
        inputs.length === 0
          ? packed([])
          : inputs.flatMap((_, k) =>
              packed(
                outer[k].map((stride) => (along[k] === 0 ? stride : stride / wide)),
                along[k],
              ),
            ),
      scalars,
    },
    grid: foldedGrid(Math.ceil((tasks * lanes) / workgroup)),
  };
}

/** Numbers for an array of two vec4u, with one more in the last place. */
const packed = (numbers: readonly number[], last = 0): number[] => [
  ...Array.from({ length: OUTER_DIMENSIONS }, (_, i) => numbers[i] ?? 0),
  last,
];

const wgslTypes = { f32: 'F', i32: 'I', u32: 'U' } as const;

/** The WGSL type of a value of this format inside the kernel: one element or four. */
export const wgslType = (dtype: DType): string => wgslTypes[formats[dtype].stored];
