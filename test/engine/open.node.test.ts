import { expect, test } from 'vitest';
import type { AdapterProfile, Tuning } from '../../src/engine/device/profile.ts';
import { openDevice } from '../../src/engine/open.node.ts';

test('what was measured and tuned of an adapter is known before its device is built, and stays', async () => {
  const asked: Pick<AdapterProfile, 'adapter' | 'capabilities'>[] = [];
  const tuning: Tuning = { variantOf: () => undefined, identity: 'test' };
  const device = await openDevice(async (described) => {
    asked.push(described);
    return tuning;
  });
  try {
    const { adapter, capabilities, probes, precisions } = device.profile;
    expect(asked).toEqual([{ adapter, capabilities }]);
    expect(device.profile.tuning).toBe(tuning);
    expect(capabilities.subgroupsOf8).toBe(probes.subgroupSize === 8);
    // Measured when it is first asked for, and once.
    expect(precisions()).toBe(precisions());
    expect((await precisions()).f16).toBe(device.gpu.features.has('shader-f16') ? 'native' : 'packed');
  } finally {
    device.destroy();
  }
});

test('without a tuning, kernels are the defaults', async () => {
  const device = await openDevice();
  expect(device.profile.tuning).toBeNull();
  device.destroy();
});
