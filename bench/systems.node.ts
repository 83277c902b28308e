/** The systems that are compared: installed into folders of their own when they are needed, and run in processes of their own. */
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { cacheFolder, packageFolder } from '../src/base/folders.node.ts';
import { ANSWER } from './peers/serve.mjs';
import type { Session, System } from './peers.ts';

const run = promisify(execFile);

interface NpmSystem {
  readonly name: string;
  /** Packages with their exact versions. */
  readonly packages: readonly string[];
  /** The name of the system's script in bench/peers. */
  readonly program: string;
  readonly workloads: RegExp;
}

const npmSystems: readonly NpmSystem[] = [
  { name: 'jax-js', packages: ['@jax-js/jax@0.1.25'], program: 'jaxjs.mjs', workloads: /./ },
  {
    name: 'tfjs',
    packages: ['@tensorflow/tfjs@4.22.0', '@tensorflow/tfjs-backend-webgpu@4.22.0'],
    program: 'tfjs.mjs',
    workloads: /./,
  },
  {
    name: 'onnxruntime-node',
    packages: ['onnxruntime-node@1.30.0'],
    program: 'onnxruntime.mjs',
    workloads: /^(W1|W2f|W5m?)$/,
  },
];

/** Names of everything that outlast can be compared with. */
export const peerNames: readonly string[] = [...npmSystems.map(({ name }) => name), 'pytorch-cpu'];

/** Milliseconds after which a system that does not answer has failed: the slowest needs two minutes for its first step. */
const PATIENCE = 600_000;

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
  for (const system of npmSystems.filter(({ name }) => chosen.includes(name)))
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
        start: (workload) => startSession('python3', [program, '', workload]),
      });
    } catch (error) {
      say(`pytorch-cpu: not found: ${reasonOf(error)}`);
    }
  return available;
}

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
        start: (workload) => startSession(python, [program, name, workload]),
      });
    } catch (error) {
      say(`${name}: not found by ${python}: ${reasonOf(error)}; --python or OUTLAST_PYTHON names one that has it`);
    }
  return available;
}

/** @returns the folder that the packages are in */
async function install({ name, packages }: NpmSystem, say: (line: string) => void): Promise<string> {
  const folder = join(cacheFolder(), 'peers', name);
  // Another version is another folder's content: the marker names what is installed.
  const marker = join(folder, `.${packages.join('+').replaceAll('/', '_')}`);
  if (existsSync(marker)) return folder;
  say(`${name}: installing ${packages.join(', ')} into ${folder}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
  const flags = ['--prefix', folder, '--save-exact', '--ignore-scripts', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...flags, ...packages]);
  await writeFile(marker, '');
  return folder;
}

/** Why a command failed, in one line. */
function reasonOf(error: unknown): string {
  const said = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : '';
  return complaintIn(said) ?? (error instanceof Error ? error.message : String(error)).split('\n')[0];
}

/** The line of an error output that names the error: npm's come first, other programs' last, followed by frames of a stack at most. */
function complaintIn(text: string): string | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const npm = lines.filter((line) => line.startsWith('npm error ')).map((line) => line.slice('npm error '.length));
  if (npm.length > 0) return npm.slice(0, 2).join('; ');
  return lines.findLast((line) => /error\b/i.test(line)) ?? lines.findLast((line) => line !== '');
}

/** Starts a program that speaks as `bench/peers/serve.mjs` does, and waits until it has computed once. */
export async function startSession(command: string, words: readonly string[]): Promise<Session> {
  const child = spawn(command, words, { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said = `${said}${chunk}`.slice(-4000);
  });
  // Writing to a process that has ended is reported by its end.
  child.stdin.on('error', () => {});
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(complaintIn(said) ?? `ended with ${signal ?? `status ${code}`}`));
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextAnswer = async (): Promise<unknown> => {
    for (let line = await lines.next(); !line.done; line = await lines.next())
      if (line.value.startsWith(ANSWER)) return JSON.parse(line.value.slice(ANSWER.length));
    throw new Error(await ended);
  };
  const answer = async <T>(): Promise<T> => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        child.kill('SIGKILL');
        reject(new Error(`no answer within ${PATIENCE / 1000} s`));
      }, PATIENCE);
    });
    try {
      return (await Promise.race([nextAnswer(), late])) as T;
    } finally {
      clearTimeout(timer);
    }
  };
  const ready = await answer<Omit<Session, 'time' | 'stop'>>();
  return {
    ...ready,
    time: async () => {
      child.stdin.write('\n');
      return (await answer<{ milliseconds: number }>()).milliseconds;
    },
    stop: async () => {
      child.stdin.end();
      // Some drivers do not let a process end.
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(timer);
    },
  };
}
