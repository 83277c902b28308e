import type { Redis } from 'ioredis';
import { InputError } from '../../engine/errors.ts';
import { parseAddress, type RedisAddress } from './address.ts';

/** A connection to Redis that comes back by itself when it breaks, for a time. */
export interface Connection {
  readonly redis: Redis;
  /** The address without its password. */
  readonly shown: string;
  /**
   * The end of some work on this connection; its errors become those of the connection where that is lost for good.
   * @throws Error one line: Redis did not come back
   */
  guard<T>(work: Promise<T>): Promise<T>;
  close(): void;
}

/** Seconds in which a lost server may come back. */
const PATIENCE_SECONDS = 60;

const FIRST_DELAY_MILLISECONDS = 100;
const LONGEST_DELAY_MILLISECONDS = 5000;

/** Milliseconds before the attempt to connect again, counted from 1; null when they would be more than the patience in all. */
export function reconnectDelay(attempt: number, patienceSeconds: number): number | null {
  const delay = (index: number) => Math.min(LONGEST_DELAY_MILLISECONDS, FIRST_DELAY_MILLISECONDS * 2 ** index);
  const waited = Array.from({ length: attempt }, (_, index) => delay(index)).reduce((sum, each) => sum + each, 0);
  return waited > 1000 * patienceSeconds ? null : delay(attempt - 1);
}

/**
 * Connects to Redis, and answers when it does.
 * @param text `redis://host:port/db`
 * @param patienceSeconds how long a server that was lost may take to come back
 * @throws InputError the address, user, password or database is wrong; Error the server does not answer
 */
export async function connect(text: string, patienceSeconds = PATIENCE_SECONDS): Promise<Connection> {
  const address = parseAddress(text);
  const { host, port, db, username, password, tls, shown } = address;
  const { Redis } = await import('ioredis');
  let ready = false;
  let latest: Error | null = null;
  const redis = new Redis({
    host,
    port,
    db,
    username,
    password,
    tls: tls ? { servername: host } : undefined,
    lazyConnect: true,
    connectTimeout: 10_000,
    // A command that waits while the connection is broken is not lost, only late.
    maxRetriesPerRequest: null,
    // The longest answer that is waited for, a blocking one, comes after 10 s.
    socketTimeout: 30_000,
    retryStrategy: (attempt) => (ready ? reconnectDelay(attempt, patienceSeconds) : null),
  });
  redis.on('error', (error: Error) => {
    latest = error;
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    redis.disconnect();
    throw explain((latest ?? error) as NodeJS.ErrnoException, address);
  }
  ready = true;

  let closed = false;
  const ended = new Promise<never>((_, reject) => {
    redis.on('end', () => {
      if (!closed)
        reject(new Error(`lost Redis at ${shown}: no answer for ${patienceSeconds} s; start it, then this again`));
    });
  });
  // Nobody may be waiting for it when it happens.
  ended.catch(() => {});
  return {
    redis,
    shown,
    guard: (work) =>
      Promise.race([
        ended,
        work.catch((error: unknown) => {
          // Every command fails when the connection ends: why it ended is told, not that.
          if (redis.status === 'end' && !closed) return ended;
          throw error;
        }),
      ]),
    close: () => {
      closed = true;
      redis.disconnect();
    },
  };
}

function explain(error: NodeJS.ErrnoException, { host, db, shown }: RedisAddress): Error {
  const { code = '', message } = error;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return new InputError(`--queue: there is no host ${host}`);
  if (code === 'ECONNREFUSED')
    return new Error(`cannot reach Redis at ${shown}: connection refused; is it running there?`);
  if (/^(WRONGPASS|NOAUTH|NOPERM|ERR AUTH|ERR invalid password)/.test(message))
    return new InputError(`--queue: Redis at ${shown} wants another user or password: redis://user:password@host:port`);
  if (/DB index/.test(message)) return new InputError(`--queue: Redis at ${shown} has no database ${db}`);
  return new Error(`cannot reach Redis at ${shown}: ${message.replace(/\s+/g, ' ')}`);
}
