import { constants } from 'node:os';
import { CommanderError } from 'commander';
import { InputError, printable } from '../../base/errors.ts';
import { explainFileError } from '../../base/files.node.ts';

/** Exit codes: done, failed, wrong input. */
export const EXIT = { done: 0, failed: 1, input: 2 } as const;

/** The command ended because of a signal, after what it had was saved. */
export class SignalError extends Error {
  override name = 'SignalError';
  /** 128 and the signal's number, as shells have it. */
  readonly exitCode: number;
  constructor(message: string, signal: NodeJS.Signals) {
    super(message);
    this.exitCode = 128 + constants.signals[signal];
  }
}

/** The longest line of a message, and how much of a longer one is shown of its beginning and of its end, which says what helps. */
const LONGEST_LINE = 1000;
const SHOWN_OF_LONGER = [700, 250] as const;

/** A message without endless lines: names in it may be as long as a file. */
export function shortened(message: string): string {
  const [beginning, end] = SHOWN_OF_LONGER;
  return message
    .split('\n')
    .map((line) => (line.length > LONGEST_LINE ? `${line.slice(0, beginning)} … ${line.slice(-end)}` : line))
    .join('\n');
}

/** The exit code after an error, and what goes to standard error: nothing where it has been said. */
export interface Failure {
  readonly exitCode: number;
  readonly message: string | null;
}

/** @param debug whether the stack is shown (OUTLAST_DEBUG) */
export function explainFailure(thrown: unknown, debug: boolean): Failure {
  const error = explainPath(thrown);
  // Help and version come as errors with exit code 0; commander has printed its own messages.
  if (error instanceof CommanderError)
    return { exitCode: error.exitCode === 0 ? EXIT.done : EXIT.input, message: null };
  const text = printable(error instanceof Error ? error.message : String(error));
  if (error instanceof InputError) return { exitCode: EXIT.input, message: shortened(`outlast: ${text}`) };
  if (error instanceof SignalError) return { exitCode: error.exitCode, message: `outlast: ${text}` };
  const shown = debug && error instanceof Error ? printable(error.stack ?? text) : text;
  return { exitCode: EXIT.failed, message: debug ? `outlast: ${shown}` : shortened(`outlast: ${shown}`) };
}

/** A mistake in a path that no reader or writer explained, for example of a folder beside the one that was given. */
function explainPath(error: unknown): unknown {
  if (!(error instanceof Error && 'path' in error && 'syscall' in error)) return error;
  return explainFileError(error, READS.has(String(error.syscall)) ? 'read' : 'write', String(error.path));
}

/** System calls that only read; a file may be opened for either. */
const READS = new Set(['scandir', 'stat', 'lstat', 'open', 'read']);
