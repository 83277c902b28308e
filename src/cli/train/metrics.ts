/** Metrics of a training as JSON lines: `{"event": "batch" | "epoch" | ..., ...}`. */
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { explainFileError, writeFileAtomic } from '../../base/files.node.ts';

export interface Metrics {
  /** Adds a line; lines are written in their order. */
  add(line: object): void;
  /** After all lines are written. @throws InputError when one could not be */
  close(): Promise<void>;
}

/**
 * Opens `metrics.jsonl` in a folder.
 * @param batches of a training that goes on: lines of later batches, and a last one that was cut off, are taken away;
 * null starts a new file
 */
export async function openMetrics(folder: string, batches: number | null): Promise<Metrics> {
  const path = join(folder, 'metrics.jsonl');
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw explainFileError(error, 'write', folder);
  });
  const kept = batches === null ? [] : (await linesOf(path)).filter((line) => isUntil(line, batches));
  await writeFileAtomic(path, kept.map((line) => `${line}\n`).join(''));
  let last: Promise<void> = Promise.resolve();
  let failure: unknown;
  return {
    add: (line) => {
      last = last
        .then(() => appendFile(path, `${JSON.stringify(line)}\n`))
        .catch((error: unknown) => {
          failure ??= error;
        });
    },
    close: async () => {
      await last;
      if (failure !== undefined) throw explainFileError(failure, 'write', path);
    },
  };
}

async function linesOf(path: string): Promise<string[]> {
  try {
    return (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw explainFileError(error, 'read', path);
  }
}

function isUntil(line: string, batches: number): boolean {
  try {
    const { step } = JSON.parse(line) as { step?: number };
    return step === undefined || step <= batches;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
