import { describe, expect, it } from 'vitest';
import { benchKernels, kernelWorkloads } from '../../bench/kernels.ts';
import { convolutionsOf } from '../../bench/layers.ts';
import { machineNow } from '../../bench/machine.node.ts';
import { modelOf } from '../../bench/networks.ts';
import { networkOf } from '../../bench/peers/network.mjs';
import { primitiveWorkloads } from '../../bench/primitives.ts';
import { benchResult } from '../../bench/result.ts';
import { rateOf, rowOf } from '../../bench/workload.ts';
import { useDevice } from '../support/checkOp.ts';

const device = useDevice();

describe('rates', () => {
  it('of 2·10⁹ operations, 3·10⁹ bytes and 16 images in 100 ms', () => {
    expect(rateOf('GFLOP/s', 2e9, 100)).toBe(20);
    expect(rateOf('GB/s', 3e9, 100)).toBe(30);
    expect(rateOf('images/s', 16, 100)).toBe(160);
    expect(rateOf('ms', 1, 100)).toBe(100);
  });

  it('are shares of the roofline; a network counts by its operations', () => {
    const share = (metric: 'GFLOP/s' | 'GB/s' | 'images/s' | 'ms', amount: number) =>
      rowOf({ name: 'W', metric }, 'outlast', { amount, flops: 5e9 }, [100], { gflops: 200, gbs: 60 }).roofline;
    expect(share('GFLOP/s', 2e9)).toBe(0.1);
    expect(share('GB/s', 3e9)).toBe(0.5);
    // 5 GFLOP in 0.1 s are 50 of 200 GFLOP/s.
    expect(share('images/s', 16)).toBeCloseTo(0.25, 12);
    expect(share('ms', 1)).toBeNull();
  });
});

describe('kernels', () => {
  it('are each convolution shape of ResNet-18 (He et al., table 1, with the 3×3 stem) forward and backward', () => {
    const shapes = convolutionsOf(modelOf(networkOf('W4')), [16, 3, 32, 32]);
    // In each of three stages a 3×3 and a 1×1 of stride 2 and a 3×3 of stride 1; before, the stem and the first stage's 3×3.
    expect(
      shapes.map(({ x, weight, stride }) => `${weight[1]} ${weight[0]}>${weight[3]} /${stride} ${x[2]}`).sort(),
    ).toEqual(
      [
        '3 3>64 /1 32',
        '3 64>64 /1 32',
        ...[64, 128, 256].flatMap((from, stage) => [
          `3 ${from}>${2 * from} /2 ${32 >> stage}`,
          `1 ${from}>${2 * from} /2 ${32 >> stage}`,
          `3 ${2 * from}>${2 * from} /1 ${16 >> stage}`,
        ]),
      ].sort(),
    );
    const names = kernelWorkloads().map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('W4 conv 1x1 256->512 stride 2 at 8x8 by input');
    // A first layer needs no gradient of the images.
    expect(names.filter((name) => name.includes(' 3->64 '))).toHaveLength(2);
  });

  it('give a result of the documented form, and the roofline of the same run', async () => {
    const [, , , batchNorm] = primitiveWorkloads;
    const pool = kernelWorkloads().find(({ name }) => name === 'W4m average pool backward')!;
    const rows = await benchKernels(device(), [batchNorm, pool], { rounds: 2, slice: 1 });
    const result = benchResult.parse({ adapter: device().adapter, machine: machineNow(), rows, ratios: [] });
    expect(result.rows.map(({ workload, metric, runs }) => [workload, metric, runs])).toEqual([
      ['register multiply-adds', 'GFLOP/s', 2],
      ['storage copy', 'GB/s', 2],
      ['W3', 'GB/s', 2],
      ['W4m average pool backward', 'GB/s', 2],
    ]);
    const [, copy, w3] = result.rows;
    expect(w3.roofline).toBeCloseTo(w3.median / copy.median, 12);
    for (const { min, median, max } of result.rows) expect(min <= median && median <= max && min > 0).toBe(true);
  });
});
