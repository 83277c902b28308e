/** What is compiled for a GPU: the plans of networks and products, as the engine makes them for an adapter that is a GPU. */

import { InputError } from '../../src/base/errors.ts';
import {
  type Capabilities,
  type KernelCall,
  kernelCode,
  labelOf,
  matmul,
  type Node,
  type Plan,
  planFunction,
  spec,
} from '../../src/engine/index.ts';
import { type Precision, planInference, planTraining, resnet } from '../../src/models/index.ts';
import { shaders } from '../../src/shaders/all.ts';

/** A GPU's answers to the engine's probes. Limits are those that WebGPU promises, but for memory. */
export const GPU_CAPABILITIES: Capabilities = {
  subgroupsOf8: false,
  fastWorkgroupMemory: true,
  maxStorageBufferBindingSize: 2 ** 31,
  maxBufferSize: 2 ** 32,
  maxComputeWorkgroupsPerDimension: 65_535,
  memoryBudget: 2 ** 37,
  f16Storage: 'native',
};

type PlanMaker = (capabilities: Capabilities) => Plan;

interface Network {
  readonly depth?: 18 | 50;
  readonly width?: number;
  readonly stem?: 'cifar' | 'imagenet';
  readonly image?: readonly [channels: number, height: number, width: number];
  readonly batch?: number;
  readonly precision?: Precision;
  readonly pass?: 'training' | 'inference';
}

/** A ResNet; W4's where nothing is said. */
function network({
  depth = 18,
  width = 64,
  stem = 'cifar',
  image = [3, 32, 32],
  batch = 16,
  precision,
  pass = 'training',
}: Network): PlanMaker {
  const model = resnet({ depth, width, stem, precision, inChannels: image[0], classes: stem === 'cifar' ? 10 : 1000 });
  const planPass = pass === 'training' ? planTraining : planInference;
  return (capabilities) => planPass(model, { image, batch }, capabilities);
}

/** A product of square matrices. */
const product =
  (side: number, transposeB = false): PlanMaker =>
  (capabilities) =>
    planFunction(
      ({ a, b }) => ({ c: matmul(a, b, { transposeB }) }),
      { a: spec([side, side]), b: spec([side, side]) },
      { name: `product of ${side}`, capabilities },
    );

const imagenet: Network = { depth: 50, stem: 'imagenet', image: [3, 224, 224] };

/** Workloads by the name that `--workload` takes. */
export const workloads: Readonly<Record<string, () => PlanMaker>> = {
  W1: () => product(1024),
  W1t: () => product(1024, true),
  W4: () => network({}),
  W4m: () => network({ width: 16, image: [1, 28, 28], batch: 32 }),
  W4b256: () => network({ batch: 256 }),
  W5: () => network({ pass: 'inference' }),
  R50: () => network(imagenet),
  f16: () => network({ precision: 'f16' }),
  f8: () => network({ precision: 'f8' }),
  f32x2: () => network({ width: 16, precision: 'f32x2' }),
  f64: () => network({ width: 16, precision: 'f64' }),
};

/** Positions of the depth that tiles hold where no constant says it. */
const DEFAULT_DEPTH = 16;

/** One pipeline of the workloads. */
export interface Kernel {
  /** Shader, entry and constants; a fused kernel's formula. */
  readonly name: string;
  /** Path of the shader in src/shaders. */
  readonly shader: string;
  readonly entry: string;
  readonly code: string;
  /** Positions of the depth that a tile in workgroup memory holds, where there is one: the constant DEPTH. */
  readonly depth: number;
}

/** A kernel's launch; `bytes` are those of all tensors that it reads or writes. */
export interface Launch {
  /** Number of the kernel; null: a copy. */
  readonly kernel: number | null;
  readonly grid: readonly number[];
  readonly sizes: KernelCall['sizes'] & {};
  readonly flops: number;
  readonly bytes: number;
}

export interface PlannedWorkloads {
  readonly kernels: readonly Kernel[];
  readonly launches: Readonly<Record<string, readonly Launch[]>>;
}

const pathOf = new Map(Object.entries(shaders).map(([path, text]) => [text, path.replace(/\.wgsl$/, '')]));

/** Constants that tell kernels of one shader apart: numbers and formats, not text that is linked in. */
function constantsText(constants: KernelCall['constants'] = {}): string {
  return Object.entries(constants)
    .filter(([, value]) => /^\w{1,8}$/.test(String(value)))
    .map(([name, value]) => ` ${name}=${value}`)
    .join('');
}

/** Operands of a formula as `x`: a fused kernel's text does not depend on their sizes. */
const formulaOf = (label: string) => label.replaceAll(/\b\w+\[[^\]]*\]/g, 'x');

function nameOf(call: KernelCall, node: Node): string {
  const shader = pathOf.get(call.shader) ?? 'unnamed';
  if (shader === 'elementwise/elementwise') return `elementwise ${node.dtype} ${formulaOf(labelOf(node))}`;
  return `${shader} ${call.entry}${constantsText(call.constants)}`;
}

/** Bytes that a launch reads or writes at least: what its op counts, but no more than what is bound. */
function bytesOf(call: KernelCall, counted: number): number {
  const bound = Object.values(call.bind).reduce((sum, { bytes }) => sum + bytes, 0);
  return counted > 0 ? Math.min(bound, Math.max(counted, bound / 8)) : bound;
}

/**
 * Plans workloads for a GPU.
 * @throws InputError for a name that there is not
 */
export function planWorkloads(names: readonly string[]): PlannedWorkloads {
  const numbers = new Map<string, number>();
  const kernels: Kernel[] = [];
  const taken = new Map<string, number>();
  const numberOf = (call: KernelCall, node: Node): number => {
    const code = kernelCode(call);
    const key = `${call.entry}\n${code}`;
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, kernels.length);
    const name = nameOf(call, node);
    const count = (taken.get(name) ?? 0) + 1;
    taken.set(name, count);
    const shader = pathOf.get(call.shader) ?? 'unnamed';
    const depth = Number(call.constants?.DEPTH ?? DEFAULT_DEPTH);
    kernels.push({ name: count === 1 ? name : `${name} (${count})`, shader, entry: call.entry, code, depth });
    return kernels.length - 1;
  };
  const launches = Object.fromEntries(
    names.map((name) => {
      if (!Object.hasOwn(workloads, name))
        throw new InputError(`--workload: there is no "${name}"; there are ${Object.keys(workloads).join(', ')}`);
      const { steps } = workloads[name]()(GPU_CAPABILITIES);
      return [
        name,
        steps.map((step): Launch => {
          if (step.kind === 'copy') return { kernel: null, grid: [], sizes: {}, flops: 0, bytes: 2 * step.bytes };
          const { call, cost } = step;
          const kernel = numberOf(call, step.node);
          return {
            kernel,
            grid: call.grid,
            sizes: call.sizes ?? {},
            flops: cost.flops,
            bytes: bytesOf(call, cost.bytes),
          };
        }),
      ];
    }),
  );
  return { kernels, launches };
}
