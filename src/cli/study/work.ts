import { once } from 'node:events';
import { runStudy } from '../../analysis/study/index.ts';
import { openRun, readRun } from '../../analysis/study/store/store.node.ts';
import { InputError } from '../../base/errors.ts';
import type { DataDir } from '../../models/data/load.node.ts';
import { EXIT } from '../program/failure.ts';
import type { Surroundings } from '../program/surroundings.ts';
import { killedWithParent } from './killedWithParent.ts';
import type { WorkerFailure, WorkerMessage, WorkerTask } from './workerProcess.ts';

/** Milliseconds between two messages on progress: every step of a training would be too many. */
const PROGRESS_MILLISECONDS = 250;

/** Milliseconds between two signs of life. */
const ALIVE_MILLISECONDS = 1000;

export interface WorkFlags {
  readonly dataDir?: DataDir;
}

/** `outlast study work DIR`, the process that `study run` starts to compute trials, or one of several. */
export async function workCommand(folder: string, { dataDir }: WorkFlags, around: Surroundings): Promise<void> {
  const parent = await openParent();
  try {
    const { trials, adapter, earlier, seconds } = parent.task;
    const { parsed } = await readRun(folder);
    const wanted = new Set(trials);
    await runStudy(
      { ...parsed.study, limits: { seconds: seconds ?? undefined } },
      {
        store: await openRun(folder, parsed),
        openMachine: async () => {
          const machine = await around.openMachine(dataDir);
          parent.tell({ type: 'opened', adapter: machine.adapter });
          return machine;
        },
        select: (planned) => planned.filter(({ id }) => wanted.has(id)),
        ...{ adapter: adapter ?? undefined, earlier: new Map(earlier), onEvent: parent.tell },
      },
    );
    await parent.leave(null);
  } catch (error) {
    // The process that started this one says it.
    await parent.leave(failureOf(error));
  }
}

function failureOf(error: unknown): WorkerFailure {
  const input = error instanceof InputError;
  if (!(error instanceof Error)) return { input, message: String(error) };
  return { input, message: error.message, stack: error.stack, code: 'code' in error ? error.code : undefined };
}

/** The process that started this worker. */
interface Parent {
  readonly task: WorkerTask;
  tell(message: WorkerMessage): void;
  /** Says how the run ended, and then keeps this process no longer. */
  leave(failure: WorkerFailure | null): Promise<void>;
}

/** Opens the channel to the process that started this worker, and asks it for its task. @throws InputError there is none */
async function openParent(): Promise<Parent> {
  if (process.send === undefined) throw new InputError('study work: is started by `outlast study run` only');
  const endWithParent = () => process.exit(EXIT.failed);
  process.on('disconnect', endWithParent);
  killedWithParent();
  const send = (message: WorkerMessage) => process.send?.(message);
  const alive = setInterval(() => send({ type: 'alive' }), ALIVE_MILLISECONDS);
  send({ type: 'ready' });
  const [task] = (await once(process, 'message')) as [WorkerTask];
  let latest = Number.NEGATIVE_INFINITY;
  return {
    task,
    tell: (message) => {
      const now = performance.now();
      if (message.type === 'progress' && now - latest < PROGRESS_MILLISECONDS) return;
      if (message.type === 'progress') latest = now;
      send(message);
    },
    leave: async (failure) => {
      clearInterval(alive);
      process.off('disconnect', endWithParent);
      await new Promise<void>((resolve) => process.send?.({ type: 'ended', failure }, () => resolve()));
      process.disconnect?.();
    },
  };
}
