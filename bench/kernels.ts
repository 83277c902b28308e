import { compileRoofline, type Device } from '../src/engine/index.ts';
import { layerWorkloads } from './layers.ts';
import { interleave, type Rounds, type Subject, summarise } from './measure.ts';
import { primitiveWorkloads } from './primitives.ts';
import type { Row } from './result.ts';
import { type Prepared, rowOf, subjectOf, type Workload } from './workload.ts';

/** All kernels that can be timed one by one. */
export const kernelWorkloads = (): Workload[] => [
  ...primitiveWorkloads,
  ...layerWorkloads('W4m'),
  ...layerWorkloads('W4'),
];

/** Kernels on one device at a time: their buffers are freed before the next ones are made. */
const GROUP = 12;

/**
 * Times kernels, and the adapter's roofline in the same rounds: both are medians, so that the share that a kernel reaches does not
 * depend on how busy the machine is.
 */
export async function benchKernels(device: Device, workloads: readonly Workload[], rounds: Rounds): Promise<Row[]> {
  const roofline = await compileRoofline(device);
  const single = (name: string, run: () => void): Subject => ({
    name,
    call: async (times) => {
      for (let i = 0; i < times; i++) run();
      await device.settle(name);
    },
  });
  const ceilings = [
    single('register multiply-adds', roofline.arithmetic.run),
    single('storage copy', roofline.copy.run),
  ];
  const peaks: number[] = [];
  const copies: number[] = [];
  const rows: Row[] = [];
  try {
    for (let from = 0; from < workloads.length; from += GROUP) {
      const group = workloads.slice(from, from + GROUP);
      const prepared: Prepared[] = [];
      for (const workload of group) prepared.push(await workload.prepare(device));
      const subjects = group.map(({ name }, i) => subjectOf(device, { name, prepared: prepared[i] }));
      const [peak, copy, ...timings] = await interleave([...ceilings, ...subjects], rounds);
      const gflops = peak.milliseconds.map((each) => roofline.arithmetic.flops / each / 1e6);
      const gbs = copy.milliseconds.map((each) => roofline.copy.bytes / each / 1e6);
      peaks.push(...gflops);
      copies.push(...gbs);
      const ceiling = { gflops: summarise(gflops).median, gbs: summarise(gbs).median };
      rows.push(
        ...group.map((workload, i) => rowOf(workload, 'outlast', prepared[i], timings[i].milliseconds, ceiling)),
      );
      for (const each of prepared) each.free();
    }
  } finally {
    roofline.free();
  }
  const ceilingRow = (workload: string, metric: Row['metric'], rates: readonly number[]): Row => ({
    workload,
    system: 'outlast',
    metric,
    ...summarise(rates),
    roofline: 1,
  });
  return [ceilingRow('register multiply-adds', 'GFLOP/s', peaks), ceilingRow('storage copy', 'GB/s', copies), ...rows];
}
