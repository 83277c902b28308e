import { isIP } from 'node:net';
import type { Redis } from 'ioredis';
import { InputError } from '../../../base/errors.ts';
import { parseAddress } from './address.ts';
import { explainRefusal, explainUnreachable, isRefusal, reasonOf } from './redisErrors.ts';

/** A connection to Redis that comes back by itself when it breaks, for a time. */
export interface Connection {
  readonly redis: Redis;
  /** The address without its password. */
  readonly shown: string;
  /**
   * The end of some work on this connection; its errors become those of the connection where that is lost for good.
   * @throws Error one line: Redis did not come back, or refuses a command (it is full, say)
   */
  guard<T>(work: Promise<T>): Promise<T>;
  close(): void;
}

export interface ConnectOptions {
  /** How long a server that was lost may take to come back. */
  readonly patienceSeconds?: number;
  /** Told when the server is lost and when it is back, one line. */
  onNote?(line: string): void;
}

const PATIENCE_SECONDS = 60;

/** How long a server may take to answer for the first time. */
const CONNECT_SECONDS = 10;

/** Silence after which a connection is made again: the server hangs, or the network drops everything. */
const SILENCE_SECONDS = 20;

const FIRST_DELAY_MILLISECONDS = 100;
const LONGEST_DELAY_MILLISECONDS = 5000;

/** Milliseconds before the attempt to connect again, counted from 1. */
export const reconnectDelay = (attempt: number): number =>
  Math.min(LONGEST_DELAY_MILLISECONDS, FIRST_DELAY_MILLISECONDS * 2 ** (attempt - 1));

/**
 * Connects to Redis, and answers when it does.
 * @param text `redis://host:port/db`
 * @throws InputError the address, user, password or database is wrong, or the server is in cluster mode; Error the server does not answer
 */
export async function connect(text: string, options: ConnectOptions = {}): Promise<Connection> {
  const { patienceSeconds = PATIENCE_SECONDS, onNote = () => undefined } = options;
  const address = parseAddress(text);
  const { host, port, db, username, password, tls, shown } = address;
  const { Redis } = await import('ioredis');
  let ready = false;
  let broken = false;
  let closed = false;
  let lost: Error | null = null;
  /** Why the connection is not there, as far as is known. */
  let latest: Error | null = null;
  const redis = new Redis({
    host,
    port,
    db,
    username,
    password,
    // An address is no name of a server, and TLS takes it for none; the certificate is checked against it all the same.
    tls: tls ? { ...(isIP(host) === 0 && { servername: host }) } : undefined,
    lazyConnect: true,
    connectTimeout: 1000 * CONNECT_SECONDS,
    // A command that waits while the connection is broken is not lost, only late.
    maxRetriesPerRequest: null,
    // How often is not bounded here: `watchOver` bounds how long.
    retryStrategy: (attempt) => (ready ? reconnectDelay(attempt) : null),
  });
  const onError = (error: Error) => {
    latest = error;
  };
  redis.on('error', onError);
  const firstSeconds = Math.min(CONNECT_SECONDS, patienceSeconds);
  const timer = setTimeout(() => {
    onError(new Error(`no answer for ${firstSeconds} s; is it Redis?`));
    redis.disconnect();
  }, 1000 * firstSeconds);
  try {
    await redis.connect();
    await redis.ping();
    // A database that is not there is told of, and then the first one is used.
    if (latest !== null) throw latest;
    if (await isCluster(redis))
      throw new InputError(
        `--queue: Redis at ${shown} is in cluster mode, which spreads the keys of one queue over slots (CROSSSLOT); give one that is not, as redis-server starts without cluster-enabled`,
      );
  } catch (error) {
    // A second end would keep the process for the two seconds in which the client waits for it.
    if (redis.status !== 'end') redis.disconnect();
    if (error instanceof InputError) throw error;
    throw explainUnreachable((latest ?? error) as NodeJS.ErrnoException, address);
  } finally {
    clearTimeout(timer);
  }
  ready = true;
  latest = null;

  redis.on('close', () => {
    if (broken || lost !== null || closed) return;
    broken = true;
    onNote(`the connection to Redis at ${shown} broke; trying for ${patienceSeconds} s to get it back`);
  });
  redis.on('ready', () => {
    if (broken) onNote(`Redis at ${shown} is back`);
    broken = false;
    latest = null;
  });

  const guarded = new Set<(error: Error) => void>();
  const unwatch = watchOver(redis, patienceSeconds, onError, () => {
    const reason = latest === null ? '' : ` (${reasonOf(latest)})`;
    lost = new Error(`lost Redis at ${shown}: no answer for ${patienceSeconds} s${reason}; start it, then this again`);
    redis.disconnect();
    for (const reject of guarded) reject(lost);
  });
  return {
    redis,
    shown,
    guard: (work) =>
      new Promise((resolve, reject) => {
        if (lost !== null) reject(lost);
        guarded.add(reject);
        work
          // Every command fails when the connection is lost: why it was lost is told, not that.
          .then(resolve, (error: unknown) =>
            reject(lost ?? (isRefusal(error) ? explainRefusal(error as Error, shown) : error)),
          )
          .finally(() => guarded.delete(reject));
      }),
    close: () => {
      closed = true;
      unwatch();
      redis.disconnect();
    },
  };
}

/** Whether a server is a node of a cluster; one that does not tell is taken for none. */
async function isCluster(redis: Redis): Promise<boolean> {
  try {
    return /^cluster_enabled:1\r?$/m.test(await redis.info('cluster'));
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

/**
 * Asks the server every second whether it is there. What counts is the time since its latest answer, however it is spent: in waiting for
 * the next attempt to connect, in the attempt, or with a server that keeps the connection and says nothing. Seconds are counted one by
 * one, so that those in which this process itself was held up, by the compilation of shaders say, count as one.
 * @returns ends it
 */
function watchOver(
  redis: Redis,
  patienceSeconds: number,
  onError: (error: Error) => void,
  onLost: () => void,
): () => void {
  let silence = 0;
  let asked = false;
  const ask = async () => {
    asked = true;
    try {
      await redis.ping();
      silence = 0;
    } finally {
      asked = false;
    }
  };
  const timer = setInterval(() => {
    silence++;
    if (silence > patienceSeconds) {
      clearInterval(timer);
      onLost();
      return;
    }
    if (silence % SILENCE_SECONDS === 0) redis.disconnect(true);
    // An error is no answer: the silence grows, and it is told as the reason.
    if (!asked) ask().catch(onError);
  }, 1000);
  timer.unref();
  return () => clearInterval(timer);
}
