import { fork } from 'node:child_process';
import type { RunEvent } from '../../analysis/study/index.ts';
import { InputError } from '../../base/errors.ts';
import { EXIT } from '../program/failure.ts';

/** Milliseconds between two messages on progress from a worker: every step of a training would be too many. */
const PROGRESS_MILLISECONDS = 250;

/** How to start a worker. */
export interface WorkerCommand {
  /** The script of this program. */
  readonly script: string;
  readonly words: readonly string[];
}

/**
 * Works on a run's folder in several processes until all trials have ended, and passes on what they tell. A worker that is killed leaves
 * its trial to the others.
 * @throws InputError that a worker met; Error when none came to the end
 */
export async function runWorkers(
  count: number,
  command: WorkerCommand,
  onEvent: (event: RunEvent) => void,
): Promise<void> {
  const ended = new Set<string>();
  const pass = (event: RunEvent) => {
    // Every worker announces the run, and a trial's end is seen by those that waited for it.
    if (event.type === 'planned') return;
    if (event.type === 'finished' || event.type === 'failed') {
      const { id } = event.type === 'finished' ? event.finished : event.failed;
      if (ended.has(id)) return;
      ended.add(id);
    }
    onEvent(event);
  };
  const ends = await Promise.all(Array.from({ length: count }, () => runWorker(command, pass)));
  const good = ends.some(({ code }) => code === EXIT.done);
  const mistake = ends.find(({ code }) => code === EXIT.input);
  if (mistake !== undefined) throw new InputError(mistake.message);
  if (!good) throw new Error(ends[0].message);
}

interface WorkerEnd {
  readonly code: number | null;
  readonly message: string;
}

function runWorker({ script, words }: WorkerCommand, onEvent: (event: RunEvent) => void): Promise<WorkerEnd> {
  const worker = fork(script, words, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let errors = '';
  worker.stderr?.on('data', (text: Buffer) => {
    errors += text.toString();
  });
  worker.on('message', (event) => onEvent(event as RunEvent));
  return new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('close', (code, signal) => {
      const last = errors
        .trim()
        .split('\n')
        .at(-1)
        ?.replace(/^outlast: /, '');
      const how = signal === null ? `ended with exit code ${code}` : `was killed by ${signal}`;
      resolve({ code, message: code === null || !last ? `a worker ${how}; run the study again to go on` : last });
    });
  });
}

/** The process that started this worker. */
export interface Parent {
  tell(event: RunEvent): void;
  /** To be called at the end: until then this process ends when its parent does. */
  leave(): void;
}

/** The channel from a worker to the process that started it. */
export function parentProcess(): Parent {
  const endWithParent = () => process.exit(EXIT.failed);
  process.on('disconnect', endWithParent);
  let latest = 0;
  return {
    tell: (event) => {
      const now = Date.now();
      if (event.type === 'progress' && now - latest < PROGRESS_MILLISECONDS) return;
      if (event.type === 'progress') latest = now;
      process.send?.(event);
    },
    leave: () => {
      process.off('disconnect', endWithParent);
      process.disconnect?.();
    },
  };
}
