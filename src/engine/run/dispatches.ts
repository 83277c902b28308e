import type { Device } from '../device/device.ts';
import { compileKernel, type Kernel, packSizes } from '../kernels/kernel.ts';
import type { Dispatch, Plan } from '../plan/plan.ts';

/** A dispatch with its pipeline, and where its sizes begin. */
export interface CompiledDispatch {
  readonly step: Dispatch;
  readonly kernel: Kernel;
  readonly uniformOffset: number;
}

export interface CompiledDispatches {
  readonly of: ReadonlyMap<Dispatch, CompiledDispatch>;
  /** The sizes of all of them; null where no kernel asks for any. */
  readonly uniforms: GPUBuffer | null;
}

const UNIFORM_ALIGNMENT = 256;

/** Pipelines for all dispatches of a plan, and their sizes in one uniform buffer. */
export function compileDispatches(device: Device, { name, prelude, steps }: Plan): CompiledDispatches {
  let bytes = 0;
  const of = new Map<Dispatch, CompiledDispatch>();
  for (const step of [...prelude, ...steps]) {
    if (step.kind === 'copy') continue;
    const kernel = device.queue.capture(step.label, () => compileKernel(device, step.call, step.label));
    of.set(step, { step, kernel, uniformOffset: bytes });
    bytes += Math.ceil((kernel.sizes?.bytes ?? 0) / UNIFORM_ALIGNMENT) * UNIFORM_ALIGNMENT;
  }
  if (bytes === 0) return { of, uniforms: null };
  const data = new ArrayBuffer(bytes);
  for (const { step, kernel, uniformOffset } of of.values())
    packSizes(kernel, step.call, new DataView(data, uniformOffset));
  const uniforms = device.allocate(bytes, `sizes of ${name}`, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST);
  device.gpu.queue.writeBuffer(uniforms, 0, data);
  return { of, uniforms };
}
