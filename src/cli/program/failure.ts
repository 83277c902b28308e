import { CommanderError } from 'commander';
import { InputError } from '../../base/errors.ts';
import { explainFileError } from '../../base/files.node.ts';

/** Exit codes: done, failed, wrong input. */
export const EXIT = { done: 0, failed: 1, input: 2 } as const;

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
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof InputError) return { exitCode: EXIT.input, message: `outlast: ${text}` };
  const shown = debug && error instanceof Error ? (error.stack ?? text) : text;
  return { exitCode: EXIT.failed, message: `outlast: ${shown}` };
}

/** A mistake in a path that no reader or writer explained, for example of a folder beside the one that was given. */
function explainPath(error: unknown): unknown {
  if (!(error instanceof Error && 'path' in error && 'syscall' in error)) return error;
  return explainFileError(error, READS.has(String(error.syscall)) ? 'read' : 'write', String(error.path));
}

/** System calls that only read; a file may be opened for either. */
const READS = new Set(['scandir', 'stat', 'lstat', 'open', 'read']);
