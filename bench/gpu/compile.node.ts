/**
 * Compiles kernels on whatever Vulkan device there is: `node compile.mjs KERNELS.json`, a list of { entry, code }. The layer beside it
 * writes what the driver made of each. Runs in a process of its own, also in another root with another driver.
 */
import { readFileSync } from 'node:fs';
import { create, globals } from 'webgpu';

Object.assign(globalThis, globals);
const gpu = create(['enable-dawn-features=allow_unsafe_apis']);
// Dawn crashes when this object is collected.
Object.assign(globalThis, { keptAlive: gpu });
const adapter = await gpu.requestAdapter();
if (adapter === null) throw new Error('the driver offers no adapter');
const wanted: GPUFeatureName[] = ['subgroups', 'shader-f16'];
const device = await adapter.requestDevice({ requiredFeatures: wanted.filter((name) => adapter.features.has(name)) });
process.stdout.write(`${JSON.stringify({ adapter: adapter.info.device, driver: adapter.info.description })}\n`);
const kernels: { entry: string; code: string }[] = JSON.parse(readFileSync(process.argv[2], 'utf8'));
device.pushErrorScope('validation');
kernels.forEach(({ entry, code }, i) => {
  // For the layer, which labels what it writes.
  Object.assign(process.env, { GPU_LAYER_LABEL: i });
  const module = device.createShaderModule({ code });
  device.createComputePipeline({ layout: 'auto', compute: { module, entryPoint: entry } });
});
const error = await device.popErrorScope();
if (error !== null) throw new Error(error.message);
// Neither Dawn nor a driver without hardware needs to tidy up.
process.kill(process.pid, 'SIGKILL');
