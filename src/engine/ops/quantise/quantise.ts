import shader from '../../../shaders/quantise/quantise.wgsl';
import roundShader from '../../../shaders/quantise/round.wgsl';
import scalesShader from '../../../shaders/quantise/scales.wgsl';
import { ShapeError } from '../../errors.ts';
import { formats } from '../../graph/dtype.ts';
import { defineOp } from '../../graph/graph.ts';
import type { KernelCall, KernelContext, NoAttributes, Node } from '../../graph/op.ts';
import { describe, elements, type Shape, type TensorType } from '../../graph/shape.ts';
import { foldedGrid } from '../../kernels/grid.ts';
import { laneConstants, sharingOf } from '../../kernels/lanes.ts';
import { expandWgsl } from '../../kernels/wgsl.ts';
import { define } from '../elementwise/define.ts';

/**
 * f32 tensors as codes of a smaller format, row by row: a row is what lies under one index of the first dimension, an
 * image of a batch. Rows of 8-bit floats have a scale, a power of two from their own largest number: what becomes of an
 * image does not depend on its neighbours or on images before it, as it would with one scale for the tensor or with a
 * running maximum (Micikevicius et al., arXiv 2209.05433).
 */

export type SmallFormat = 'f8e4m3' | 'f8e5m2' | 'f16';

type Format = { readonly format: SmallFormat };

/** Exponent of the largest number; its significand is 1.75. */
const TOP = { f8e4m3: 8, f8e5m2: 15 } as const;

const isScaled = (format: SmallFormat): format is keyof typeof TOP => format !== 'f16';

/** x [N, …] as codes; read by `dequantise`. The numbers are rounded to the nearest, ties to even. */
export interface Quantised {
  /** u32 [N, words of a row]. */
  readonly codes: Node;
  /** f32 [N]; none for f16. */
  readonly scales: readonly Node[];
}

/** @throws ShapeError */
export function quantise(x: Node, format: SmallFormat): Quantised {
  const scales = scalesFor(x, format);
  return { codes: quantiseOp([x, ...scales], { format }), scales };
}

/** The numbers of codes: f32 of this shape. @throws ShapeError */
export const dequantise = ({ codes, scales }: Quantised, shape: Shape, format: SmallFormat): Node =>
  dequantiseOp([codes, ...scales], { shape: [...shape], format });

/** Numbers of the format nearest to x, as f32: `dequantise(quantise(x))` without the codes. Its derivative is taken to be 1. */
export const roundTo = (x: Node, format: SmallFormat): Node =>
  isScaled(format) ? roundOp([x, ...scalesFor(x, format)], { format }) : roundF16([x], {});

const scalesFor = (x: Node, format: SmallFormat): Node[] => (isScaled(format) ? [scalesOp([x], { format })] : []);

/** Rows and their length; a scalar is one row. */
function rowsOf({ shape }: { readonly shape: Shape }) {
  const [rows = 1, ...others] = shape;
  return { rows, length: elements(others) };
}

function checked(name: string, x: TensorType): TensorType {
  if (x.dtype !== 'f32') throw new ShapeError(`${name} takes f32, not ${describe(x)}`);
  return x;
}

/** The codes of a tensor. */
function codesOf(x: TensorType, format: SmallFormat): TensorType {
  const { rows, length } = rowsOf(x);
  return { shape: [rows, Math.ceil((length * formats[format].bytes) / 4)], dtype: 'u32' };
}

/** Whether a node makes codes of f16 of what it reads, or rounds it to f16; null: neither. */
export const storesF16 = ({ op, attributes }: Pick<Node, 'op' | 'attributes'>): 'codes' | 'rounded' | null =>
  op === roundF16.definition ? 'rounded' : op === quantiseOp.definition && attributes.format === 'f16' ? 'codes' : null;

/** Whether a node is the numbers of codes of f16. */
export const decodesF16 = ({ op, attributes: { format } }: Node): boolean =>
  op === dequantiseOp.definition && format === 'f16';

const scalesOp = defineOp<Format>({
  name: 'quantiseScales',
  infer: ([x]) => ({ shape: [rowsOf(checked('quantise', x)).rows], dtype: 'f32' }),
  derivative: null,
  kernel: ({ inputs: [x], output, attributes: { format }, capabilities }) => {
    const { rows, length } = rowsOf(x);
    const whole = length % 4 === 0;
    return {
      shader: scalesShader,
      constants: { ...laneConstants(capabilities), WHOLE: Number(whole) },
      entry: 'scales',
      bind: { x, factors: output },
      sizes: { rows, length: whole ? length / 4 : length, top: TOP[format as keyof typeof TOP] },
      grid: foldedGrid(rows),
    };
  },
  cost: ({ inputs: [x], output }) => ({ flops: x.size, bytes: x.bytes + output.bytes }),
});

const quantiseOp = defineOp<Format>({
  name: 'quantise',
  infer: ([x], { format }) => codesOf(checked('quantise', x), format),
  derivative: null,
  kernel: (context) =>
    rowsKernel('quantise', context, context.inputs[0].shape, { x: context.inputs[0], words: context.output }),
  cost: ({ inputs: [x], output }) => ({ flops: x.size, alongFlops: 0, bytes: x.bytes + output.bytes }),
});

const dequantiseOp = defineOp<Format & { readonly shape: Shape }>({
  name: 'dequantise',
  infer: (_, { shape }) => ({ shape, dtype: 'f32' }),
  derivative: null,
  kernel: (context) =>
    rowsKernel('dequantise', context, context.output.shape, { codes: context.inputs[0], y: context.output }),
  cost: ({ inputs: [codes], output }) => ({ flops: output.size, bytes: codes.bytes + output.bytes }),
});

/** Rounds x to the numbers of a scaled format. */
const roundOp = defineOp<Format>({
  name: 'roundTo',
  infer: ([x]) => checked('roundTo', x),
  derivative: ({ gradient }) => [gradient, null],
  kernel: (context) =>
    rowsKernel('round_to', context, context.output.shape, { x: context.inputs[0], y: context.output }),
  cost: ({ output }) => ({ flops: output.size, bytes: 2 * output.bytes }),
});

/** f16 has no scales: its elements are rounded together with what is done to them before and after. */
const roundF16 = define<NoAttributes>({
  name: 'roundToF16',
  formats: ['f32'],
  functions: [expandWgsl(roundShader, { F: 'F', U: 'U' })],
  expression: ([x]) => `round_to_f16(${x})`,
  stores: true,
  derivative: ({ gradient }) => [gradient],
});

function rowsKernel(
  entry: string,
  {
    inputs: [, scales],
    attributes: { format },
    capabilities,
  }: Pick<KernelContext<Format>, 'inputs' | 'attributes' | 'capabilities'>,
  shape: Shape,
  bind: KernelCall['bind'],
): KernelCall {
  const { rows, length } = rowsOf({ shape });
  const { bytes } = formats[format];
  const groups = Math.ceil(length / 4);
  const { workgroup, most } = sharingOf(capabilities);
  const parts = Math.ceil(groups / (workgroup * most));
  return {
    shader,
    entry,
    constants: {
      T: format,
      BYTES: bytes,
      LANES: workgroup,
      WHOLE: Number(length % 4 === 0),
      SCALED: Number(scales !== undefined),
    },
    bind: { ...bind, ...(scales === undefined ? {} : { factors: scales }) },
    sizes: {
      rows,
      length,
      groups,
      pitch: Math.ceil((length * bytes) / 4),
      parts,
      partGroups: Math.ceil(groups / parts),
    },
    grid: foldedGrid(rows * parts),
  };
}
