import type { Device } from '../device/device.ts';
import { pipelineCount } from '../kernels/kernel.ts';
import type { Plan } from '../plan/plan.ts';
import type { Executable, Feeds } from '../run/compile.ts';
import type { Roofline } from './roofline.ts';

/** All dispatches of one entry point of one op. */
export interface KernelProfile {
  /** Op and entry point. */
  readonly name: string;
  readonly calls: number;
  /** Device milliseconds of all calls together. */
  readonly milliseconds: number;
  readonly gflops: number;
  /** Bytes that the op has to move at least, a second. */
  readonly gbs: number;
  /** Share of what the roofline allows for this many operations and bytes; 1 is perfect. */
  readonly roofline: number;
}

export interface StepTiming {
  readonly name: string;
  /** Op with its operands. */
  readonly label: string;
  readonly milliseconds: number;
}

/** Where an executable's time and memory go. */
export interface Profile {
  readonly kernels: readonly KernelProfile[];
  readonly roofline: Roofline;
  /** Where the kernels' times come from. */
  readonly clock: 'timestamp queries' | 'wall clock';
  /** Wall milliseconds of a warm run with a single submit. */
  readonly milliseconds: number;
  /** Milliseconds that the processor takes to encode and submit a run. */
  readonly encodeMilliseconds: number;
  /** Wall milliseconds of the first run beyond a warm one: the driver's compilation of all pipelines. */
  readonly coldMilliseconds: number;
  readonly pipelines: number;
  readonly dispatches: number;
  readonly submits: number;
  readonly peakBytes: number;
  readonly flops: number;
  /** In order of execution. */
  readonly timeline: readonly StepTiming[];
}

/** Runs of which the quickest counts. */
const RUNS = 5;

/** Profiles a compiled function that has not been run yet, so that its first run shows the cost of compilation. */
export async function profile<I, O>(
  device: Device,
  executable: Executable<I, O>,
  feeds: Feeds<I>,
  roofline: Roofline,
): Promise<Profile> {
  const wall = async () => {
    const start = performance.now();
    executable.run(feeds);
    const encoded = performance.now();
    await device.settle('profile');
    return { total: performance.now() - start, encode: encoded - start };
  };
  const first = await wall();
  const runs = [];
  for (let i = 0; i < RUNS; i++) runs.push(await wall());
  const quickest = runs.reduce((a, b) => (b.total < a.total ? b : a));
  const times = await executable.time(feeds);
  const { plan } = executable;
  return {
    kernels: byKernel(plan, times, roofline),
    roofline,
    clock: device.gpu.features.has('timestamp-query') ? 'timestamp queries' : 'wall clock',
    milliseconds: quickest.total,
    encodeMilliseconds: quickest.encode,
    coldMilliseconds: Math.max(0, first.total - quickest.total),
    pipelines: pipelineCount(device),
    dispatches: plan.steps.filter(({ kind }) => kind === 'dispatch').length,
    submits: 1,
    peakBytes: plan.peakBytes,
    flops: plan.flops,
    timeline: plan.steps.map((step, i) => ({ name: nameOf(step), label: step.label, milliseconds: times[i] })),
  };
}

const nameOf = (step: Plan['steps'][number]) =>
  step.kind === 'copy' ? 'copy' : `${step.node.op.name}.${step.call.entry}`;

function byKernel(plan: Plan, times: readonly number[], roofline: Roofline): KernelProfile[] {
  const sums = new Map<string, { calls: number; milliseconds: number; flops: number; bytes: number }>();
  plan.steps.forEach((step, i) => {
    const { flops, bytes } = step.kind === 'copy' ? { flops: 0, bytes: 2 * step.bytes } : step.cost;
    const name = nameOf(step);
    const sum = sums.get(name) ?? { calls: 0, milliseconds: 0, flops: 0, bytes: 0 };
    sums.set(name, {
      calls: sum.calls + 1,
      milliseconds: sum.milliseconds + times[i],
      flops: sum.flops + flops,
      bytes: sum.bytes + bytes,
    });
  });
  const rate = (amount: number, milliseconds: number) => (milliseconds > 0 ? amount / milliseconds / 1e6 : 0);
  return [...sums]
    .map(([name, { calls, milliseconds, flops, bytes }]) => {
      const gflops = rate(flops, milliseconds);
      const gbs = rate(bytes, milliseconds);
      return {
        name,
        calls,
        milliseconds,
        gflops,
        gbs,
        roofline: Math.max(gflops / roofline.gflops, gbs / roofline.gbs),
      };
    })
    .sort((a, b) => b.milliseconds - a.milliseconds);
}

/** A profile as Chrome trace events, which Perfetto opens: one row, the steps one after the other. Times in microseconds. */
export function chromeTrace({ timeline }: Profile): object {
  let now = 0;
  const traceEvents = timeline.map(({ name, label, milliseconds }) => {
    const event = { name, ph: 'X', ts: 1000 * now, dur: 1000 * milliseconds, pid: 1, tid: 1, args: { label } };
    now += milliseconds;
    return event;
  });
  return { traceEvents, displayTimeUnit: 'ms' };
}
