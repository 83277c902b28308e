/** The systems that are compared: installed into folders of their own when they are needed, and run in processes of their own. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder, packageFolder } from '../src/base/folders.node.ts';
import type { System } from './peers.ts';
import { complaintIn, startSession } from './session.node.ts';

const run = promisify(execFile);

/** Variables of a process. */
type Environment = Readonly<Record<string, string>>;

interface PackagedSystem {
  readonly name: string;
  /** Packages with their exact versions. */
  readonly packages: readonly string[];
  /** The program that installs them. */
  readonly from: 'npm' | 'pip';
  /** The name of the system's script in bench/peers. */
  readonly program: string;
  readonly workloads: RegExp;
  /** The folder that its packages are in, its name unless given. */
  readonly folder?: string;
  /** Further words of its command line. */
  readonly words?: readonly string[];
}

const ONNX_RUNTIME = 'onnxruntime-node@1.30.0';

const packagedSystems: readonly PackagedSystem[] = [
  { name: 'jax-js', packages: ['@jax-js/jax@0.1.25'], from: 'npm', program: 'jaxjs.mjs', workloads: /./ },
  // JavaScript, which only a package of Python carries.
  { name: 'borch.ts', packages: ['pyborch==1.14.1'], from: 'pip', program: 'borch.mjs', workloads: /./ },
  {
    name: 'tfjs',
    packages: ['@tensorflow/tfjs@4.22.0', '@tensorflow/tfjs-backend-webgpu@4.22.0'],
    from: 'npm',
    program: 'tfjs.mjs',
    workloads: /./,
  },
  {
    name: 'onnxruntime-node',
    packages: [ONNX_RUNTIME],
    from: 'npm',
    program: 'onnxruntime.mjs',
    workloads: /^(W1|W2f|W5m?)$/,
  },
];

/** What computes networks of ONNX files: two of one package. */
const fileSystems: readonly PackagedSystem[] = ['webgpu', 'cpu'].map((provider) => ({
  name: `onnxruntime-${provider}`,
  folder: 'onnxruntime-node',
  packages: [ONNX_RUNTIME],
  from: 'npm',
  program: 'onnxFile.mjs',
  workloads: /\.onnx$/i,
  words: [provider],
}));

/** Names of everything that networks of ONNX files can be compared on. */
export const filePeerNames: readonly string[] = fileSystems.map(({ name }) => name);

/** Names of everything that outlast can be compared with. */
export const peerNames: readonly string[] = [...packagedSystems.map(({ name }) => name), 'pytorch-cpu'];

/**
 * outlast itself, in a new process of this program.
 * @param tuned whether it follows the choice of kernels that was measured on this machine
 * @param env for its process, beside this one's
 */
export const ownSystem = (tuned: boolean, env: Environment = {}): System => ({
  name: 'outlast',
  runs: () => true,
  start: (workload) =>
    startSession(process.execPath, [process.argv[1], 'bench', 'serve', workload, ...(tuned ? [] : ['--no-tune'])], env),
});

/**
 * The chosen systems that this machine can run, installing what is missing.
 * @param say called with a line on what is installed, or on why a system is left out
 */
export async function availablePeers(chosen: readonly string[], say: (line: string) => void): Promise<System[]> {
  const available = await installed(
    packagedSystems.filter(({ name }) => chosen.includes(name)),
    say,
  );
  if (chosen.includes('pytorch-cpu'))
    try {
      await run('python3', ['-c', 'import torch']);
      const program = join(packageFolder(), 'bench/peers/pytorch.py');
      available.push({
        name: 'pytorch-cpu',
        runs: () => true,
        onlyAlone: true,
        start: (workload) => startSession('python3', [program, '', workload], KEEP_MEMORY),
      });
    } catch (error) {
      say(`pytorch-cpu: not found: ${reasonOf(error)}`);
    }
  return available;
}

