import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { Command } from 'commander';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { followTuning } from '../../src/cli/program/followTuning.ts';
import { runProgram } from '../../src/cli/program/program.ts';
import type { Surroundings } from '../../src/cli/program/surroundings.ts';
import type { Device } from '../../src/engine/device/device.ts';
import { nodePlatform, openDevice, requestAdapter } from '../../src/engine/open.node.ts';
import { openOn } from '../../src/engine/open.ts';
import { faulty } from '../support/faultyAdapter.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'outlast-tune-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function machine(): { around: Surroundings; output: () => string } {
  const chunks: string[] = [];
  const stream = new Writable({
    write: (chunk, _, done) => {
      chunks.push(String(chunk));
      done();
    },
  });
  const around: Surroundings = {
    terminal: { stdout: stream, stderr: stream },
    // A clock that always says the same: how long things take is not what is tested.
    tuning: {
      folder,
      stopwatch: async (_, times, work) => {
        await work();
        return 100 * times;
      },
    },
    openDevice,
    openMachine: () => Promise.reject(new Error('no trials are computed here')),
  };
  return { around, output: () => chunks.join('') };
}

const small = ['--width', '1', '--batch', '1', '--size', '8', '--channels', '1', '--no-check'];

interface Kernel {
  readonly key: string;
  readonly variant: string;
  readonly milliseconds: Readonly<Record<string, number>>;
  readonly rejected: readonly unknown[];
}

async function tune(): Promise<readonly Kernel[]> {
  const { around, output } = machine();
  expect(await runProgram(['tune', 'resnet18', ...small, '--json'], around)).toBe(0);
  return JSON.parse(output()).kernels;
}

/** A device as a command with these words gets it. */
async function deviceOf(words: readonly string[]): Promise<Device> {
  const program = new Command();
  const { openDevice: open } = followTuning(program, machine().around);
  const opened: Device[] = [];
  program.command('train').action(async () => {
    opened.push(await open());
  });
  await program.parseAsync([...words], { from: 'user' });
  const [device] = opened;
  device.destroy();
  return device;
}

test('every variant of a model is right, a second call measures nothing, and all commands but those with --no-tune follow', async () => {
  expect((await deviceOf(['train'])).profile.tuning).toBeNull();
  const kernels = await tune();
  expect(kernels.length).toBeGreaterThan(3);
  for (const { variant, milliseconds, rejected } of kernels) {
    expect(rejected).toEqual([]);
    // As quick as all others, the default stays.
    expect(Object.keys(milliseconds)[0]).toBe(variant);
  }
  const [kept] = Object.values(JSON.parse(readFileSync(join(folder, 'tuning.json'), 'utf8'))) as object[];
  expect(Object.keys(kept)).toEqual(kernels.map(({ key }) => key));
  // What is kept is not measured again, which would replace it.
  const file = join(folder, 'tuning.json');
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/: ?100(?=[,}\s])/g, ': 99'));
  const again = await tune();
  expect(again.map(({ key }) => key)).toEqual(kernels.map(({ key }) => key));
  expect(new Set(again.flatMap(({ milliseconds }) => Object.values(milliseconds)))).toEqual(new Set([99]));

  // Every variant took as long as the default: nothing is quicker.
  const { around, output } = machine();
  expect(await runProgram(['tune', 'resnet18', ...small], around)).toBe(0);
  expect(output().trimEnd().split('\n').at(-1)).toBe(
    `Tuned: none of ${kernels.length} kernels has a variant that is clearly quicker than its default. All commands follow this, from ${file}; --no-tune takes the defaults.`,
  );

  expect((await deviceOf(['train'])).profile.tuning?.identity).toMatch(/^[0-9a-f]{16}$/);
  expect((await deviceOf(['train', '--no-tune'])).profile.tuning).toBeNull();
  expect((await deviceOf(['--no-tune', 'train'])).profile.tuning).toBeNull();
});

test('kernels are compared with others before they are timed, and a device that computes wrong is refused', async () => {
  const words = ['tune', 'mlp', '--width', '4', '--batch', '2', '--size', '8', '--channels', '1'];
  const { around, output } = machine();
  expect(await runProgram(words, around)).toBe(0);
  expect(output()).toMatch(/^Checked: \d+ kernels to the last bit, \d+ up to rounding/);
  const flipped = machine();
  const openDevice = async () => {
    const platform = nodePlatform();
    const { adapter, fail } = faulty(await requestAdapter(platform));
    const device = await openOn(adapter, platform);
    // What is asked of the device when it is opened is right; then every kernel has a wrong bit.
    await device.profile.precisions();
    fail({ flip: { kernel: null, element: 0, bit: 12 } });
    return device;
  };
  expect(await runProgram(words, { ...flipped.around, openDevice })).toBe(1);
  expect(flipped.output()).toMatch(
    /^outlast: .* computes \d+ of \d+ kernels wrong; the first is .*: element 0 is .* and should be .*; trust no figure/,
  );
});
