/** What is told of a target: its kernels, and what the workloads take on its GPUs. */
import type { Compiled } from './compiled.ts';
import { type Estimate, estimate } from './estimate.ts';
import type { Gpu } from './gpus.ts';
import { hotLoop } from './hotLoop.ts';
import type { Launch, PlannedWorkloads } from './workloads.ts';

/** Figures of a kernel. */
export interface KernelRow extends Omit<Compiled, 'assembly' | 'shader' | 'depth'> {
  /** Launches in all workloads. */
  readonly calls: number;
  /** Instructions of the whole kernel. */
  readonly instructions: number;
  /** Issue slots of a turn of the hot loop, of the whole where there is no loop, and those with a multiply-add. */
  readonly slots: number;
  readonly fma: number;
  /** Floating-point operations for each byte that a lane loads from workgroup memory, from buffers; null where it loads none. */
  readonly flopsPerWorkgroupByte: number | null;
  readonly flopsPerBufferByte: number | null;
}

export interface TargetResult {
  readonly target: string;
  readonly driver: string;
  readonly kernels: readonly KernelRow[];
  /** Estimates of each workload, one for each GPU. */
  readonly workloads: Readonly<Record<string, readonly Estimate[]>>;
}

function rowOf(kernel: Compiled, calls: number): KernelRow {
  const { assembly, shader: _, depth: __, ...figures } = kernel;
  const hot = hotLoop(kernel) ?? { ...assembly.whole, fmas: 0 };
  const perByte = (bytes: number) => (bytes === 0 || hot.fmas === 0 ? null : (2 * hot.fmas) / bytes);
  return {
    ...figures,
    calls,
    instructions: assembly.whole.instructions,
    slots: hot.slots,
    fma: hot.fma,
    flopsPerWorkgroupByte: perByte(hot.workgroupBytes),
    flopsPerBufferByte: perByte(hot.bufferBytes),
  };
}

const callsOf = (launches: readonly Launch[], kernel: number) =>
  launches.filter((launch) => launch.kernel === kernel).length;

/** Rows and estimates of what a target's driver compiled. */
export function targetResult(
  target: string,
  gpus: readonly Gpu[],
  { launches }: PlannedWorkloads,
  { driver, kernels }: { readonly driver: string; readonly kernels: readonly Compiled[] },
): TargetResult {
  const all = Object.values(launches).flat();
  return {
    target,
    driver,
    kernels: kernels.map((kernel, i) => rowOf(kernel, callsOf(all, i))),
    workloads: Object.fromEntries(
      Object.entries(launches).map(([name, own]) => [name, gpus.map((gpu) => estimate(own, kernels, gpu))]),
    ),
  };
}
