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

interface PackagedSystem {
  readonly name: string;
  /** Packages with their exact versions. */
  readonly packages: readonly string[];
  /** The program that installs them. */
  readonly from: 'npm' | 'pip';
  /** The name of the system's script in bench/peers. */
  readonly program: string;
  readonly workloads: RegExp;
}

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
    packages: ['onnxruntime-node@1.30.0'],
    from: 'npm',
    program: 'onnxruntime.mjs',
    workloads: /^(W1|W2f|W5m?)$/,
  },
];

/** Names of everything that outlast can be compared with. */
export const peerNames: readonly string[] = [...packagedSystems.map(({ name }) => name), 'pytorch-cpu'];

/**
 * outlast itself, in a new process of this program.
 * @param tuned whether it follows the choice of kernels that was measured on this machine
 */
export const ownSystem = (tuned: boolean): System => ({
  name: 'outlast',
  runs: () => true,
  start: (workload) =>
    startSession(process.execPath, [process.argv[1], 'bench', 'serve', workload, ...(tuned ? [] : ['--no-tune'])]),
});

/**
 * The chosen systems that this machine can run, installing what is missing.
 * @param say called with a line on what is installed, or on why a system is left out
 */
export async function availablePeers(chosen: readonly string[], say: (line: string) => void): Promise<System[]> {
  const available: System[] = [];
  for (const system of packagedSystems.filter(({ name }) => chosen.includes(name)))
    try {
      const folder = await install(system, say);
      const program = join(packageFolder(), 'bench/peers', system.program);
      available.push({
        name: system.name,
        runs: (workload) => system.workloads.test(workload),
        start: (workload) => startSession(process.execPath, [program, folder, workload]),
      });
    } catch (error) {
      say(`${system.name}: not installed: ${reasonOf(error)}`);
    }
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
  const available: System[] = ported.map((system) => ({ ...system, runs: (workload) => workload === 'A1' }));
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
async function install({ name, packages, from }: PackagedSystem, say: (line: string) => void): Promise<string> {
  const folder = join(cacheFolder(), 'peers', name);
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
