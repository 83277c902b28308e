/**
 * A rough estimate of what a step takes on a GPU, from what the compiler made of its kernels: of each dispatch the longest of
 *
 *   memory: every bound tensor read or written once, at the device's bandwidth;
 *   issue:  the instructions of all waves, one a cycle and scheduler for 32 lanes (slow ones count more: `Mix.slots`);
 *   chain:  one workgroup after the other where they do not all fit, each waiting for its loads in every turn of its loop;
 *
 * and what a dispatch costs by itself. It knows nothing of caches' conflicts, of clocks that fall, of dual issue: good for finding what
 * bounds a kernel and for comparing variants, not for promises.
 */
import type { Compiled } from './compiled.ts';
import type { Gpu } from './gpus.ts';
import { type HotLoop, hotLoop, tiledTurns } from './hotLoop.ts';
import type { Launch } from './workloads.ts';

/** What most of a dispatch's time goes to. */
export type Bound = 'memory' | 'issue' | 'chain' | 'dispatch';

/** Time of all launches of a kernel, in microseconds, what memory's bandwidth alone would take, and how often each bound holds. */
export interface KernelEstimate {
  readonly name: string;
  readonly calls: number;
  readonly us: number;
  readonly memoryUs: number;
  readonly flops: number;
  readonly bounds: Readonly<Partial<Record<Bound, number>>>;
}

/** Time of a workload on a GPU, in microseconds. */
export interface Estimate {
  readonly gpu: string;
  readonly launches: number;
  readonly us: number;
  readonly memoryUs: number;
  readonly flops: number;
  /** Longest first. */
  readonly kernels: readonly KernelEstimate[];
}

const LANES = 32;

/** What one launch's workgroups are to a GPU. */
interface Spread {
  readonly gpu: Gpu;
  readonly waves: number;
  readonly wavesOfGroup: number;
  /** Workgroups that a core computes in all, and those that it holds at once. */
  readonly perCore: number;
  readonly resident: number;
  /** Microseconds of an issue slot of a wave, on one scheduler. */
  readonly slotUs: number;
}

function spreadOf({ workgroup, wave, registers, workgroupBytes }: Compiled, grid: readonly number[], gpu: Gpu): Spread {
  const groups = grid.reduce((product, n) => product * n, 1);
  const wavesOfGroup = Math.max(1, workgroup / wave);
  const wavesByRegisters = Math.floor((gpu.registers * LANES) / wave / Math.max(1, registers));
  const wavesOfCore = Math.min(wavesByRegisters, gpu.waves) * gpu.simds;
  const byMemory = gpu.workgroupBytes / Math.max(1, workgroupBytes);
  return {
    gpu,
    waves: groups * wavesOfGroup,
    wavesOfGroup,
    perCore: Math.ceil(groups / gpu.cores),
    resident: Math.max(1, Math.floor(Math.min(wavesOfCore / wavesOfGroup, byMemory))),
    slotUs: wave / LANES / gpu.ghz / 1e3,
  };
}

interface Work {
  readonly issueUs: number;
  readonly chainUs: number;
}

/** A kernel with tiles: turns of known number, in which a workgroup waits for its loads unless other workgroups compute meanwhile. */
function tiledWork(
  { gpu, waves, wavesOfGroup, perCore, resident, slotUs }: Spread,
  loop: HotLoop,
  turns: number,
): Work {
  const slots = turns * loop.slots + loop.around;
  // A wave stays on its scheduler: a workgroup of one wave leaves the others idle.
  const groupUs = (wavesOfGroup / Math.min(gpu.simds, wavesOfGroup)) * (slots / turns) * slotUs;
  const coreUs = (wavesOfGroup / gpu.simds) * (slots / turns) * slotUs;
  const aloneUs = loop.prefetches ? Math.max(gpu.cacheUs, groupUs) : gpu.cacheUs + groupUs;
  const turnUs = (together: number) => (together === 0 ? 0 : Math.max(aloneUs, together * coreUs));
  return {
    issueUs: ((waves * slots) / (gpu.cores * gpu.simds)) * slotUs,
    chainUs: turns * (Math.floor(perCore / resident) * turnUs(resident) + turnUs(perCore % resident)),
  };
}

/** Any other kernel: how often its loop turns follows from what it loads. */
function plainWork(spread: Spread, { wave, assembly }: Compiled, loop: HotLoop | null, bytes: number): Work {
  const { gpu, waves, perCore, resident, slotUs } = spread;
  const bytesOfTurn = Math.max(4, loop?.bufferBytes ?? 0) * wave;
  const turns = loop === null ? 1 : Math.max(1, bytes / bytesOfTurn / waves);
  const slots = loop === null ? assembly.whole.slots : loop.slots;
  return {
    issueUs: ((waves * turns * slots) / (gpu.cores * gpu.simds)) * slotUs,
    chainUs: Math.ceil(perCore / resident) * turns * (gpu.loadUs + slots * slotUs),
  };
}

function estimateLaunch(launch: Launch, kernels: readonly Compiled[], gpu: Gpu): KernelEstimate {
  const memoryUs = launch.bytes / gpu.gbs / 1e3;
  const common = { calls: 1, memoryUs, flops: launch.flops };
  if (launch.kernel === null) return { ...common, name: 'copy', us: gpu.dispatchUs + memoryUs, bounds: { memory: 1 } };
  const kernel = kernels[launch.kernel];
  const spread = spreadOf(kernel, launch.grid, gpu);
  const loop = hotLoop(kernel);
  const { issueUs, chainUs } = loop?.tiled
    ? tiledWork(spread, loop, tiledTurns(kernel, launch))
    : plainWork(spread, kernel, loop, launch.bytes);
  const us = Math.max(memoryUs, issueUs, chainUs);
  const bound: Bound =
    us < gpu.dispatchUs ? 'dispatch' : us === memoryUs ? 'memory' : us === issueUs ? 'issue' : 'chain';
  return { ...common, name: kernel.name, us: gpu.dispatchUs + us, bounds: { [bound]: 1 } };
}

function together(a: KernelEstimate, b: KernelEstimate): KernelEstimate {
  const bounds = { ...a.bounds };
  for (const [bound, count] of Object.entries(b.bounds) as [Bound, number][])
    bounds[bound] = (bounds[bound] ?? 0) + count;
  return {
    name: a.name,
    calls: a.calls + b.calls,
    us: a.us + b.us,
    memoryUs: a.memoryUs + b.memoryUs,
    flops: a.flops + b.flops,
    bounds,
  };
}

/** How long a workload takes on a GPU, and where its time goes. */
export function estimate(launches: readonly Launch[], kernels: readonly Compiled[], gpu: Gpu): Estimate {
  const byName = new Map<string, KernelEstimate>();
  for (const each of launches.map((launch) => estimateLaunch(launch, kernels, gpu))) {
    const before = byName.get(each.name);
    byName.set(each.name, before === undefined ? each : together(before, each));
  }
  const all = [...byName.values()].sort((a, b) => b.us - a.us);
  const sum = (key: 'us' | 'memoryUs' | 'flops') => all.reduce((total, kernel) => total + kernel[key], 0);
  return {
    gpu: gpu.name,
    launches: launches.length,
    us: sum('us'),
    memoryUs: sum('memoryUs'),
    flops: sum('flops'),
    kernels: all,
  };
}
