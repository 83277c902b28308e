import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { bundleProgram } from './bundleProgram.ts';

/** What a process meets when it writes below a folder: see `programs/faultyFiles.mjs`. */
export interface FileFault {
  readonly fault: string;
  /** The call, from 1. */
  readonly at?: number;
  readonly under: string;
  readonly notes?: string;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

const PRELOADED = resolve('test/support/programs/faultyFiles.mjs');

/** How many places are tried, in place of a few of them: `FAULTS=all npx vitest run test/reliability`, or a number. */
const { FAULTS } = process.env;
const WANTED = FAULTS === 'all' ? Number.POSITIVE_INFINITY : Number(FAULTS ?? 0);

/** A number of places, spread over all of them; more where the environment asks for more. */
export function placesAmong(all: readonly number[], few: number): readonly number[] {
  const count = Math.min(all.length, Math.max(few, WANTED));
  return Array.from({ length: count }, (_, i) => all[Math.floor(((i + 0.5) * all.length) / count)]);
}

/** A program in a bundle, to be run with faults in its files. Call at the top of a test file. */
export function useFaultyFiles(path: string) {
  let folder = '';
  const program = () => join(folder, 'program.mjs');
  beforeAll(async () => {
    // Beside the packages, so that the program finds them.
    folder = mkdtempSync(join(resolve('node_modules'), '.files-'));
    await bundleProgram(path, program());
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = (words: readonly string[], { fault, at = 0, under, notes = '' }: FileFault): Promise<Ended> => {
    const environment = { FAULT: fault, FAULT_AT: String(at), FAULT_UNDER: under, FAULT_NOTES: notes };
    const child = spawn(process.execPath, ['--import', PRELOADED, program(), ...words], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    return new Promise((done, failed) => {
      child.on('error', failed);
      child.on('close', (code, signal) => done({ code, signal, stderr }));
    });
  };
  return {
    run,
    /** The calls of an undisturbed run, by name: `write trials/x`. */
    calls: async (words: readonly string[], under: string): Promise<string[]> => {
      const notes = join(folder, 'calls');
      writeFileSync(notes, '');
      const { code, stderr } = await run(words, { fault: 'none', under, notes });
      if (code !== 0) throw new Error(stderr);
      return readFileSync(notes, 'utf8').trim().split('\n');
    },
    /** A folder that goes with the program. */
    scratch: (name: string) => {
      const made = join(folder, name);
      mkdirSync(made);
      return made;
    },
  };
}
