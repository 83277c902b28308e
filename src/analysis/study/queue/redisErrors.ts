import { InputError } from '../../../base/errors.ts';
import type { RedisAddress } from './address.ts';

/** Whether Redis itself answered with an error: trying again would be answered the same. */
export const isRefusal = (error: unknown): boolean => error instanceof Error && error.name === 'ReplyError';

/** Whether a command failed because the connection ended. */
export const isClosed = ({ message }: Error): boolean =>
  /^(Connection is closed|Command aborted due to connection close)/.test(message);

/** Whether an error says only that the connection broke, of which the connection itself tells; errors of files have a path. */
export const isOfConnection = (error: NodeJS.ErrnoException): boolean =>
  (error.syscall !== undefined && error.path === undefined) ||
  /^(ECONN|ETIMEDOUT)/.test(error.code ?? '') ||
  isClosed(error);

/** An error in a few words. Of a name with several addresses Node tells only the code. */
export function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ECONNREFUSED') return 'connection refused';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the host is not found';
  if (code === 'ETIMEDOUT') return 'no answer';
  return message.replace(/\s+/g, ' ').trim() || code || 'the reason is not known';
}

/** One line on a server that could not be connected to. */
export function explainUnreachable(error: NodeJS.ErrnoException, { host, db, shown }: RedisAddress): Error {
  const { code, message } = error;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return new InputError(`--queue: there is no host ${host}`);
  if (/^(WRONGPASS|NOAUTH|NOPERM|ERR AUTH|ERR invalid password)/.test(message))
    return new InputError(`--queue: Redis at ${shown} wants another user or password: redis://user:password@host:port`);
  if (/DB index/.test(message)) return new InputError(`--queue: Redis at ${shown} has no database ${db}`);
  const question = code === 'ECONNREFUSED' ? '; is it running there?' : '';
  return new Error(`cannot reach Redis at ${shown}: ${reasonOf(error)}${question}`);
}

/** One line on a command that Redis refuses. */
export function explainRefusal(error: Error, shown: string): Error {
  if (/^OOM/.test(error.message))
    return new Error(`Redis at ${shown} is full: raise its maxmemory, then start this again`, { cause: error });
  return new Error(`Redis at ${shown} refuses: ${reasonOf(error)}`, { cause: error });
}