/** The chosen ones of `filePeerNames`, as `availablePeers`. @param env for their processes, beside this one's */
export const availableFilePeers = (chosen: readonly string[], env: Environment, say: (line: string) => void) =>
  installed(
    fileSystems.filter(({ name }) => chosen.includes(name)),
    say,
    env,
  );

async function installed(
  systems: readonly PackagedSystem[],
  say: (line: string) => void,
  env: Environment = {},
): Promise<System[]> {
  const available: System[] = [];
  for (const system of systems)
    try {
      const folder = await install(system, say);
      const program = join(packageFolder(), 'bench/peers', system.program);
      available.push({
        name: system.name,
        runs: (workload) => system.workloads.test(workload),
        start: (workload) => startSession(process.execPath, [program, folder, workload, ...(system.words ?? [])], env),
      });
    } catch (error) {
      say(`${system.name}: not installed: ${reasonOf(error)}`);
    }
  return available;
}

/**
 * Left alone, glibc gives every large tensor back to the system and asks for it again: PyTorch is 1.15 to 1.45 times as fast with these.
 */
const KEEP_MEMORY = {
  MALLOC_TRIM_THRESHOLD_: '4000000000',
  MALLOC_MMAP_THRESHOLD_: '4000000000',
  MALLOC_TOP_PAD_: '500000000',
};

/** Attack libraries on PyTorch, and the workload that each can compute. */
const attackLibraries = [
  { name: 'foolbox', workload: 'A1' },
  { name: 'art', workload: 'A2' },
] as const;

/** Names of everything that outlast's attacks can be compared with. */
export const attackPeerNames: readonly string[] = ['jax-js', ...attackLibraries.map(({ name }) => name)];

/**
 * The chosen ones of `attackPeerNames` that this machine can run.
 * @param python with PyTorch and the libraries
 * @param say called with a line on why a system is left out
 */
export async function availableAttackPeers(
  chosen: readonly string[],
  python: string,
  say: (line: string) => void,
): Promise<System[]> {
  const ported = await availablePeers(
    chosen.filter((name) => name === 'jax-js'),
    say,
  );
  const available: System[] = ported.map((system) => ({ ...system, runs: (workload) => workload !== 'A2' }));
  for (const { name, workload: own } of attackLibraries.filter(({ name }) => chosen.includes(name)))
    try {
      await run(python, ['-c', `import torch, ${name}`]);
      const program = join(packageFolder(), 'bench/peers/attacks.py');
      available.push({
        name,
        runs: (workload) => workload === own,
        start: (workload) => startSession(python, [program, name, workload], KEEP_MEMORY),
      });
    } catch (error) {
      say(`${name}: not found by ${python}: ${reasonOf(error)}; --python or OUTLAST_PYTHON names one that has it`);
    }
  return available;
}

/** @returns the folder that the packages are in */
async function install(system: PackagedSystem, say: (line: string) => void): Promise<string> {
  const { name, packages, from } = system;
  const folder = join(cacheFolder(), 'peers', system.folder ?? name);
  // Another version is another folder's content: the marker names what is installed.
  const marker = join(folder, `.${packages.join('+').replaceAll('/', '_')}`);
  if (existsSync(marker)) return folder;
  say(`${name}: installing ${packages.join(', ')} into ${folder}`);
  await mkdir(folder, { recursive: true });
  if (from === 'npm') {
    await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
    const flags = ['--prefix', folder, '--save-exact', '--ignore-scripts', '--no-audit', '--no-fund'];
    await run('npm', ['install', ...flags, ...packages]);
  } else {
    await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
    const flags = ['--target', folder, '--no-deps', '--only-binary=:all:', '--disable-pip-version-check'];
    await run('python3', ['-m', 'pip', 'install', ...flags, ...packages]);
  }
  await writeFile(marker, '');
  return folder;
}

/** Why a command failed, in one line. */
function reasonOf(error: unknown): string {
  const said = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : '';
  return complaintIn(said) ?? (error instanceof Error ? error.message : String(error)).split('\n')[0];
}
