import { expect, test } from 'vitest';
import { summarise } from '../../src/cli/doctor.ts';
import { runProgram } from '../../src/cli/program/program.ts';
import { openDevice } from '../../src/engine/open.node.ts';
import { collectTerminal } from '../support/collectTerminal.ts';

const diagnosis = {
  adapter: { name: 'llvmpipe', driver: 'Mesa 22.3', backend: 'vulkan', software: true },
  precisions: { f8: 'words', f16: 'native', f32: 'native', f32x2: null, f64: 'integers' },
} as unknown as Parameters<typeof summarise>[0];

test('doctor ends with a sentence: whether outlast runs here, on what, in which number formats', () => {
  expect(summarise(diagnosis, false)).toBe(
    'outlast runs here, on the processor (llvmpipe): a GPU would be many times as quick. Number formats f8, f16, f32, f64, refused f32x2. Kernels are the defaults: `outlast tune` finds quicker ones.',
  );
  const whole = { ...diagnosis, adapter: { ...diagnosis.adapter, name: 'RTX 9', software: false } };
  expect(summarise({ ...whole, precisions: { f32: 'native' } }, true)).toBe(
    'outlast runs here, on RTX 9. Number formats f32. Kernels are those that `outlast tune` found.',
  );
});

test('on this machine', async () => {
  const { texts, terminal } = collectTerminal();
  const openMachine = () => Promise.reject(new Error('no trials are computed here'));
  expect(await runProgram(['doctor', '--no-tune'], { terminal, openDevice, openMachine })).toBe(0);
  expect(texts.stdout).toMatch(
    /\n\noutlast runs here, on .*\. Number formats f8, .*\. Kernels are the defaults: .*\.\n$/,
  );
});
