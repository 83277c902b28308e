import { expect, it } from 'vitest';
import { measureConversion } from '../../../bench/fidelity/conversions.ts';
import { Device } from '../../../src/engine/device/device.ts';
import { defineOp, spec } from '../../../src/engine/graph/graph.ts';
import { kernelCode } from '../../../src/engine/kernels/code.ts';
import { probePrecision } from '../../../src/engine/measure/precisionProbes.ts';
import { compile } from '../../../src/engine/run/compile.ts';
import arithmeticShader from '../../../src/shaders/elementwise/arithmetic.wgsl';
import { useDevice } from '../../support/checkOp.ts';

const device = useDevice();

it('finds what this device offers', async () => {
  const { f32x2, f16 } = await probePrecision(device());
  expect(f32x2).toBe(true);
  // Adapters without shader-f16 use words, and every adapter can.
  expect(f16).toBe(device().gpu.features.has('shader-f16') ? 'native' : 'packed');
});

it('both ways of storing f16 are exact', async () => {
  const { f16 } = await probePrecision(device());
  for (const f16Storage of new Set(['packed', f16 ?? 'packed'] as const)) {
    const precisions = async () => ({ f32x2: true, f16: f16Storage });
    const storing = new Device(device().queue, { ...device().profile, precisions });
    for (const [from, to] of [
      ['f32', 'f16'],
      ['f16', 'f32'],
      ['f64', 'f16'],
      ['f16', 'f8e4m3'],
      ['f8e5m2', 'f16'],
    ] as const)
      expect(await measureConversion(storing, from, to, { cases: 70_001, seed: 2 })).toMatchObject({ wrong: 0 });
  }
});

it('the sum is hidden from the compiler: without that, error terms are lost where the device says so', async () => {
  // The module with `f32x2_opaque` made the identity.
  const naked = defineOp({
    name: 'naked sum',
    infer: ([a]) => a,
    derivative: null,
    kernel: ({ inputs: [a, b], output: y }) => ({
      shader: kernelCode({
        shader: arithmeticShader,
        constants: { T: 'f32x2', PLACES: 1, OPERATION: 'add', BINARY: 1, COMPARISON: 0 },
      }).replace('return bitcast<f32>(bitcast<u32>(x) ^ f32x2_zero);', 'return x;'),
      entry: 'arithmetic',
      bind: { a, b, y },
      sizes: { size: y.size, zero: 0 },
      grid: [1],
    }),
    cost: () => ({ flops: 0, bytes: 0 }),
  });
  const type = spec([1], 'f32x2');
  const sum = await compile(({ a, b }) => ({ y: naked([a, b], {}) }), { a: type, b: type }, { device: device() });
  const { y } = sum.run({ a: Float64Array.of(1), b: Float64Array.of(2 ** -30) });
  const [result] = await y.read();
  sum.free();
  expect(result).toBe(device().profile.probes.twoSumExact ? 1 + 2 ** -30 : 1);
});
