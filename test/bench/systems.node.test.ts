import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { startSession } from '../../bench/session.node.ts';
import { availableAttackPeers, availablePeers } from '../../bench/systems.node.ts';

const serve = pathToFileURL('bench/peers/serve.mjs').href;

const start = (script: string) => startSession(process.execPath, ['--input-type=module', '-e', script]);

it('a program computes once, then times calls when asked, and ends when it is not needed any more', async () => {
  const session = await start(`
    import { serve } from '${serve}';
    console.log('what the library says of itself');
    let calls = 0;
    await serve('1.2.3', async (times) => {
      await new Promise((resolve) => setTimeout(resolve, times * 5));
      return (calls += times);
    }, { amount: 7 });
  `);
  // Two calls came before: one to compile, one to learn how long a call takes. The first one's result is compared.
  expect(session).toMatchObject({ version: '1.2.3', value: 1, amount: 7 });
  // Timers never fire early, so a call cannot take less than its 5 ms, but for their rounding to whole milliseconds.
  expect((await session.time()).milliseconds).toBeGreaterThanOrEqual(4.9);
  expect((await session.time()).milliseconds).toBeGreaterThanOrEqual(4.9);
  await session.stop();
  await expect(session.time()).rejects.toThrow('ended with status 0');
});

it.each([
  ['throws', "throw new TypeError('no WebGPU here')", 'TypeError: no WebGPU here'],
  ['ends', 'process.exit(3)', 'ended with status 3'],
  ['is killed', "process.kill(process.pid, 'SIGKILL')", 'ended with SIGKILL'],
])('a program that %s before it has computed is explained in one line', async (_, script, line) => {
  await expect(start(script)).rejects.toThrow(new Error(line));
});

it('a program that fails while it is timed is explained too', async () => {
  const session = await start(`
    import { serve } from '${serve}';
    let calls = 0;
    await serve('1.2.3', async () => {
      if (++calls > 2) throw new Error('device lost');
      return 0;
    });
  `);
  await expect(session.time()).rejects.toThrow(new Error('Error: device lost'));
  await session.stop();
});

it('a program that does not exist is explained', async () => {
  await expect(startSession('outlast-no-such-program', [])).rejects.toThrow('spawn outlast-no-such-program ENOENT');
});

it('nothing chosen, nothing installed', async () => {
  expect(await availablePeers([], () => expect.unreachable())).toEqual([]);
});

it('attack libraries without a Python that has them are left out, and how to name one is said', async () => {
  const said: string[] = [];
  expect(await availableAttackPeers(['foolbox', 'art'], 'outlast-no-python', (line) => said.push(line))).toEqual([]);
  const reason = 'spawn outlast-no-python ENOENT; --python or OUTLAST_PYTHON names one that has it';
  expect(said).toEqual(['foolbox', 'art'].map((name) => `${name}: not found by outlast-no-python: ${reason}`));
});

describe('a program that is not timed', () => {
  const isWindows = process.platform === 'win32';
  const NO_STOP = 'Windows stops and ends no process by these signals';
  const folder = mkdtempSync(join(tmpdir(), 'outlast-session-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('rests', async ({ skip }) => {
    skip(isWindows, NO_STOP);
    const ticks = join(folder, 'ticks');
    const session = await start(`
      import { appendFileSync } from 'node:fs';
      import { serve } from '${serve}';
      appendFileSync('${ticks}', '.');
      setInterval(() => appendFileSync('${ticks}', '.'), 1).unref();
      await serve('1.2.3', async (times) => {
        await new Promise((resolve) => setTimeout(resolve, times * 5));
        return 0;
      });
    `);
    const pause = () => new Promise((resolve) => setTimeout(resolve, 50));
    await pause();
    const atRest = statSync(ticks).size;
    await pause();
    expect(statSync(ticks).size).toBe(atRest);
    await session.time();
    expect(statSync(ticks).size).toBeGreaterThan(atRest);
    await session.stop();
  });

  it.for(['SIGTERM', 'SIGINT'] as const)(
    'ends with the program that would time it, by %s',
    async (signal, { skip }) => {
      skip(isWindows, NO_STOP);
      await build({
        entryPoints: ['bench/session.node.ts'],
        outfile: join(folder, 'session.mjs'),
        bundle: true,
        platform: 'node',
        format: 'esm',
      });
      const timed = `
      import { serve } from '${serve}';
      await serve(String(process.pid), async () => 0);
    `;
      const owner = spawn(process.execPath, [
        '--input-type=module',
        '-e',
        `
      import { startSession } from ${JSON.stringify(pathToFileURL(join(folder, 'session.mjs')).href)};
      const session = await startSession(process.execPath, ['--input-type=module', '-e', ${JSON.stringify(timed)}]);
      console.log(session.version);
      setInterval(() => {}, 1000);
    `,
      ]);
      const [line] = await once(createInterface({ input: owner.stdout }), 'line');
      owner.kill(signal);
      expect(await once(owner, 'close')).toEqual([null, signal]);
      // Whoever adopts the process takes note of its end a moment later.
      await vi.waitFor(() => expect(() => process.kill(Number(line), 0)).toThrow('ESRCH'), { timeout: 60_000 });
    },
  );
});
