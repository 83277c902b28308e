import shader from '../../../shaders/reduce/reduce.wgsl';
import { type DType, formats, isWide, type WideDType, wordType } from '../../graph/dtype.ts';
import type { KernelCall, KernelContext, Operand } from '../../graph/op.ts';
import type { Shape } from '../../graph/shape.ts';
import { foldedGrid } from '../../kernels/grid.ts';
import { lanesOf } from '../../kernels/lanes.ts';

/** A tensor as [outer, reduced, kept, inner], of which [outer, kept] remains. */
export interface Reduction {
  readonly outer: number;
  readonly reduced: number;
  readonly kept: number;
  readonly inner: number;
}

/** How two values become one. */
export interface Combination {
  /** WGSL of the combination of `a` and `b`, one value or four at once, of which `bits` is the type of the bits. */
  expression(bits: 'u32' | 'vec4u'): string;
  /** The combination of two values in a format of two words, by the functions of its module. */
  wide(T: WideDType): string;
  /** A value that changes nothing when combined: 0, 1 or an infinity. */
  readonly identity: number;
}

/** The form in which one kernel reduces these axes, or null where they lie too scattered. */
export function reductionOf(shape: Shape, axes: readonly number[]): Reduction | null {
  const runs: { reduced: boolean; length: number }[] = [];
  shape.forEach((length, axis) => {
    if (length === 1) return;
    const reduced = axes.includes(axis);
    const last = runs.at(-1);
    if (last?.reduced === reduced) last.length *= length;
    else runs.push({ reduced, length });
  });
  const lengths = [1, 1, 1, 1];
  let slot = 0;
  for (const run of runs) {
    if ((slot % 2 === 1) !== run.reduced) slot++;
    if (slot > 3) return null;
    lengths[slot++] = run.length;
  }
  const [outer, reduced, kept, inner] = lengths;
  return kept === 1 ? { outer, reduced: 1, kept: 1, inner: reduced * inner } : { outer, reduced, kept, inner };
}

/** The most values that one accumulator takes in: this bounds the rounding error of long sums. */
const LONGEST_CHAIN = 256;

/** Fewer workgroups than this leave cores idle; then a reduction is split, but not into parts shorter than SHORTEST_CHAIN. */
const LEAST_WORKGROUPS = 16;
const SHORTEST_CHAIN = 8;

/** Reductions up to this length are done by one invocation each, longer ones by a workgroup. */
const SHORT = 64;

/** In how many parts chains of this length are computed. */
function partsOf(chain: number, workgroups: number): number {
  const forAccuracy = Math.ceil(chain / LONGEST_CHAIN);
  const forCores = Math.min(Math.ceil(LEAST_WORKGROUPS / workgroups), Math.floor(chain / SHORTEST_CHAIN));
  return Math.max(1, forAccuracy, forCores);
}

/**
 * The kernels of a reduction: one, or more where it is long. Always in the same order.
 * @param factor by which an f32 result is multiplied
 */
export function reductionKernels(
  context: Pick<KernelContext<unknown>, 'capabilities' | 'scratch'>,
  x: Operand,
  output: Operand,
  form: Reduction,
  combination: Combination,
  factor = 1,
): KernelCall[] {
  return form.inner === 1
    ? columnKernels(context, x, output, form, combination, factor)
    : rowKernels(context, x, output, form, combination, factor);
}

/** Whether four neighbours are combined at once. */
const inFours = (dtype: DType, length: number) => !isWide(dtype) && length % 4 === 0;

function constantsOf(
  dtype: DType,
  wide: boolean,
  { expression, wide: combined }: Combination,
): Record<string, number | string> {
  if (isWide(dtype)) {
    const TYPE = `${dtype}_value`;
    const IDENTITY = dtype === 'f64' ? 'vec2u(0u, sizes.identity)' : 'vec2f(bitcast<f32>(sizes.identity), 0.0)';
    return { MODULE: 1, T: dtype, WIDE: 1, TYPE, VALUE: TYPE, SCALED: 0, COMBINED: combined(dtype), IDENTITY };
  }
  const stored = wordType(dtype);
  const scalar = {
    TYPE: stored,
    SCALED: stored === 'f32' ? 1 : 0,
    COMBINED_SCALARS: expression('u32'),
    IDENTITY: `Value(bitcast<${stored}>(sizes.identity))`,
  };
  return wide
    ? { ...scalar, WIDE: 4, VALUE: `vec4<${stored}>`, COMBINED: expression('vec4u') }
    : { ...scalar, WIDE: 1, VALUE: stored, COMBINED: expression('u32') };
}

