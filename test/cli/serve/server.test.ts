import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runState } from '../../../src/cli/serve/followRun.ts';
import { pageServer } from '../../../src/cli/serve/server.ts';

const folder = mkdtempSync(join(tmpdir(), 'outlast-serve-'));
const [pages, run] = [join(folder, 'pages'), join(folder, 'run')];
const POLICY = "default-src 'none'; script-src 'self'";
let server: ReturnType<typeof pageServer>;
let port: number;

beforeAll(async () => {
  for (const path of [join(pages, 'parts'), join(run, 'data'), join(run, 'trials/a')])
    mkdirSync(path, { recursive: true });
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  writeFileSync(join(pages, 'index.html'), `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`);
  writeFileSync(join(pages, 'parts/a.js'), 'export {}');
  symlinkSync(join(folder, 'secret.txt'), join(pages, 'link.txt'));
  writeFileSync(join(run, 'report.json'), '{}');
  writeFileSync(join(run, 'study.json'), '{}');
  writeFileSync(join(run, 'data/trash.csv'), 'a\n');
  server = pageServer({ pages, run });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});

afterAll(() => {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
});

/** What the server answers to these very bytes: Node's own client would tidy a path up. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (data) => {
      answer += data;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

const ask = (path: string, headers: readonly string[] = [], method = 'GET') =>
  raw([`${method} ${path} HTTP/1.1`, `Host: localhost:${port}`, 'Connection: close', ...headers, '', ''].join('\r\n'));

const statusOf = (answer: string) => Number(answer.split(' ')[1]);

test.each([
  ['/', 'text/html'],
  ['/parts/a.js', 'text/javascript'],
  ['/run/report.json', 'application/json'],
  ['/run/data/trash.csv', 'text/csv'],
  ['/run/state', 'application/json'],
  ['/parts/a.js?x=1', 'text/javascript'],
])('%s is served as %s', async (path, type) => {
  const answer = await ask(path);
  expect(statusOf(answer)).toBe(200);
  expect(answer).toContain(`content-type: ${type}`);
  expect(answer).toContain(`content-security-policy: ${POLICY}; frame-ancestors 'none'`);
  expect(answer).toContain('cross-origin-resource-policy: same-origin');
  expect(answer.toLowerCase()).not.toContain('access-control-allow');
});

test.each([
  '/../secret.txt',
  '/parts/../../secret.txt',
  '/%2e%2e/secret.txt',
  '/..%2fsecret.txt',
  '/..%5csecret.txt',
  '/link.txt',
  '/run/../secret.txt',
  '/run/data/../../secret.txt',
  '/run/study.json',
  '/%00',
  '/%zz',
  '//secret.txt',
  // No address that URL would take apart.
  '//[',
])('%s leads nowhere', async (path) => {
  const answer = await ask(path);
  expect(statusOf(answer)).toBe(404);
  expect(answer).not.toContain('secret\n');
});

test.each([
  ['another name', 421, () => raw(`GET / HTTP/1.1\r\nHost: evil.example:${port}\r\nConnection: close\r\n\r\n`)],
  [
    'a name that begins like ours',
    421,
    () => raw('GET / HTTP/1.1\r\nHost: localhost.evil.example\r\nConnection: close\r\n\r\n'),
  ],
  ['no name', 400, () => raw('GET / HTTP/1.1\r\nConnection: close\r\n\r\n')],
  ['another origin', 403, () => ask('/run/report.json', ['Origin: http://evil.example'])],
  ['another port of this machine', 403, () => ask('/run/report.json', ['Origin: http://localhost:1'])],
  ['a method that writes', 405, () => ask('/', [], 'PUT')],
  ['a body', 413, () => ask('/', ['Content-Length: 1000000000'])],
  ['headers beyond 16 KiB', 400, () => ask('/', [`X: ${'a'.repeat(20_000)}`])],
  ['bytes that are no request', 400, () => raw('\u0016\u0003\u0001 hello\r\n\r\n')],
])('%s is refused', async (_, status, send) => {
  expect(statusOf(await send())).toBe(status);
});

test('HEAD has no body', async () => {
  const [, body] = (await ask('/', [], 'HEAD')).split('\r\n\r\n');
  expect(body).toBe('');
});

test('a finished trial is told to who follows the run', async () => {
  const told = await new Promise<string[]>((resolve) => {
    const lines: string[] = [];
    const request = get({ port, path: '/run/events', headers: { host: `localhost:${port}` } }, (response) => {
      response.on('data', (data) => {
        lines.push(String(data));
        if (lines.length === 1) writeFileSync(join(run, 'trials/a/trial.json'), '{}');
        else {
          request.destroy();
          resolve(lines);
        }
      });
    });
  });
  expect(told.map((line) => JSON.parse(line.replace('data: ', '')).trials)).toEqual([0, 1]);
});

test('failed trials are told with their reasons; a damaged record does not end the server', () => {
  const own = join(folder, 'failed');
  mkdirSync(join(own, 'trials/done'), { recursive: true });
  writeFileSync(join(own, 'trials/done/trial.json'), '{}');
  writeFileSync(
    join(own, 'trials/a1.error.json'),
    JSON.stringify({ id: 'a1', message: 'out of memory', stack: 'at …' }),
  );
  writeFileSync(join(own, 'trials/b2.error.json'), '{ "mess');
  expect(runState(own)).toEqual({
    trials: 1,
    failed: [
      { id: 'a1', message: 'out of memory' },
      { id: 'b2', message: 'its record cannot be read' },
    ],
    report: null,
  });
});
