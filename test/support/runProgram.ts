import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { bundleProgram } from './bundleProgram.ts';

/** Bundles a TypeScript program as the command line is bundled, runs it in a process of its own and returns what it printed. */
export async function runProgram(path: string, environment: Readonly<Record<string, string>> = {}): Promise<string> {
  return (await outputOf(path, environment)).stdout;
}

/** The same with what it wrote to standard error. */
export async function outputOf(
  path: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<{ stdout: string; stderr: string }> {
  // Beside the packages, so that the program finds them.
  const folder = await mkdtemp(join(resolve('node_modules'), '.program-'));
  try {
    const outfile = join(folder, 'program.mjs');
    await bundleProgram(path, outfile);
    return await promisify(execFile)(process.execPath, [outfile], {
      env: { ...process.env, ...environment },
      timeout: 550_000,
      killSignal: 'SIGKILL',
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}
