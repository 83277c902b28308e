/** Dawn, as a browser would offer it: `navigator.gpu` and the GPU constants. It is the same Dawn that outlast uses. */
import { tmpdir } from 'node:os';
import { create, globals } from 'webgpu';

process.env.XDG_RUNTIME_DIR ??= tmpdir();
Object.assign(globalThis, globals);
const navigator = { gpu: create([]), userAgent: 'Node.js', hardwareConcurrency: 2, language: 'en', platform: 'linux' };
Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true, writable: true });
