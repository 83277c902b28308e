/** Compiles kernels with a GPU's driver that has no GPU, and says in one line what is missing for it. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../src/base/errors.ts';
import { analyse } from './assembly/analyse.ts';
import { type Compiled, compiledKernel, type PipelineLine } from './compiled.ts';
import type { Target } from './gpus.ts';
import type { Kernel } from './workloads.ts';

/** Where things lie that the compilation needs. */
export interface Places {
  /** The program of `compile.node.ts`, bundled. */
  readonly program: string;
  /** Folder of `layer.c` and `layer.json`. */
  readonly layer: string;
  /** The package of Dawn. */
  readonly dawn: string;
  /** Where results go. */
  readonly out: string;
  /** Root of a Debian with newer drivers; null: this machine's own. */
  readonly root: string | null;
}

/** The drivers' kernels, and what the driver calls itself. */
export interface DriverResult {
  readonly driver: string;
  readonly kernels: readonly Compiled[];
}

const ICD = { radv: 'radeon_icd.json', nvk: 'nouveau_icd.json' } as const;

/** How another root is made: NVK is in Debian from trixie on. */
const MAKE_ROOT =
  'debootstrap --variant=minbase --include=mesa-vulkan-drivers,mesa-drm-shim,libvulkan1 trixie /opt/trixie';

function isThere(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

/** What is missing for a target. @throws InputError one line that says how it is installed */
function checkRequirements({ driver, environment }: Target, root: string | null): void {
  const missing = [
    ...(process.platform === 'linux' && process.arch === 'x64' ? [] : ['Linux on x86-64']),
    ...(isThere('gcc') ? [] : ['gcc (apt install gcc)']),
    ...(existsSync('/usr/include/vulkan/vk_layer.h') ? [] : ['the headers of Vulkan (apt install libvulkan-dev)']),
  ];
  const inRoot = (path: string) => join(root ?? '/', path);
  const { LD_PRELOAD: shim } = environment;
  const driverFiles = [`/usr/share/vulkan/icd.d/${ICD[driver]}`, ...(shim === undefined ? [] : [shim])];
  if (!driverFiles.every((path) => existsSync(inRoot(path))))
    missing.push(
      driver === 'radv'
        ? `RADV ${root === null ? '(apt install mesa-vulkan-drivers)' : `in ${root}`}`
        : `NVK: as root ${MAKE_ROOT}, then --root /opt/trixie`,
    );
  if (root !== null && process.getuid?.() !== 0) missing.push(`root's rights, to run in ${root} (chroot)`);
  if (missing.length > 0) throw new InputError(`gpu: missing ${missing.join('; ')}`);
}

/** The layer's folder, with the library compiled. */
function buildLayer({ layer, out }: Places): string {
  const folder = join(out, 'layer');
  mkdirSync(folder, { recursive: true });
  const flags = ['-O1', '-Wall', '-fPIC', '-shared', '-fvisibility=hidden'];
  execFileSync('gcc', [...flags, join(layer, 'layer.c'), '-o', join(folder, 'liboutlast_gpu.so')]);
  copyFileSync(join(layer, 'layer.json'), join(folder, 'layer.json'));
  return folder;
}

/** Copies into another root what runs there: Node.js, Dawn, the layer and the program. @returns its folder there */
function furnish(root: string, layer: string, { program, dawn }: Places): string {
  const place = join(root, 'outlast-gpu');
  rmSync(place, { recursive: true, force: true });
  cpSync(layer, join(place, 'layer'), { recursive: true });
  copyFileSync(realpathSync(process.execPath), join(place, 'node'));
  const isForLinux = (path: string) => !/darwin|win32|arm64/.test(path);
  cpSync(dawn, join(place, 'node_modules/webgpu'), { recursive: true, filter: isForLinux });
  copyFileSync(program, join(place, 'compile.mjs'));
  return place;
}

/**
 * Compiles kernels for a target.
 * @throws InputError in one line where something is missing for it
 */
export function compileFor(name: string, target: Target, kernels: readonly Kernel[], places: Places): DriverResult {
  const { root, out } = places;
  checkRequirements(target, root);
  const layer = buildLayer(places);
  const results = join(out, name);
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  const place = root === null ? null : furnish(root, layer, places);
  // Paths as the child sees them.
  const folder = place === null ? results : '/outlast-gpu/results';
  const written = place === null ? results : join(place, 'results');
  mkdirSync(written, { recursive: true });
  writeFileSync(join(written, 'kernels.json'), JSON.stringify(kernels.map(({ entry, code }) => ({ entry, code }))));
  const environment = {
    ...target.environment,
    VK_DRIVER_FILES: `/usr/share/vulkan/icd.d/${ICD[target.driver]}`,
    VK_ICD_FILENAMES: `/usr/share/vulkan/icd.d/${ICD[target.driver]}`,
    VK_LAYER_PATH: place === null ? layer : '/outlast-gpu/layer',
    VK_INSTANCE_LAYERS: 'VK_LAYER_OUTLAST_gpu',
    MESA_SHADER_CACHE_DISABLE: 'true',
    XDG_RUNTIME_DIR: '/tmp',
    GPU_LAYER_FOLDER: folder,
  };
  const set = Object.entries(environment).map(([key, value]) => `${key}=${value}`);
  const [node, program] =
    place === null ? [process.execPath, places.program] : ['/outlast-gpu/node', '/outlast-gpu/compile.mjs'];
  const [command, ...before] = root === null ? ['env'] : ['chroot', root, '/usr/bin/env'];
  const { stdout, stderr } = spawnSync(command, [...before, ...set, node, program, join(folder, 'kernels.json')], {
    encoding: 'utf8',
  });
  if (place !== null) cpSync(written, results, { recursive: true });
  return { driver: driverOf(stdout, stderr), kernels: readResults(results, kernels, target) };
}

/** The first line of the child: the adapter. @throws Error with what the child complained of */
function driverOf(stdout: string, stderr: string): string {
  const [first] = stdout.split('\n');
  if (first === '') throw new Error(`gpu: nothing was compiled: ${stderr.trim().split('\n').at(-1)}`);
  const { adapter, driver }: { adapter: string; driver: string } = JSON.parse(first);
  return `${adapter}, ${driver}`;
}

function readResults(folder: string, kernels: readonly Kernel[], target: Target): Compiled[] {
  const file = join(folder, 'pipelines.jsonl');
  const text = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  const lines = text.split('\n').map((line): PipelineLine => JSON.parse(line));
  return kernels.map((kernel, i) => {
    const line = lines.find(({ label }) => label === String(i));
    if (line === undefined) throw new Error(`gpu: ${kernel.name} was not compiled`);
    const path = (ending: string) => join(folder, `${String(line.n).padStart(4, '0')}.${ending}`);
    writeFileSync(path('wgsl'), kernel.code);
    const assembly = existsSync(path('asm')) ? analyse(readFileSync(path('asm'), 'utf8')) : null;
    if (assembly === null) throw new Error(`gpu: the driver gives no assembly of ${kernel.name}`);
    return compiledKernel(kernel, line, assembly, target);
  });
}
