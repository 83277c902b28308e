import type { FromWorker, TaskName, Tasks, ToWorker } from '../worker/messages.ts';

/** A task failed in the worker. */
export class TaskError extends Error {
  override name = 'TaskError';
  constructor(
    message: string,
    /** Whether the device was lost meanwhile: the same task may do well on a new one. */
    readonly lost: boolean,
  ) {
    super(message);
  }
}

/** A task under way. */
export interface Started<Name extends TaskName> {
  /** @throws TaskError */
  readonly result: Promise<Tasks[Name]['result']>;
  /** Asks the worker to end the task, which it then does with a result or an error. */
  cancel(): void;
}

interface Waiting {
  readonly onProgress: (progress: never) => void;
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

let worker: Worker | undefined;
let last = 0;
const waiting = new Map<number, Waiting>();

/** The worker, begun when it is first needed. */
function theWorker(): Worker {
  if (worker !== undefined) return worker;
  worker = new Worker(new URL('worker.js', document.baseURI), { type: 'module' });
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    const task = waiting.get(data.id);
    if (data.kind === 'progress') return task?.onProgress(data.progress as never);
    waiting.delete(data.id);
    if (data.kind === 'result') task?.resolve(data.result as never);
    else task?.reject(new TaskError(data.message, data.lost));
  };
  worker.onerror = ({ message }) => {
    for (const { reject } of waiting.values())
      reject(new TaskError(message || 'the worker could not be loaded', false));
    waiting.clear();
    worker?.terminate();
    worker = undefined;
  };
  return worker;
}

/** Starts a task in the page's worker. @param onProgress is given what it tells on the way */
export function start<Name extends TaskName>(
  name: Name,
  input: Tasks[Name]['input'],
  onProgress: (progress: Tasks[Name]['progress']) => void = () => {},
): Started<Name> {
  const id = ++last;
  const send = (message: ToWorker) => theWorker().postMessage(message);
  const result = new Promise<Tasks[Name]['result']>((resolve, reject) => {
    waiting.set(id, { onProgress, resolve, reject });
  });
  send({ kind: 'start', id, name, input });
  return { result, cancel: () => send({ kind: 'cancel', id }) };
}
