import { createDevice, Device } from './device/device.ts';
import type { Platform } from './device/platform.ts';
import type { AdapterProfile, Tuning } from './device/profile.ts';
import type { PrecisionProbes } from './graph/capabilities.ts';
import { probePrecision } from './measure/precisionProbes.ts';
import { probe } from './measure/probes.ts';

/** Finds the variants of kernels that were measured to be quick on an adapter before; null: there are none. */
export type RecallTuning = (adapter: Pick<AdapterProfile, 'adapter' | 'capabilities'>) => Promise<Tuning | null>;

/** Opens a device on an adapter: measures what no specification promises, and then builds the device that follows it. */
export async function openOn(
  adapter: GPUAdapter,
  platform: Platform,
  recallTuning: RecallTuning = async () => null,
): Promise<Device> {
  const unmeasured = await createDevice(adapter, platform);
  const probes = await probe(unmeasured);
  const described = {
    adapter: unmeasured.adapter,
    capabilities: { ...unmeasured.capabilities, subgroupsOf8: probes.subgroupSize === 8 },
  };
  let proved: Promise<PrecisionProbes> | undefined;
  const device: Device = new Device(unmeasured.queue, {
    ...described,
    probes,
    tuning: await recallTuning(described),
    precisions: () => {
      proved ??= probePrecision(device);
      return proved;
    },
  });
  return device;
}
