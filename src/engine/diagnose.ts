import type { Probes } from './capabilities.ts';
import type { AdapterDescription, Device } from './device.ts';

/** What `outlast doctor` tells of a device. */
export interface Diagnosis {
  readonly adapter: AdapterDescription;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
  readonly probes: Probes;
  /** How each number format runs here. */
  readonly precisions: Readonly<Record<string, 'native'>>;
  /** Which variant of the kernels was chosen, and why. */
  readonly kernels: string;
}

/** Describes an open device: what it says of itself, what was measured, and what follows from it. */
export function diagnose(device: Device): Diagnosis {
  const { gpu, adapter, probes } = device;
  return {
    adapter,
    features: [...gpu.features].sort(),
    limits: numericLimits(gpu.limits),
    probes,
    precisions: { f32: 'native' },
    kernels:
      probes.subgroupSize === 8
        ? 'subgroup tiles: a workgroup of 8 is one subgroup'
        : 'portable tiles in the registers of each thread: no subgroups of exactly 8 lanes',
  };
}

/** The limits are getters of a prototype, which JSON does not see. */
function numericLimits(limits: GPUSupportedLimits): Record<string, number> {
  const values: Record<string, number> = {};
  for (const name in limits) {
    const value = limits[name as keyof GPUSupportedLimits];
    if (typeof value === 'number') values[name] = value;
  }
  return values;
}
