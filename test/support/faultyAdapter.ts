/** An adapter whose device fails when it is told to: what drivers do seldom, at a moment that a test chooses. */

/** Where a device fails, counted from 1 since the faults were given. */
export interface Faults {
  /** The submission at which it is lost. */
  readonly lostAtSubmit?: number;
  /** The buffer for which there is no memory. */
  readonly outOfMemoryAtBuffer?: number;
  /** The submission that never ends. */
  readonly hangsAtSubmit?: number;
  /** The kernel whose results are wrong by a bit. */
  readonly flip?: Flip;
}

/** A bit of one element of what a kernel writes, which is the wrong one in every run. */
export interface Flip {
  /** The kernel: entry point and text; null: every kernel. */
  readonly kernel: string | null;
  /** The element, counted in words of 32 bits; in results that are shorter, what is left when divided by their length. */
  readonly element: number;
  readonly bit: number;
}

export interface FaultyAdapter {
  readonly adapter: GPUAdapter;
  /** Begins to count again, with these faults. */
  fail(faults: Faults): void;
  /** Submissions, buffers and flipped bits since then. */
  counts(): { readonly submits: number; readonly buffers: number; readonly flips: number };
}

export const LOSS = 'injected: the driver was reset';
export const NO_MEMORY = 'injected: no memory';

/** WebGPU's default limits, those of the weakest adapter that there may be (WebGPU, 2025, §3.6.2). */
const DEFAULT_LIMITS = {
  maxStorageBufferBindingSize: 134217728,
  maxBufferSize: 268435456,
  maxStorageBuffersPerShaderStage: 8,
  maxComputeWorkgroupSizeX: 256,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupStorageSize: 16384,
} as const;

/** An object with some of its members replaced; methods of the others stay those of the object itself. */
function replacing<T extends object>(object: T, members: Partial<T>): T {
  return new Proxy(object, {
    get: (target, key) => {
      const value = (key in members ? members : target)[key as keyof T];
      return typeof value === 'function' && !(key in members) ? value.bind(target) : value;
    },
  });
}

/** An adapter of the weakest kind: default limits, no optional feature. */
export const weakest = (adapter: GPUAdapter): GPUAdapter =>
  replacing(adapter, {
    features: new Set() as GPUSupportedFeatures,
    limits: replacing(adapter.limits, DEFAULT_LIMITS as Partial<GPUSupportedLimits>),
  });

/** An adapter whose devices have the faults that it is given. */
export function faulty(adapter: GPUAdapter): FaultyAdapter {
  let faults: Faults = {};
  let submits = 0;
  let buffers = 0;
  let flips = 0;
  const never = new Promise<never>(() => {});

  const requestDevice = async (descriptor?: GPUDeviceDescriptor): Promise<GPUDevice> => {
    const gpu = await adapter.requestDevice(descriptor);
    let hangs = false;
    let lose: (info: GPUDeviceLostInfo) => void = () => {};
    const lost = new Promise<GPUDeviceLostInfo>((resolve) => {
      lose = resolve;
      gpu.lost.then(resolve);
    });
    /** Scopes of errors, each with the one that was injected in it. */
    const scopes: { readonly filter: GPUErrorFilter; injected: GPUError | null }[] = [];
    const workDone = gpu.queue.onSubmittedWorkDone.bind(gpu.queue);
    const queue = replacing(gpu.queue, {
      submit: (commands) => {
        submits++;
        if (submits === faults.lostAtSubmit) {
          lose({ reason: 'unknown', message: LOSS, __brand: 'GPUDeviceLostInfo' });
          gpu.destroy();
        }
        hangs ||= submits === faults.hangsAtSubmit;
        if (!hangs) gpu.queue.submit(commands);
        return undefined;
      },
      onSubmittedWorkDone: () => (hangs ? never : workDone()),
    });
    const createBuffer = (wanted: GPUBufferDescriptor): GPUBuffer => {
      buffers++;
      const refused = buffers === faults.outOfMemoryAtBuffer;
      if (refused) {
        const scope = scopes.findLast(({ filter }) => filter === 'out-of-memory');
        if (scope !== undefined) scope.injected ??= new GPUOutOfMemoryError(NO_MEMORY);
        // A buffer without a use is invalid; that is swallowed here, as it stands for the other error.
        gpu.pushErrorScope('validation');
      }
      const buffer = gpu.createBuffer(refused ? { ...wanted, usage: 0 } : wanted);
      if (refused) void gpu.popErrorScope();
      const mapAsync = buffer.mapAsync.bind(buffer);
      buffer.mapAsync = (...range) => (hangs ? never : mapAsync(...range));
      return buffer;
    };
    return replacing(gpu, {
      lost,
      queue,
      createBuffer,
      ...flipping(
        gpu,
        () => faults.flip,
        () => void flips++,
      ),
      pushErrorScope: (filter) => {
        scopes.push({ filter, injected: null });
        return gpu.pushErrorScope(filter);
      },
      popErrorScope: async () => {
        const injected = scopes.pop()?.injected ?? null;
        const found = await gpu.popErrorScope();
        return injected ?? found;
      },
    });
  };

  return {
    adapter: replacing(adapter, { requestDevice }),
    fail: (given) => {
      faults = given;
      submits = 0;
      buffers = 0;
      flips = 0;
    },
    counts: () => ({ submits, buffers, flips }),
  };
}

