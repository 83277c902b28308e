/* A Redis server of a test's own, on a free port of this machine's loopback. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, provideRedis } from '../../scripts/redis.mjs';
import { connect } from '../../src/analysis/study/queue/connection.node.ts';
import { InputError } from '../../src/base/errors.ts';

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts a server that keeps nothing on the disk. */
export async function startRedis(port?: number, ...options: readonly string[]): Promise<RedisServer> {
  const { program, environment } = provideRedis();
  const at = port ?? (await freePort());
  const words = ['--port', String(at), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...options];
  const child: ChildProcess = spawn(program, words, {
    cwd: tmpdir(),
    env: { ...process.env, ...environment },
    stdio: 'ignore',
  });
  const ended = once(child, 'close');
  const password = options[options.indexOf('--requirepass') + 1];
  const login = options.includes('--requirepass') ? `:${password}@` : '';
  const url = `redis://${login}127.0.0.1:${at}`;
  for (let attempt = 1; ; attempt++) {
    try {
      (await connect(url)).close();
      break;
    } catch (error) {
      // It answers, though nothing that a queue can use.
      if (error instanceof InputError) break;
      if (attempt === 100 || child.exitCode !== null) throw error;
      await delay(50);
    }
  }
  return {
    url,
    port: at,
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
