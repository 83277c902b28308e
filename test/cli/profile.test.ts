/** Sizes that no device has room for are told of before anything is allocated or measured. */
import { expect, test } from 'vitest';
import { runProgram } from '../../src/cli/program/program.ts';
import type { Device } from '../../src/engine/device/device.ts';
import type { Capabilities } from '../../src/engine/graph/capabilities.ts';
import { PLANNED_FOR } from '../../src/models/inspection/summary.ts';
import { collectTerminal } from '../support/collectTerminal.ts';

/** Runs a command on a device that can do nothing but tell its limits. */
async function outlast(words: readonly string[], limits: Partial<Capabilities> = {}) {
  const { terminal, texts } = collectTerminal();
  const device = { adapter: { software: false }, allocatedBytes: 0, capabilities: { ...PLANNED_FOR, ...limits } };
  const code = await runProgram(words, {
    terminal,
    openDevice: async () => ({ ...device, destroy: () => {} }) as unknown as Device,
    openMachine: () => Promise.reject(new Error('no trials are computed here')),
  });
  return { code, ...texts };
}

const small = ['resnet18', '--width', '4', '--size', '28', '--channels', '1', '--batch', '8'];

test.each([
  ['train', 'training'],
  ['infer', 'inference'],
])('%s: more memory than there is', async (step, part) => {
  const words = [...small, '--classes', '10', '--json'];
  const summary = JSON.parse((await outlast(['summary', ...words])).stdout);
  const total: number = summary.precisions.f32[part].memory.total;
  const profiled = (memoryBudget: number) => outlast(['profile', ...small, '--step', step], { memoryBudget });
  expect(await profiled(total - 1)).toEqual({
    code: 2,
    stdout: '',
    stderr: `outlast: profile: batches of 8 images of 1 x 28 x 28 need about ${(total / 2 ** 20).toFixed(1)} MiB of memory, but ${((total - 1) / 2 ** 20).toFixed(1)} MiB are free; give a smaller --batch, --size or --width\n`,
  });
  // With a byte more the profile begins, on a device that computes nothing.
  expect((await profiled(total)).code).toBe(1);
});

test('a buffer larger than the adapter binds', async () => {
  const { code, stderr } = await outlast(['profile', ...small, '--batch', '1000'], { maxBufferSize: 2 ** 20 });
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /^outlast: profile: batches of 1000 images of 1 x 28 x 28 are too much: .*: needs a buffer of \d+ bytes; this device binds at most 1048576; give a smaller --batch, --size or --width\n$/,
  );
});

test('more workgroups than WebGPU starts in a row', async () => {
  const { code, stderr } = await outlast(['profile', 'resnet18', '--size', '224', '--batch', '70000']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/: needs 70000 workgroups in a row; this device starts at most 65535; give a smaller --batch/);
});
