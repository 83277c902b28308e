import { tmpdir, totalmem } from 'node:os';
import { create, globals } from 'webgpu';
import { settingsOf } from '../base/environment.ts';
import { withoutDawnNotes } from './device/dawnNotes.node.ts';
import type { Device } from './device/device.ts';
import { noteHang } from './device/hang.node.ts';
import type { Platform } from './device/platform.ts';
import { DeviceError } from './errors.ts';
import { openOn, type RecallTuning } from './open.ts';

/** Waiting starts with plain polling, which is quickest for short work, and turns to sleeping after this many milliseconds. */
const PATIENCE_MS = 1;

const sleepCell = new Int32Array(new SharedArrayBuffer(4));

/** Blocks this thread for a millisecond in each turn of the event loop, so that Dawn's polling leaves the cores to the GPU's threads. */
async function poll<T>(promise: Promise<T>): Promise<T> {
  let pending = true;
  const start = performance.now();
  const turn = () => {
    if (!pending) return;
    if (performance.now() - start > PATIENCE_MS) Atomics.wait(sleepCell, 0, 0, 1);
    setImmediate(turn);
  };
  setImmediate(turn);
  try {
    return await promise;
  } finally {
    pending = false;
  }
}

/** What the engine has of Node. @throws InputError the environment says what it cannot */
export const nodePlatform = (): Platform => ({
  ...settingsOf(process.env),
  poll,
  onHang: noteHang,
  processorSeconds: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
  // A software adapter's tensors live in the machine's memory and never report that it is full.
  memoryBudget: totalmem() * 0.7,
  backend: process.platform === 'darwin' ? 'metal' : process.platform === 'win32' ? 'd3d12' : 'vulkan',
  print: (text) => process.stderr.write(`${text}\n`),
});

/** Dawn crashes when the object that `create` returned is collected. */
const keptAlive: GPU[] = [];

/** The `GPU` of this process. */
function openGpu(): GPU {
  if (keptAlive.length === 0) {
    Object.assign(globalThis, globals);
    // Mesa complains on stderr when it has no folder for sockets.
    process.env.XDG_RUNTIME_DIR ??= tmpdir();
    keptAlive.push(create(['enable-dawn-features=allow_unsafe_apis']));
  }
  return keptAlive[0];
}

/** The machine's WebGPU adapter, through Dawn. @throws DeviceError when there is none */
export async function requestAdapter({ debug }: Platform): Promise<GPUAdapter> {
  const gpu = openGpu();
  const request = () => gpu.requestAdapter({ powerPreference: 'high-performance' });
  const adapter = await (debug > 0 ? request() : withoutDawnNotes(request));
  if (adapter === null)
    throw new DeviceError(
      'no WebGPU adapter was found: install a Vulkan driver (on Linux `npm run prestart` does so in a checkout, and `npx outlast-setup` elsewhere)',
    );
  return adapter;
}

/**
 * Opens the machine's WebGPU device.
 * @param recallTuning finds what was tuned on this machine before; without it, kernels are the defaults
 * @throws DeviceError when there is no adapter
 * @throws InputError when a variable of the environment has a value that it cannot have, see `ENVIRONMENT`
 */
export async function openDevice(recallTuning?: RecallTuning): Promise<Device> {
  const platform = nodePlatform();
  return openOn(await requestAdapter(platform), platform, recallTuning);
}
