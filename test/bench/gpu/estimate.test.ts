import { describe, expect, it } from 'vitest';
import { EMPTY, type Mix } from '../../../bench/gpu/assembly/mix.ts';
import { type Compiled, compiledKernel } from '../../../bench/gpu/compiled.ts';
import { estimate } from '../../../bench/gpu/estimate.ts';
import type { Gpu } from '../../../bench/gpu/gpus.ts';
import { planWorkloads } from '../../../bench/gpu/workloads.ts';

/** Ten cores of one scheduler at 1 GHz, which issues an instruction of 32 lanes a nanosecond. */
const gpu: Gpu = {
  ...{ name: 'GPU', cores: 10, simds: 1, ghz: 1, gbs: 100, registers: 512, workgroupBytes: 65_536, waves: 16 },
  ...{ loadUs: 0.5, cacheUs: 0.2, dispatchUs: 3 },
};

const mix = (figures: Partial<Mix>): Mix => ({ ...EMPTY, ...figures });

const kernel = (shader: string, prefetches = false): Compiled => ({
  ...{ name: shader, shader, workgroup: 32, wave: 32, registers: 32, spills: 0, workgroupBytes: 0, occupancy: 16 },
  depth: 16,
  assembly: {
    whole: mix({ slots: 1000, fmas: 512 }),
    loops: [{ ...mix({ slots: 1000, fma: 512, fmas: 512, bufferBytes: 64 }), depth: 0, innermost: true, prefetches }],
  },
});

const launch = { kernel: 0, grid: [10], sizes: { depth: 160, parts: 1 }, flops: 1e6, bytes: 1000 };

describe('the estimate', () => {
  it('of tiles is a wait and the slots of each turn, on every core', () => {
    // One workgroup on each core, ten turns of 16: 0.2 µs for the load and 1000 slots of 1 ns. A dispatch is 3 µs.
    expect(estimate([launch], [kernel('matmul/shared')], gpu)).toMatchObject({ us: 3 + 10 * 1.2, launches: 1 });
  });

  it('of tiles that prefetch is the longer of both', () => {
    expect(estimate([launch], [kernel('matmul/shared', true)], gpu).us).toBeCloseTo(3 + 10 * 1, 9);
  });

  it('of many workgroups on a core is their slots', () => {
    const many = { ...launch, grid: [40] };
    expect(estimate([many], [kernel('matmul/shared')], gpu).us).toBeCloseTo(3 + 10 * 4, 9);
  });

  it('of a copy is that of memory, and a dispatch', () => {
    const copy = { kernel: null, grid: [], sizes: {}, flops: 0, bytes: 1e6 };
    expect(estimate([copy], [], gpu)).toMatchObject({ us: 13, memoryUs: 10 });
  });

  it('adds up, longest first', () => {
    const launches = [launch, { ...launch, kernel: 1, grid: [40] }, launch];
    const { kernels, us } = estimate(launches, [kernel('matmul/shared'), kernel('conv2d/other')], gpu);
    expect(kernels.map(({ name, calls }) => [name, calls])).toEqual([
      ['matmul/shared', 2],
      ['conv2d/other', 1],
    ]);
    expect(us).toBeCloseTo(kernels[0].us + kernels[1].us, 9);
  });
});

describe('a compiled kernel', () => {
  const code = 'var<workgroup> tile: array<vec4f, 128>;\n@compute @workgroup_size(16, 4)\nfn run() {}';
  const assembly = { whole: EMPTY, loops: [] };
  const nvidia = {
    n: 0,
    label: '0',
    executables: [{ subgroupSize: 32, statistics: { 'Number of GPRs': 81, 'SLM Size': 0 } }],
  };

  it('has what NVK does not tell from its text and registers', () => {
    // Jia et al.: 65,536 registers of an Ampere core, four schedulers, 12 waves each; in eights: 512 / 88 = 5 waves.
    const made = compiledKernel({ name: 'k', shader: 's', entry: 'run', code, depth: 16 }, nvidia, assembly, {
      scheduler: { registers: 512, waves: 12 },
    });
    expect(made).toMatchObject({ workgroup: 64, wave: 32, registers: 81, workgroupBytes: 2048, occupancy: 5 });
  });

  it('needs statistics', () => {
    const line = { n: 0, label: '0' };
    const kernel = { name: 'k', shader: 's', entry: 'run', code, depth: 16 };
    expect(() => compiledKernel(kernel, line, assembly, {})).toThrow('k: the driver gives no statistics');
  });
});

describe('workloads', () => {
  it('name each kernel once, and count the operations of a product', () => {
    const { kernels, launches } = planWorkloads(['W1', 'W1t']);
    expect(launches.W1.reduce((sum, { flops }) => sum + flops, 0)).toBe(2 * 1024 ** 3);
    expect(new Set(kernels.map(({ name }) => name)).size).toBe(kernels.length);
    expect(kernels.every(({ code }) => code.includes('@compute'))).toBe(true);
  });

  it('are named in what is said of an unknown one', () => {
    expect(() => planWorkloads(['W9'])).toThrow(/^--workload: there is no "W9"; there are W1, /);
  });
});
