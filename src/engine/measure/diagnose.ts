import type { Device } from '../device/device.ts';
import type { AdapterDescription } from '../device/profile.ts';
import type { Probes } from '../graph/capabilities.ts';

/** What `outlast doctor` says about a device. */
export interface Diagnosis {
  readonly adapter: AdapterDescription;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
  readonly probes: Probes;
  /** How each number format runs here; null: not as it should. */
  readonly precisions: Readonly<Record<string, string | null>>;
  /** Which variant of the kernels was chosen, and why. */
  readonly kernels: string;
}

/** Describes an open device: what it says of itself, what was measured, and what follows from it. */
export async function diagnose(device: Device): Promise<Diagnosis> {
  const {
    gpu,
    adapter,
    capabilities,
    profile: { probes },
  } = device;
  const proved = await device.profile.precisions();
  return {
    adapter,
    features: [...gpu.features].sort(),
    limits: numericLimits(gpu.limits),
    probes,
    precisions: {
      f8: 'words of four codes, computed in f32',
      f16: proved.f16 === null ? null : `${proved.f16}, computed in f32`,
      f32: 'native',
      f32x2: proved.f32x2 ? 'sums of two f32' : null,
      f64: 'integers, bit-exact',
    },
    kernels: capabilities.subgroupsOf8
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
