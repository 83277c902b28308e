import subgroupShader from '../../shaders/measure/probes.subgroup.wgsl';
import arithmeticShader from '../../shaders/measure/probes.wgsl';
import type { Device } from '../device/device.ts';
import type { Probes } from '../graph/capabilities.ts';
import { defineOp, literal } from '../graph/graph.ts';
import type { Attributes } from '../graph/op.ts';
import { evaluate } from '../run/compile.ts';

/** a, b with fl(a + b) ≠ a + b; the second number is the exact error of the f32 sum. */
const SUMS = [
  { a: 1, b: 2 ** -30, error: 2 ** -30 },
  { a: 2 ** 24, b: 1.5, error: -0.5 },
  { a: -3, b: 2 ** -25, error: 2 ** -25 },
  { a: 2 ** -20, b: 2 ** 10, error: 2 ** -20 },
] as const;

/** (1 + 2⁻¹²)² − (1 + 2⁻¹¹) is 2⁻²⁴ when rounded once and 0 when the product is rounded first. */
const FMA = { operands: [1 + 2 ** -12, 1 + 2 ** -12, -(1 + 2 ** -11)], fused: 2 ** -24 };
const SUBNORMAL = { operands: [2 ** -126, 0.5], kept: 2 ** -127 };
/** Infinity in the lower half, 1.0 in the upper. */
const PACKED = { operands: [1e6, 1], right: 0x3c007c00 };

const arithmetic = defineOp<Attributes>({
  name: 'arithmetic probe',
  infer: () => ({ shape: [3 + SUMS.length], dtype: 'u32' }),
  derivative: null,
  kernel: ({ inputs: [operands], output: results }) => ({
    shader: arithmeticShader,
    entry: 'arithmetic',
    constants: { PAIRS: SUMS.length },
    bind: { operands, results },
    grid: [1],
  }),
  cost: () => ({ flops: 0, bytes: 0 }),
});

const subgroup = defineOp<Attributes>({
  name: 'subgroup probe',
  infer: () => ({ shape: [8], dtype: 'u32' }),
  derivative: null,
  kernel: ({ output: results }) => ({ shader: subgroupShader, entry: 'lanes', bind: { results }, grid: [1] }),
  cost: () => ({ flops: 0, bytes: 0 }),
});

/** Measures a device. Takes two tiny kernels and some milliseconds. */
export async function probe(device: Device): Promise<Probes> {
  const operands = Float32Array.from([
    ...FMA.operands,
    ...SUBNORMAL.operands,
    ...PACKED.operands,
    ...SUMS.flatMap(({ a, b }) => [a, b]),
  ]);
  const nodes = [arithmetic([literal(operands, [operands.length])], {})];
  const hasSubgroups = device.gpu.features.has('subgroups');
  if (hasSubgroups) nodes.push(subgroup([], {}));
  const [bits, lanes] = await evaluate(nodes, device);
  const floats = new Float32Array(bits.buffer);
  return {
    subgroupSize: lanes?.every((size) => size === 8) ? 8 : 0,
    fmaFused: floats[0] === FMA.fused,
    twoSumExact: SUMS.every(({ error }, i) => floats[3 + i] === error),
    f32Subnormals: floats[1] === SUBNORMAL.kept,
    pack2x16Overflow: bits[2] === PACKED.right,
  };
}
