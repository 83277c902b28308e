import type { Device } from '../device/device.ts';
import type { Copy, Dispatch } from '../plan/plan.ts';

/** Memory from an offset of a buffer on. */
export interface BufferRange {
  readonly buffer: GPUBuffer;
  readonly offset: number;
}

interface BoundCopy {
  readonly step: Copy;
  readonly from: BufferRange;
  readonly to: BufferRange;
}

interface BoundDispatch {
  readonly step: Dispatch;
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
}

/** A step of a plan with the buffers and the pipeline it runs with. */
export type BoundStep = BoundCopy | BoundDispatch;

const isDispatch = (bound: BoundStep): bound is BoundDispatch => bound.step.kind === 'dispatch';

function dispatch(pass: GPUComputePassEncoder, bound: BoundDispatch): void {
  const [x, y = 1, z = 1] = bound.step.call.grid;
  pass.setPipeline(bound.pipeline);
  pass.setBindGroup(0, bound.group);
  pass.dispatchWorkgroups(x, y, z);
}

function copy(encoder: GPUCommandEncoder, { from, to, step }: BoundCopy): void {
  encoder.copyBufferToBuffer(from.buffer, from.offset, to.buffer, to.offset, step.bytes);
}

/** All steps in one submit and, as long as nothing is copied, in one pass. */
export function submitTogether(device: Device, name: string, steps: readonly BoundStep[]): void {
  device.queue.capture(name, () => {
    const encoder = device.gpu.createCommandEncoder({ label: name });
    let pass: GPUComputePassEncoder | null = null;
    for (const bound of steps) {
      if (isDispatch(bound)) {
        pass ??= encoder.beginComputePass({ label: name });
        dispatch(pass, bound);
      } else {
        pass?.end();
        pass = null;
        copy(encoder, bound);
      }
    }
    pass?.end();
    device.gpu.queue.submit([encoder.finish()]);
  });
}

/** A submit for each step, so that an error or a kernel that does not end is known by its own name. */
export function submitOneByOne(device: Device, steps: readonly BoundStep[]): void {
  for (const bound of steps) {
    const { label } = bound.step;
    device.queue.capture(label, () => {
      const encoder = device.gpu.createCommandEncoder({ label });
      record(encoder, bound);
      device.gpu.queue.submit([encoder.finish()]);
      device.queue.follow(label);
    });
  }
}

function record(encoder: GPUCommandEncoder, bound: BoundStep, timestampWrites?: GPUComputePassTimestampWrites): void {
  if (!isDispatch(bound)) {
    copy(encoder, bound);
    return;
  }
  const pass = encoder.beginComputePass({ label: bound.step.label, timestampWrites });
  dispatch(pass, bound);
  pass.end();
}

/** WebGPU's limit on the queries of one set, two for each step. */
const STEPS_PER_QUERY_SET = 2048;

/**
 * A pass for each step, with the time that it took on the device.
 * @returns milliseconds of each step: from timestamp queries, or, where the device has none, from the wall clock around a submit of
 * its own, which adds the cost of submitting and waiting; copies count as 0 with timestamps
 */
export async function submitTimed(device: Device, steps: readonly BoundStep[]): Promise<number[]> {
  const milliseconds: number[] = [];
  if (!device.gpu.features.has('timestamp-query')) {
    for (const bound of steps) {
      const start = performance.now();
      submitOneByOne(device, [bound]);
      await device.settle(bound.step.label);
      milliseconds.push(performance.now() - start);
    }
    return milliseconds;
  }
  for (let from = 0; from < steps.length; from += STEPS_PER_QUERY_SET)
    milliseconds.push(...(await submitWithTimestamps(device, steps.slice(from, from + STEPS_PER_QUERY_SET))));
  return milliseconds;
}

async function submitWithTimestamps(device: Device, steps: readonly BoundStep[]): Promise<number[]> {
  const querySet = device.gpu.createQuerySet({ type: 'timestamp', count: 2 * steps.length });
  const usage = GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC;
  const buffer = device.allocate(16 * steps.length, 'timestamps', usage);
  try {
    device.queue.capture('timestamps', () => {
      const encoder = device.gpu.createCommandEncoder({ label: 'timestamps' });
      steps.forEach((bound, i) => {
        record(encoder, bound, { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 });
      });
      encoder.resolveQuerySet(querySet, 0, 2 * steps.length, buffer, 0);
      device.gpu.queue.submit([encoder.finish()]);
    });
    const words = await device.wrap(buffer, { shape: [4 * steps.length], dtype: 'u32' }).read();
    const nanoseconds = (i: number) => words[2 * i] + words[2 * i + 1] * 2 ** 32;
    return steps.map((bound, i) => (isDispatch(bound) ? (nanoseconds(2 * i + 1) - nanoseconds(2 * i)) / 1e6 : 0));
  } finally {
    device.release(buffer);
    querySet.destroy();
  }
}