const FLIP = `@group(0) @binding(0) var<storage, read_write> words: array<u32>;
  override element: u32;
  override bit: u32;
  @compute @workgroup_size(1) fn flip() { words[element % arrayLength(&words)] ^= 1u << bit; }`;

/** The bindings that the kernels of a text write. */
const writtenBy = (code: string) =>
  [...code.matchAll(/@binding\((\d+)\)\s*var<storage,\s*read_write>/g)].map(([, binding]) => Number(binding));

/** What a device does otherwise so that a kernel's results are wrong: after each of its dispatches another one flips the bit. */
function flipping(gpu: GPUDevice, chosen: () => Flip | undefined, onFlip: () => void): Partial<GPUDevice> {
  const codes = new WeakMap<GPUShaderModule, string>();
  const names = new WeakMap<GPUComputePipeline, string>();
  const written = new WeakMap<GPUComputePipeline, readonly number[]>();
  const entries = new WeakMap<GPUBindGroup, readonly GPUBindGroupEntry[]>();

  function flipAfter(pass: GPUComputePassEncoder, { element, bit }: Flip, resource: GPUBindingResource): void {
    const module = gpu.createShaderModule({ code: FLIP });
    const pipeline = gpu.createComputePipeline({ layout: 'auto', compute: { module, constants: { element, bit } } });
    const layout = pipeline.getBindGroupLayout(0);
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, gpu.createBindGroup({ layout, entries: [{ binding: 0, resource }] }));
    pass.dispatchWorkgroups(1);
  }

  const beginComputePass = (encoder: GPUCommandEncoder, descriptor?: GPUComputePassDescriptor) => {
    const pass = encoder.beginComputePass(descriptor);
    let pipeline: GPUComputePipeline | undefined;
    let group: GPUBindGroup | undefined;
    return replacing(pass, {
      setPipeline: (next) => {
        pipeline = next;
        return pass.setPipeline(next);
      },
      setBindGroup: (index: number, next: GPUBindGroup | null | undefined) => {
        group = next ?? undefined;
        return pass.setBindGroup(index, next);
      },
      dispatchWorkgroups: (...grid) => {
        pass.dispatchWorkgroups(...grid);
        const flip = chosen();
        if (flip === undefined || pipeline === undefined || group === undefined) return undefined;
        if (flip.kernel !== null && names.get(pipeline) !== flip.kernel) return undefined;
        const bindings = written.get(pipeline);
        const entry = entries.get(group)?.find(({ binding }) => bindings?.includes(binding));
        if (entry === undefined) return undefined;
        flipAfter(pass, flip, entry.resource);
        onFlip();
        return undefined;
      },
    });
  };
  return {
    createShaderModule: (descriptor) => {
      const module = gpu.createShaderModule(descriptor);
      codes.set(module, descriptor.code);
      return module;
    },
    createComputePipeline: (descriptor) => {
      const pipeline = gpu.createComputePipeline(descriptor);
      const code = codes.get(descriptor.compute.module) ?? '';
      const name = `${descriptor.compute.entryPoint}\n${code}`;
      names.set(pipeline, name);
      written.set(pipeline, writtenBy(code));
      return pipeline;
    },
    createBindGroup: (descriptor) => {
      const group = gpu.createBindGroup(descriptor);
      entries.set(group, [...descriptor.entries]);
      return group;
    },
    createCommandEncoder: (descriptor) => {
      const encoder = gpu.createCommandEncoder(descriptor);
      return replacing(encoder, { beginComputePass: (each) => beginComputePass(encoder, each) });
    },
  };
}
