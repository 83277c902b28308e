import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { runProgram } from '../../src/cli/program/program.ts';
import { DeviceError } from '../../src/engine/errors.ts';

/** Runs `outlast summary` where no device can be opened. */
async function summary(...words: string[]) {
  const collect = () => {
    const chunks: string[] = [];
    const write = (chunk: unknown, _: unknown, done: () => void) => {
      chunks.push(String(chunk));
      done();
    };
    return { stream: new Writable({ write }), text: () => chunks.join('') };
  };
  const [stdout, stderr] = [collect(), collect()];
  const refuse = async () => {
    throw new DeviceError('no WebGPU adapter was found');
  };
  const around = {
    terminal: { stdout: stdout.stream, stderr: stderr.stream },
    openDevice: refuse,
    openMachine: refuse,
  };
  const code = await runProgram(['summary', ...words], around);
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

test('prints layers, parameters and memory without a device', async () => {
  const { code, stdout, stderr } = await summary('resnet50', '--batch', '2');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^resnet50, batches of 2 images of 3 x 224 x 224\n/);
  expect(stdout).toMatch(/^layer4\.2\.conv3 +conv2d +\[2, 2048, 7, 7\] +1048576 +102\.760$/m);
  // torchvision's number of parameters; four bytes each.
  expect(stdout).toContain('\n25557032 parameters, ');
  expect(stdout).toMatch(/^parameters +97\.5 MiB +97\.5 MiB$/m);
  expect(stdout).toMatch(/^planned memory +[\d.]+ MiB +[\d.]+ MiB$/m);
});

test('takes width, stem, size, channels and classes, and prints JSON', async () => {
  const options = ['--width', '16', '--stem', 'cifar', '--size', '28', '--channels', '1', '--classes', '10'];
  const { code, stdout } = await summary('ResNet18', ...options, '--json');
  expect(code).toBe(0);
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({ model: 'resnet18', image: [1, 28, 28], batch: 32 });
  expect(result.layers[0]).toMatchObject({ name: 'conv1', shape: [32, 16, 28, 28], parameters: 16 * 9 });
  expect(result.precisions.f32.training.memory.total).toBeGreaterThan(result.precisions.f32.inference.memory.total);
});

test.each([
  [
    ['resnet51'],
    /^outlast: summary: "resnet51" is no model; did you mean "resnet50"\? Known: resnet18, .*; vgg11, .*\n$/,
  ],
  [
    ['resnet18', '--batch', '0'],
    /^outlast: option '--batch <images>' argument '0' is invalid\. It must be a whole number/,
  ],
  // A batch norm starts a row of workgroups for each image of a batch; WebGPU promises 65,535 in a row.
  [
    ['resnet18', '--batch', '1e6'],
    /^outlast: summary: batches of 1000000 images of 3 x 224 x 224 are too much: batchNorm\(.*\): needs 1000000 workgroups in a row; this device starts at most 65535; give a smaller --batch, --size or --width\n$/,
  ],
  [['resnet18', '--stem', 'none'], /^outlast: option '--stem <stem>' argument 'none' is invalid\. Allowed choices are/],
])('refuses %j with exit code 2', async (words, message) => {
  const { code, stderr, stdout } = await summary(...words);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  if (typeof message === 'string') expect(stderr).toBe(message);
  else expect(stderr).toMatch(message);
});
