import { type ChildProcess, fork } from 'node:child_process';
import type { PlannedTrial, RunEvent } from '../../analysis/study/index.ts';
import { InputError } from '../../base/errors.ts';
import type { AdapterDescription } from '../../engine/index.ts';

/** What a worker is asked to do: its first message. It may name thousands of trials, more than a command line takes. */
export interface WorkerTask {
  /** Identities of the trials to compute. */
  readonly trials: readonly string[];
  /** The adapter that the run began on; null where none was opened yet. */
  readonly adapter: AdapterDescription | null;
  /** Failures on record when the run began, see `EarlierFailures`. */
  readonly earlier: readonly (readonly [id: string, failedAt: string])[];
  /** What is left of the study's limit; null where it has none. */
  readonly seconds: number | null;
}

/** Why a worker's run ended before its end, as plain data. */
export interface WorkerFailure {
  /** Whether the user's input is wrong. */
  readonly input: boolean;
  readonly message: string;
  readonly stack?: string;
  readonly code?: unknown;
}

/** What a worker tells. */
export type WorkerMessage =
  | RunEvent
  /** It waits for its task. */
  | { readonly type: 'ready' }
  /** It opened what it computes on. */
  | { readonly type: 'opened'; readonly adapter: AdapterDescription }
  /** It answers. */
  | { readonly type: 'alive' }
  /** The run of this worker ended. */
  | { readonly type: 'ended'; readonly failure: WorkerFailure | null };

/** How to start a worker. */
export interface WorkerCommand {
  /** The script of this program. */
  readonly script: string;
  readonly words: readonly string[];
  /** How long a worker may not answer before it is killed. */
  readonly silenceSeconds: number;
}

/** How a worker ended. */
export type WorkerEnd = {
  /** The adapter that it opened; null where it came to none. */
  readonly adapter: AdapterDescription | null;
  /** The trial in hand; null where it had ended its last one. */
  readonly inHand: PlannedTrial | null;
} & (
  | { readonly how: 'done' }
  /** The run of this worker ended with an error. */
  | { readonly how: 'failed'; readonly error: Error }
  /** A kernel on its device does not end, for which it was killed. */
  | { readonly how: 'hung' }
  /** It was silent for so long that it was killed. */
  | { readonly how: 'silent'; readonly reason: string }
  /** A signal ended it, or it ended without saying why. */
  | { readonly how: 'crashed'; readonly reason: string }
);

/** Messages of these kinds are between a worker and the process that started it; the others are events of the run. */
const isEvent = (message: WorkerMessage): message is RunEvent =>
  !['ready', 'opened', 'alive', 'ended'].includes(message.type);

/**
 * Starts a process that computes trials, and waits for its end. What it writes to standard error goes to that of this process. One whose
 * kernel does not end is killed, as is one that does not answer: a driver's call may never return.
 * @param onEvent called with the events of its run, `stopped` for a kernel that does not end among them
 */
export function runWorker(
  { script, words, silenceSeconds }: WorkerCommand,
  task: WorkerTask,
  stderr: NodeJS.WritableStream,
  onEvent: (event: RunEvent) => void,
): Promise<WorkerEnd> {
  const worker = fork(script, words, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let adapter: AdapterDescription | null = null;
  let inHand: PlannedTrial | null = null;
  let failure: WorkerFailure | null | undefined;
  let killed: 'hung' | 'silent' | null = null;
  const kill = (why: 'hung' | 'silent') => {
    killed ??= why;
    worker.kill('SIGKILL');
  };
  const watch = watchSilence(silenceSeconds, () => kill('silent'));
  const lastLine = keepLastLine(worker, stderr);
  worker.on('message', (message: WorkerMessage) => {
    watch.heard();
    if (message.type === 'ready') worker.send(task, () => undefined);
    if (message.type === 'opened') adapter = message.adapter;
    if (message.type === 'ended') failure = message.failure;
    if (message.type === 'started') inHand = message.planned;
    if (message.type === 'finished' || message.type === 'failed') inHand = null;
    if (isEvent(message)) onEvent(message);
    if (message.type === 'stopped' && message.why === 'hang') kill('hung');
  });
  return new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('close', (code, signal) => {
      watch.stop();
      const state = { adapter, inHand };
      if (killed === 'hung') return resolve({ ...state, how: 'hung' });
      if (failure === null) return resolve({ ...state, how: 'done' });
      if (failure !== undefined) return resolve({ ...state, how: 'failed', error: errorOf(failure) });
      const said = lastLine() === '' ? '' : ` (${lastLine()})`;
      const reason =
        killed === 'silent'
          ? `did not answer for ${silenceSeconds} s and was killed; a call of the driver may not return`
          : signal === null
            ? `ended with exit code ${code}`
            : `was killed by ${signal}`;
      resolve({ ...state, how: killed ?? 'crashed', reason: `the process that computes ${reason}${said}` });
    });
  });
}

/** Seconds without a word, in turns of the event loop: those in which this process did not run either do not count. */
function watchSilence(seconds: number, onSilence: () => void) {
  // Loading the program is not waited for in vain: no driver is called yet.
  let silent = Number.NEGATIVE_INFINITY;
  const timer = setInterval(() => {
    if (++silent > seconds) onSilence();
  }, 1000);
  return {
    heard: () => {
      silent = 0;
    },
    stop: () => clearInterval(timer),
  };
}

/** The most that is kept of a line. */
const LONGEST_LINE = 1000;

/** Passes on what a process writes to standard error. @returns its last line so far */
function keepLastLine(worker: ChildProcess, stderr: NodeJS.WritableStream): () => string {
  let latest = '';
  worker.stderr?.on('data', (text: Buffer) => {
    stderr.write(text);
    latest = (latest + text.toString()).trimEnd().slice(-LONGEST_LINE);
  });
  return () => latest.split('\n').at(-1) ?? '';
}

function errorOf({ input, message, stack, code }: WorkerFailure): Error {
  const error = input ? new InputError(message) : new Error(message);
  return Object.assign(error, { stack: stack ?? error.stack }, code === undefined ? {} : { code });
}
