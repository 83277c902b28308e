import { describe, expect, it } from 'vitest';
import { createDevice, Device } from '../../../src/engine/device/device.ts';
import { GpuDeviceLostError, GpuOutOfMemoryError, GpuTimeoutError } from '../../../src/engine/errors.ts';
import { spec } from '../../../src/engine/graph/graph.ts';
import { nodePlatform, requestAdapter } from '../../../src/engine/open.node.ts';
import { openOn } from '../../../src/engine/open.ts';
import { scale } from '../../../src/engine/ops/elementwise/elementwise.ts';
import { matmul } from '../../../src/engine/ops/matmul/matmul.ts';
import { compile } from '../../../src/engine/run/compile.ts';
import { faulty, LOSS, NO_MEMORY, weakest } from '../../support/faultyAdapter.ts';

/** Opens a device that can be made to fail. */
async function openFaulty(waitLimitSeconds = 60) {
  let hangs = 0;
  const platform = { ...nodePlatform(), waitLimitSeconds, onHang: () => void hangs++ };
  const { adapter, fail, counts } = faulty(await requestAdapter(platform));
  return { device: await createDevice(adapter, platform), fail, counts, hangs: () => hangs };
}

/** Three steps of w ← (w · x) / 2 for w = [1 2; 3 4], x = [1 1; 0 2], two steps in a plan: exact in f32. */
async function threeSteps(device: Device): Promise<number[]> {
  const step = await compile(
    ({ w, x }) => ({ w: scale(matmul(w, x), 0.5) }),
    { w: spec([2, 2]), x: spec([2, 2]) },
    { device, name: 'step' },
  );
  const held: GPUBuffer[] = [];
  const tensor = (data: Float32Array) => {
    const made = device.tensor(data, [2, 2]);
    held.push(made.buffer);
    return made;
  };
  try {
    const x = tensor(Float32Array.of(1, 1, 0, 2));
    let w = tensor(Float32Array.of(1, 2, 3, 4));
    for (let i = 0; i < 3; i++) {
      await device.settle();
      w = tensor((await step.run({ w, x }).w.read()) as Float32Array);
    }
    return [...((await w.read()) as Float32Array)];
  } finally {
    for (const buffer of held) device.release(buffer);
    step.free();
  }
}

/** By hand: w → [0.5 2.5; 1.5 5.5] → [0.25 2.75; 0.75 6.25] → [0.125 2.875; 0.375 6.625]. */
const RIGHT = [0.125, 2.875, 0.375, 6.625];

describe('a device that fails', () => {
  it('lost at whichever submission, the error says that it was, at what and why; no figure comes', async () => {
    const { device, fail, counts } = await openFaulty();
    fail({});
    expect(await threeSteps(device)).toEqual(RIGHT);
    const { submits } = counts();
    expect(submits).toBeGreaterThan(6);
    device.destroy();
    for (let lostAtSubmit = 1; lostAtSubmit <= submits; lostAtSubmit++) {
      const lost = await openFaulty();
      lost.fail({ lostAtSubmit });
      const error = await threeSteps(lost.device).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(GpuDeviceLostError);
      expect((error as Error).message).toMatch(
        new RegExp(`^(reading .*f32\\[2, ?2\\].*|submitted work): the device was lost \\(.+\\): ${LOSS}$`),
      );
      expect(lost.device.broken).toBeInstanceOf(GpuDeviceLostError);
      // What comes after it meets the same.
      await expect(threeSteps(lost.device)).rejects.toThrow(`: ${LOSS}`);
    }
  });

  it('a device that its user gives back is not lost', async () => {
    const { device } = await openFaulty();
    device.destroy();
    await device.gpu.lost;
    expect(device.broken).toBeNull();
  });

  it('without memory for whichever buffer, the error names it; the device goes on', async () => {
    const { device, fail, counts } = await openFaulty();
    fail({});
    await threeSteps(device);
    const { buffers } = counts();
    device.destroy();
    const named: string[] = [];
    for (let outOfMemoryAtBuffer = 1; outOfMemoryAtBuffer <= buffers; outOfMemoryAtBuffer++) {
      const full = await openFaulty();
      full.fail({ outOfMemoryAtBuffer });
      const error = (await threeSteps(full.device).catch((thrown: unknown) => thrown)) as GpuOutOfMemoryError;
      expect(error).toBeInstanceOf(GpuOutOfMemoryError);
      expect(error.reason).toBe(NO_MEMORY);
      named.push(error.work);
      expect(full.device.broken).toBeNull();
      expect(await threeSteps(full.device)).toEqual(RIGHT);
      full.device.destroy();
    }
    const tensor = 'tensor f32[2, 2]';
    expect(named).toEqual([
      ...['sizes of step', 'matmul(f32[2, 2], f32[2, 2])', 'scale(f32[2, 2])'],
      ...[tensor, tensor, '256 bytes for reading', tensor, tensor, tensor],
    ]);
  });

  it('a plan that does not fit beside what is there leaves no memory taken', async () => {
    const { device } = await openFaulty();
    const { queue, profile } = device;
    // The sizes of two kernels take 512 bytes, every matrix 16: what does not fit is the sizes, one of two results, a tensor.
    for (const memoryBudget of [511, 527, 543, 559]) {
      const small = new Device(queue, { ...profile, capabilities: { ...profile.capabilities, memoryBudget } });
      await expect(threeSteps(small)).rejects.toThrow(GpuOutOfMemoryError);
      expect(small.allocatedBytes).toBe(0);
    }
    device.destroy();
  });

  it('with a kernel that does not end, the error names it, the platform is told, and giving the device back does not wait', async () => {
    const { device, fail, hangs } = await openFaulty(0.2);
    fail({ hangsAtSubmit: 1 });
    await expect(threeSteps(device)).rejects.toThrow(GpuTimeoutError);
    expect(device.broken?.message).toMatch(
      /^matmul.*: the GPU did not finish within 0.2 s; a kernel may not terminate$/,
    );
    expect(hangs()).toBe(1);
    device.destroy();
    expect(await Promise.race([device.gpu.lost.then(() => 'destroyed'), 'left alone'])).toBe('left alone');
    // The kernel is only said to hang here; a real one keeps its device until the process ends.
    device.gpu.destroy();
  });

  it('with default limits and no optional feature, figures are the same', async () => {
    const platform = nodePlatform();
    const device = await openOn(weakest(await requestAdapter(platform)), platform);
    for (const feature of ['subgroups', 'timestamp-query', 'shader-f16'])
      expect(device.gpu.features.has(feature)).toBe(false);
    expect(device.capabilities.maxStorageBufferBindingSize).toBe(134217728);
    expect(await threeSteps(device)).toEqual(RIGHT);
    device.destroy();
  });
});
