import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleProgram } from '../support/bundleProgram.ts';

let scratch: string;
let program: string;

beforeAll(async () => {
  // Beside the packages, so that the program finds them.
  scratch = mkdtempSync(join(resolve('node_modules'), '.faults-'));
  program = join(scratch, 'outlast.mjs');
  writeFileSync(
    join(scratch, 'faults.yaml'),
    `name: faults
data: { name: mnist, train: 60, test: 30 }
models: { depth: 18, width: 4 }
training: { epochs: 2, batch_size: 20, learning_rate: 0.05 }
control: false
attacks: [{ name: fgm, eps: [0.05, 0.1, 0.15, 0.2, 0.25, 0.3] }]
samples: 30
`,
  );
  await bundleProgram('test/support/programs/faultyStudy.ts', program);
});
afterAll(() => rmSync(scratch, { recursive: true }));

function start(
  folder: string,
  faults: Readonly<Record<string, string>>,
  words: readonly string[] = [],
  silence = '100000',
) {
  const notes = join(scratch, `notes-${folder}`);
  mkdirSync(notes, { recursive: true });
  const child: ChildProcess = spawn(
    process.execPath,
    [program, 'study', 'run', 'faults.yaml', '--out', folder, ...words],
    {
      cwd: scratch,
      env: { ...process.env, FAULTS: JSON.stringify(faults), NOTES: notes, OUTLAST_WAIT_LIMIT: '1', SILENCE: silence },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let errors = '';
  child.stderr?.on('data', (text) => {
    errors += text;
  });
  const ended = new Promise<{ code: number | null; lines: string[] }>((done) => {
    child.on('close', (code) =>
      done({
        code,
        lines: errors
          .trim()
          .split('\n')
          .map((line) => line.replace(/ \(\d+\.\d s\).*/, '')),
      }),
    );
  });
  return { child, ended };
}

/** Trials by how they ended: names of what lies in a run's folder. */
const kept = (folder: string, failed: boolean) =>
  readdirSync(join(scratch, folder, 'trials')).filter((name) => name.endsWith('.error.json') === failed);

test('trials whose process has to end have failed, fresh processes go on, the report comes; one crash alone fails nothing', async () => {
  const faults = { 0.1: 'hang', 0.2: 'crash', 0.25: 'crashOnce' };
  const { code, lines } = await start('one', faults).ended;
  expect(code, lines.join('\n')).toBe(1);
  expect(lines.filter((line) => line.startsWith('[') || line.includes('tried once more'))).toEqual([
    expect.stringMatching(/^\[1\/7\] train ResNet-18/),
    expect.stringMatching(/^\[2\/7\] fgm eps 0\.05 .* after$/),
    expect.stringMatching(
      /^\[3\/7\] fgm eps 0\.1 .*: FAILED: endless\(f32\[4\]\): the GPU did not finish within 1 s; a/,
    ),
    expect.stringMatching(/^\[4\/7\] fgm eps 0\.15 .* after$/),
    expect.stringMatching(/^fgm eps 0\.2 .*: the process that computes was killed by SIGSEGV; it is tried once more/),
    expect.stringMatching(/^\[5\/7\] fgm eps 0\.2 .*: FAILED: .* was killed by SIGSEGV; the trial was tried twice$/),
    expect.stringMatching(/^fgm eps 0\.25 .*: the process that computes was killed by SIGSEGV; it is tried once more/),
    expect.stringMatching(/^\[6\/7\] fgm eps 0\.25 .* after$/),
    expect.stringMatching(/^\[7\/7\] fgm eps 0\.3 .* after$/),
  ]);
  expect(lines.at(-1)).toMatch(/^outlast: 2 of 7 trials failed /);
  expect([kept('one', false).length, kept('one', true).length]).toEqual([5, 2]);
  expect(existsSync(join(scratch, 'one', 'report.html'))).toBe(true);
});

test('two faults at once: with two processes, one that does not answer and one that crashes, the others of the trials are computed', async () => {
  // Nothing else of these processes keeps them from answering.
  const { code, lines } = await start('two', { 0.05: 'silent', 0.1: 'crash' }, ['--workers', '2'], '10').ended;
  expect(code, lines.join('\n')).toBe(1);
  expect(lines.join('\n')).toContain(
    'FAILED: the process that computes did not answer for 10 s and was killed; a call of the driver may not return\n',
  );
  expect(lines.at(-1)).toMatch(/^outlast: 2 of 7 trials failed /);
  expect([kept('two', false).length, kept('two', true).length]).toEqual([5, 2]);
});

/** The processes that a process started and that have not ended, by Linux' /proc. */
const childrenOf = (pid: number) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

/** Waits until something is so. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(50);
}

const lives = (pid: number) =>
  existsSync(`/proc/${pid}`) && !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));

test.runIf(process.platform === 'linux').each([
  ['SIGTERM', 'lasts'],
  ['SIGKILL', 'silent'],
] as const)('no process is left when the run is ended by %s and its trial %s', async (signal, fault) => {
  const { child, ended } = start(signal, { 0.05: fault });
  await until(() => existsSync(join(scratch, signal, 'trials')) && kept(signal, false).length === 1);
  const children = childrenOf(child.pid ?? 0);
  expect(children).toHaveLength(1);
  child.kill(signal);
  await ended;
  expect(child.signalCode).toBe(signal);
  await until(() => !children.some(lives));
});
