import rangeShader from '../../../shaders/exact/matmul.range.wgsl';
import type { KernelCall, KernelContext, Operand } from '../../graph/op.ts';
import { capacities, moduli } from '../../numbers/residues.ts';

/** Invocations that measure a tensor. */
export const PARTS = 1024;

const rangeConstants = { MODULI: moduli.length, PARTS, CAPACITY: capacities().join(', ') };

/** Bits that a sum of `depth` terms may have more than a term. */
export const depthBits = (depth: number) => Math.ceil(Math.log2(depth));

/** Measures the bits that a tensor spans, in `PARTS` parts. */
export function measureRange(x: Operand, scratch: KernelContext<unknown>['scratch']) {
  const ranges = scratch({ shape: [PARTS, 4], dtype: 'u32' });
  const call: KernelCall = {
    shader: rangeShader,
    entry: 'measure',
    constants: rangeConstants,
    bind: { x, ranges },
    sizes: { size: x.size, depthBits: 0 },
    grid: [PARTS / 64],
    auxiliary: true,
  };
  return { ranges, call };
}

/** What the factors span, and how many moduli that takes. */
export function rangeKernels({
  a,
  b,
  plan,
  depth,
  scratch,
}: Pick<KernelContext<unknown>, 'scratch'> & Record<'a' | 'b' | 'plan', Operand> & { depth: number }): KernelCall[] {
  const measured = [a, b].map((x) => measureRange(x, scratch));
  return [
    ...measured.map(({ call }) => call),
    {
      shader: rangeShader,
      entry: 'choose',
      constants: rangeConstants,
      bind: { a_ranges: measured[0].ranges, b_ranges: measured[1].ranges, plan },
      sizes: { size: 0, depthBits: depthBits(depth) },
      grid: [1],
      auxiliary: true,
    },
  ];
}
