import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../../../scripts/redis.mjs';
import { connect } from '../../../../src/analysis/study/queue/connection.node.ts';
import { type RedisServer, startRedis } from '../../../support/redisServer.ts';
import { outputOf } from '../../../support/runProgram.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const NO_OPENSSL = 'openssl, which makes the certificate, is not installed';

let scratch: string;
let certificate: string;
let server: RedisServer;
let port: number;

beforeAll(async () => {
  if (!hasOpenssl) return;
  scratch = mkdtempSync(join(tmpdir(), 'outlast-tls-'));
  certificate = join(scratch, 'redis.crt');
  const key = join(scratch, 'redis.key');
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
      ...['-keyout', key, '-out', certificate],
    ],
    { stdio: 'ignore' },
  );
  port = await freePort();
  server = await startRedis(
    undefined,
    ...['--tls-port', String(port), '--tls-cert-file', certificate, '--tls-key-file', key, '--tls-auth-clients', 'no'],
  );
  const admin = await connect(server.url);
  await admin.redis.call('ACL', 'SETUSER', 'worker', 'on', '>secret', '~outlast:*', '&*', '+@all');
  await admin.redis.call('ACL', 'SETUSER', 'default', 'off');
  admin.close();
});
afterAll(async () => {
  await server?.stop();
  if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true });
});

/** What a process prints that connects to the server. @param trusted certificate that it trusts besides the system's */
const answer = (login: string, host: string, trusted?: string) =>
  outputOf('test/support/programs/redisPing.ts', {
    REDIS_URL: `rediss://${login}${host}:${port}`,
    ...(trusted !== undefined && { NODE_EXTRA_CA_CERTS: trusted }),
  });

// Node reads NODE_EXTRA_CA_CERTS when it starts, so that each is a process of its own.
test('by TLS, with user and password, by name and by address, where the certificate is trusted', async ({ skip }) => {
  skip(!hasOpenssl, NO_OPENSSL);
  expect(await answer('worker:secret@', 'localhost', certificate)).toEqual({ stdout: 'PONG\n', stderr: '' });
  expect(await answer('worker:secret@', '127.0.0.1', certificate)).toEqual({ stdout: 'PONG\n', stderr: '' });
});

test('a certificate that is not trusted, a wrong password and none are refused, and no password is repeated', async ({
  skip,
}) => {
  skip(!hasOpenssl, NO_OPENSSL);
  const at = `Redis at rediss://localhost:${port}`;
  const [stranger, wrong, none] = await Promise.all([
    answer('worker:secret@', 'localhost'),
    answer('worker:guess@', 'localhost', certificate),
    answer('', 'localhost', certificate),
  ]);
  expect(stranger.stdout).toBe(`Error: cannot reach ${at}: self-signed certificate\n`);
  for (const { stdout } of [wrong, none])
    expect(stdout).toBe(`InputError: --queue: ${at} wants another user or password: redis://user:password@host:port\n`);
});
