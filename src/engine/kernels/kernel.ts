import { ResourceType, type StructInfo, type VariableInfo, WgslReflect } from 'wgsl_reflect/wgsl_reflect.module.js';
import type { Device } from '../device/device.ts';
import type { KernelCall } from '../graph/op.ts';
import { kernelCode, kernelLines, listingOf } from './code.ts';
import { outlineOf } from './outline.ts';

/** Name of the uniform struct variable in every kernel file. */
const SIZES = 'sizes';

interface Binding {
  readonly variable: string;
  readonly binding: number;
  readonly type: GPUBufferBindingType;
}

interface Member {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
  readonly scalar: 'u32' | 'i32' | 'f32';
}

/** A compiled entry point, with the interface that was read from its WGSL. */
export interface Kernel {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly bindings: readonly Binding[];
  readonly sizes: { readonly binding: number; readonly bytes: number; readonly members: readonly Member[] } | null;
}

const kernels = new WeakMap<GPUDevice, Map<string, Kernel>>();

/**
 * Compiles a call's entry point, once per device and text.
 * @throws Error when the call does not supply exactly the variables and sizes that the WGSL declares
 */
export function compileKernel(device: Device, call: KernelCall, label: string): Kernel {
  let compiled = kernels.get(device.gpu);
  if (compiled === undefined) {
    compiled = new Map();
    kernels.set(device.gpu, compiled);
  }
  const code = kernelCode(call);
  const key = pipelineKey(call, code);
  let kernel = compiled.get(key);
  if (kernel === undefined) {
    if (device.platform.debug >= 4) device.platform.print(listingOf(kernelLines(call)));
    kernel = build(device, code, call.entry, label);
    compiled.set(key, kernel);
  }
  checkInterface(kernel, call, label);
  return kernel;
}

/** The key of a call's pipeline: calls with equal keys share it. */
export const pipelineKey = (call: KernelCall, code = kernelCode(call)): string => `${call.entry}\n${code}`;

/** How many pipelines a device has compiled: few, because sizes are uniforms. */
export const pipelineCount = (device: Device): number => kernels.get(device.gpu)?.size ?? 0;

function build(device: Device, code: string, entry: string, label: string): Kernel {
  const reflection = reflect(code, label);
  const found = reflection.entry.compute.find(({ name }) => name === entry);
  if (found === undefined) throw new Error(`${label}: the shader has no entry point "${entry}"`);
  const { resources } = found;
  const storage = resources
    .filter(({ resourceType }) => resourceType === ResourceType.Storage)
    .sort((a, b) => a.binding - b.binding);
  const bindings = storage.map((variable) => ({
    variable: variable.name,
    binding: variable.binding,
    type: (variable.access === 'read_write' ? 'storage' : 'read-only-storage') as GPUBufferBindingType,
  }));
  const uniform = resources.find(({ resourceType }) => resourceType === ResourceType.Uniform);
  const entries: GPUBindGroupLayoutEntry[] = bindings.map(({ binding, type }) => ({
    binding,
    visibility: GPUShaderStage.COMPUTE,
    buffer: { type },
  }));
  if (uniform !== undefined)
    entries.push({ binding: uniform.binding, visibility: GPUShaderStage.COMPUTE, buffer: { type: 'uniform' } });
  const name = `${entry} of ${label}`;
  const layout = device.gpu.createBindGroupLayout({ label: name, entries });
  const pipeline = device.gpu.createComputePipeline({
    label: name,
    layout: device.gpu.createPipelineLayout({ label: name, bindGroupLayouts: [layout] }),
    compute: { module: device.gpu.createShaderModule({ label: name, code }), entryPoint: entry },
  });
  return { pipeline, layout, bindings, sizes: uniform === undefined ? null : uniformLayout(uniform) };
}

function reflect(code: string, label: string): WgslReflect {
  try {
    return new WgslReflect(outlineOf(code));
  } catch (error) {
    throw new Error(`${label}: wgsl_reflect cannot read the shader: ${(error as Error).message}`);
  }
}

function uniformLayout(variable: VariableInfo): Kernel['sizes'] {
  if (variable.name !== SIZES) throw new Error(`the uniform of a kernel is called ${SIZES}, not ${variable.name}`);
  const struct = variable.type as StructInfo;
  const members = struct.members.map(({ name, offset, size, type }) => {
    const scalar = /f32|vec\df/.test(JSON.stringify([type.name, elementName(type)]))
      ? 'f32'
      : /i32|vec\di/.test(JSON.stringify([type.name, elementName(type)]))
        ? 'i32'
        : 'u32';
    return { name, offset, bytes: size, scalar: scalar as Member['scalar'] };
  });
  return { binding: variable.binding, bytes: Math.ceil(struct.size / 16) * 16, members };
}

/** Element type of an array or of a generic vector. */
function elementName(type: { name: string }): string {
  const { format } = type as { format?: { name: string } | null };
  return format?.name ?? '';
}

function checkInterface(kernel: Kernel, call: KernelCall, label: string): void {
  const complain = (kind: string, declared: readonly string[], supplied: readonly string[]) => {
    const missing = declared.filter((name) => !supplied.includes(name));
    const unknown = supplied.filter((name) => !declared.includes(name));
    if (missing.length + unknown.length > 0)
      throw new Error(
        `${label}: entry ${call.entry} declares the ${kind} [${declared}], the op supplies [${supplied}]`,
      );
  };
  complain(
    'bindings',
    kernel.bindings.map(({ variable }) => variable),
    Object.keys(call.bind),
  );
  complain('sizes', kernel.sizes?.members.map(({ name }) => name) ?? [], Object.keys(call.sizes ?? {}));
}

/** Writes a call's sizes in the layout that the WGSL declares. */
export function packSizes(kernel: Kernel, call: KernelCall, target: DataView): void {
  for (const { name, offset, bytes, scalar } of kernel.sizes?.members ?? []) {
    const values = [call.sizes?.[name] ?? 0].flat();
    if (values.length * 4 > bytes)
      throw new Error(`${call.entry}: ${values.length} values do not fit into sizes.${name}`);
    values.forEach((value, i) => {
      const at = offset + 4 * i;
      if (scalar === 'f32') target.setFloat32(at, value, true);
      else target.setUint32(at, value >>> 0, true);
    });
  }
}
