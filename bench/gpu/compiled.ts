/** What a driver's compiler says of a kernel. */
import type { Assembly } from './assembly/analyse.ts';
import type { Target } from './gpus.ts';
import type { Kernel } from './workloads.ts';

export interface Compiled extends Pick<Kernel, 'name' | 'shader' | 'depth'> {
  /** Invocations of a workgroup, and of a wave (subgroup). */
  readonly workgroup: number;
  readonly wave: number;
  /** Registers of an invocation, and those that were spilled to memory (NVK: bytes). */
  readonly registers: number;
  readonly spills: number;
  readonly workgroupBytes: number;
  /** Waves that a scheduler may hold at once; null where neither the driver nor the target says. */
  readonly occupancy: number | null;
  readonly assembly: Assembly;
}

/** What the layer writes of a pipeline. */
export interface PipelineLine {
  readonly n: number;
  readonly label: string;
  readonly executables?: readonly {
    readonly subgroupSize: number;
    readonly statistics: Readonly<Record<string, number>>;
  }[];
}

/** Invocations of a workgroup, as the WGSL says. */
function workgroupOf({ code, entry }: Kernel): number {
  const found = new RegExp(`@workgroup_size\\(([^)]*)\\)\\s*fn\\s+${entry}\\b`).exec(code);
  return (found?.[1] ?? '1').split(',').reduce((product, n) => product * Number(n), 1);
}

const BYTES: Readonly<Record<string, number>> = { f32: 4, u32: 4, i32: 4, vec2u: 8, vec4f: 16 };

/** Bytes of the arrays in workgroup memory, as the WGSL declares them. */
function workgroupBytesOf({ code }: Kernel): number {
  const arrays = [...code.matchAll(/var<workgroup>\s+\w+:\s*array<(\w+),\s*(\d+)>/g)];
  return arrays.reduce((sum, [, type, count]) => sum + (BYTES[type] ?? 4) * Number(count), 0);
}

/** Waves of a scheduler that their registers leave room for: NVIDIA gives them in eights. */
const wavesOf = ({ registers: all, waves }: NonNullable<Target['scheduler']>, registers: number): number =>
  Math.min(waves, Math.floor(all / (8 * Math.ceil(registers / 8))));

/** A kernel with what the layer wrote of it. @throws Error where the driver gave no statistics */
export function compiledKernel(
  kernel: Kernel,
  { executables }: PipelineLine,
  assembly: Assembly,
  { scheduler }: Pick<Target, 'scheduler'>,
): Compiled {
  const executable = executables?.at(-1);
  if (executable === undefined) throw new Error(`${kernel.name}: the driver gives no statistics`);
  const { statistics, subgroupSize } = executable;
  const sum = (...names: string[]) => names.reduce((all, name) => all + (statistics[name] ?? 0), 0);
  const registers = sum('VGPRs', 'Number of GPRs');
  return {
    name: kernel.name,
    shader: kernel.shader,
    depth: kernel.depth,
    workgroup: workgroupOf(kernel),
    wave: subgroupSize,
    registers,
    spills: sum('Spilled VGPRs', 'Spilled SGPRs', 'SLM Size'),
    workgroupBytes: statistics['LDS size'] ?? workgroupBytesOf(kernel),
    occupancy: statistics['Subgroups per SIMD'] ?? (scheduler === undefined ? null : wavesOf(scheduler, registers)),
    assembly,
  };
}
