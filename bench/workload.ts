import {
  compile,
  type Device,
  type Feeds,
  type MapTree,
  type Node,
  type Roofline,
  type Tensor,
  type TensorType,
} from '../src/engine/index.ts';
import { type Subject, summarise } from './measure.ts';
import type { Metric, Row } from './result.ts';

/** Something to measure. */
export interface Workload {
  /** The name of the workload in results: `W1`. */
  readonly name: string;
  /** What is computed, with its sizes. */
  readonly description: string;
  readonly metric: Metric;
  /** Size of the file that the workload is read from: loading it is reported as well. */
  readonly fileBytes?: number;
  /** Compiles the workload and uploads its data. */
  prepare(device: Device): Promise<Prepared>;
}

/** A workload on a device. */
export interface Prepared {
  /** Operations, bytes or images of a run, as the metric counts; for milliseconds, 1. */
  readonly amount: number;
  readonly flops: number;
  /** Resident memory of the process before anything of the workload was loaded; null where the system does not tell. */
  readonly idleBytes?: number | null;
  /** Submits a run and does not wait; an attack, which reads as it goes on, waits for its end. */
  run(): void | Promise<void>;
  /** The first number of the result, after all runs submitted so far. */
  read(): Promise<number>;
  free(): void;
}

/**
 * Compiles a function with one result.
 * @param amount of a run; left out, the operations that the plan counts
 */
export async function prepare<I>(
  device: Device,
  fn: (inputs: MapTree<I, TensorType, Node>) => { readonly result: Node; readonly [also: string]: Node },
  specs: I,
  feeds: Feeds<I>,
  amount?: number,
): Promise<Prepared> {
  const executable = await compile(fn, specs, { device, name: 'bench' });
  let result: Tensor | undefined;
  return {
    amount: amount ?? executable.plan.flops,
    flops: executable.plan.flops,
    run: () => {
      ({ result } = executable.run(feeds));
    },
    read: () => firstNumber(result),
    free: () => executable.free(),
  };
}

/** The number that a run computed. @throws Error before the first run */
export async function firstNumber(tensor: Tensor | undefined): Promise<number> {
  if (tensor === undefined) throw new Error('read before the first run');
  return (await tensor.read())[0];
}

export const subjectOf = (device: Device, { name, prepared }: { name: string; prepared: Prepared }): Subject => ({
  name,
  call: async (times) => {
    for (let i = 0; i < times; i++) await prepared.run();
    await device.settle(name);
  },
});

/** Milliseconds of a run as the metric has it. */
export function rateOf(metric: Metric, amount: number, milliseconds: number): number {
  switch (metric) {
    case 'GFLOP/s':
    case 'GB/s':
      return amount / milliseconds / 1e6;
    case 'images/s':
      return (1000 * amount) / milliseconds;
    case 'ms':
      return milliseconds;
  }
}

/** One line of a result. A network's share of the roofline is that of its floating-point operations; milliseconds alone have none. */
export function rowOf(
  { name, metric }: Pick<Workload, 'name' | 'metric'>,
  system: string,
  { amount, flops }: Pick<Prepared, 'amount' | 'flops'>,
  milliseconds: readonly number[],
  roofline: Roofline,
): Row {
  const rates = summarise(milliseconds.map((each) => rateOf(metric, amount, each)));
  const shares: Readonly<Record<Metric, number | null>> = {
    'GFLOP/s': rates.median / roofline.gflops,
    'GB/s': rates.median / roofline.gbs,
    'images/s': ((rates.median / amount) * flops) / 1e9 / roofline.gflops,
    ms: null,
  };
  return { workload: name, system, metric, ...rates, roofline: shares[metric] };
}