/** The bits of 0, 1 or an infinity: in f64 the high word, in f32x2 the first number. */
const identityBits = (dtype: DType, identity: number): number => {
  if (identity === 0) return 0;
  if (identity === 1) return dtype === 'f64' ? 0x3ff00000 : formats[dtype].floating ? 0x3f800000 : 1;
  return (dtype === 'f64' ? 0x7ff00000 : 0x7f800000) + (identity < 0 ? 2 ** 31 : 0);
};

/** inner > 1: values that become one lie side by side. */
function rowKernels(
  context: Pick<KernelContext<unknown>, 'capabilities' | 'scratch'>,
  x: Operand,
  output: Operand,
  { outer, reduced, kept, inner }: Reduction,
  combination: Combination,
  factor: number,
): KernelCall[] {
  const outputs = outer * kept;
  const wide = inFours(x.dtype, inner);
  const units = wide ? inner / 4 : inner;
  const most = lanesOf(context.capabilities);
  const together = reduced * inner > SHORT || outputs < LEAST_WORKGROUPS;
  const lanes = together ? most : 1;
  const parts = partsOf(Math.ceil((reduced * units) / lanes), Math.ceil((outputs * lanes) / most));
  const partRows = Math.ceil(reduced / Math.min(reduced, parts));
  const rowParts = Math.ceil(reduced / partRows);
  const partUnits = Math.ceil(units / Math.min(units, Math.ceil(parts / rowParts)));
  const unitParts = Math.ceil(units / partUnits);
  const splits = rowParts * unitParts;
  const target = splits === 1 ? output : context.scratch({ shape: [outputs, splits], dtype: x.dtype });
  const call: KernelCall = {
    shader,
    entry: 'rows',
    constants: { ...constantsOf(x.dtype, wide, combination), WORKGROUP: most },
    bind: { x, y: target },
    sizes: {
      jobs: outputs * splits,
      kept,
      reduced,
      units,
      splits,
      unitParts,
      partRows,
      partUnits,
      laneBits: Math.log2(lanes),
      unitLaneBits: Math.min(Math.log2(lanes), Math.ceil(Math.log2(partUnits))),
      identity: identityBits(x.dtype, combination.identity),
      zero: 0,
      factor: splits === 1 ? factor : 1,
    },
    grid: foldedGrid(Math.ceil((outputs * splits * lanes) / most)),
  };
  if (splits === 1) return [call];
  const rest = { outer: outputs, reduced: 1, kept: 1, inner: splits };
  return [call, ...rowKernels(context, target, output, rest, combination, factor)];
}

/** inner = 1: neighbours belong to different outputs. */
function columnKernels(
  context: Pick<KernelContext<unknown>, 'capabilities' | 'scratch'>,
  x: Operand,
  output: Operand,
  { outer, reduced, kept }: Reduction,
  combination: Combination,
  factor: number,
): KernelCall[] {
  const wide = inFours(x.dtype, kept);
  const units = wide ? kept / 4 : kept;
  const workgroup = lanesOf(context.capabilities);
  const parts = Math.min(reduced, partsOf(reduced, Math.ceil((outer * units) / workgroup)));
  const partRows = Math.ceil(reduced / parts);
  const splits = Math.ceil(reduced / partRows);
  const target = splits === 1 ? output : context.scratch({ shape: [splits, outer, kept], dtype: x.dtype });
  const call: KernelCall = {
    shader,
    entry: 'columns',
    constants: { ...constantsOf(x.dtype, wide, combination), WORKGROUP: workgroup },
    bind: { x, y_wide: target },
    sizes: {
      jobs: splits * outer * units,
      kept: units,
      reduced,
      units: 1,
      splits,
      unitParts: 1,
      partRows,
      partUnits: 1,
      laneBits: 0,
      unitLaneBits: 0,
      identity: identityBits(x.dtype, combination.identity),
      zero: 0,
      factor: splits === 1 ? factor : 1,
    },
    grid: foldedGrid(Math.ceil((splits * outer * units) / workgroup)),
  };
  if (splits === 1) return [call];
  const rest = { outer: 1, reduced: splits, kept: outer * kept, inner: 1 };
  return [call, ...columnKernels(context, target, output, rest, combination, factor)];
}
