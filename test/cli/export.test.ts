import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runProgram } from '../../src/cli/program/program.ts';
import { DeviceError } from '../../src/engine/errors.ts';
import { writeCheckpoint } from '../../src/models/checkpoint/file.node.ts';
import { initialWeights, resnet, toCheckpoint } from '../../src/models/index.ts';
import { loadOnnx } from '../../src/models/onnx/index.ts';
import { collectTerminal } from '../support/collectTerminal.ts';

const options = { family: 'resnet', depth: 18, width: 4, stem: 'cifar', inChannels: 3, classes: 6 } as const;
let scratch = '';

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'outlast-export-'));
  const model = resnet(options);
  await writeCheckpoint(join(scratch, 'm.safetensors'), toCheckpoint(options, initialWeights(model, 2)));
});
afterAll(() => rmSync(scratch, { recursive: true }));

/** Runs `outlast export` where no device can be opened. */
const run = (...words: string[]) => exported(join(scratch, 'm.safetensors'), ...words);

async function exported(...words: string[]) {
  const { texts, terminal } = collectTerminal();
  const refuse = () => Promise.reject(new DeviceError('no WebGPU adapter was found'));
  const code = await runProgram(['export', ...words], {
    terminal,
    openDevice: refuse,
    openMachine: refuse,
  });
  return { code, ...texts };
}

test('a checkpoint becomes an ONNX file with its weights, without a device', async () => {
  const file = join(scratch, 'm.onnx');
  const { code } = await run('--onnx', file, '--size', '16', '--opset', '18');
  expect(code).toBe(0);
  const { model, weights, images, classes } = loadOnnx(readFileSync(file));
  expect({ images, classes }).toEqual({ images: [3, 16, 16], classes: 6 });
  const own = initialWeights(resnet(options), 2);
  expect(Object.keys(model.parameters).sort()).toEqual(Object.keys(own.parameters).sort());
  expect(weights.parameters['layer1.0.conv1.weight']).toEqual(own.parameters['layer1.0.conv1.weight']);
});

test('a checkpoint that does not say the size of its images needs it', async () => {
  const { code, stderr } = await run('--onnx', join(scratch, 'none.onnx'));
  expect(code).toBe(2);
  expect(stderr).toContain("does not say the size of its images; give it as --size, 224 for ImageNet's");
});

test('an ONNX file is written again, its softmax left out; images of an open size need one', async () => {
  const file = join(scratch, 'again.onnx');
  const classifier = 'test/fixtures/onnx/textDirection/ch_ppocr_mobile_v2.0_cls_infer.onnx';
  const { code, stderr } = await exported(classifier, '--onnx', file);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: `outlast: ${classifier}: its input "x" is [?, 3, ?, ?]; say the size of the images, channels, height and width\n`,
  });
  const reading = ['--mean', '0.5,0.5,0.5', '--std', '0.5,0.5,0.5', '--order', 'bgr'];
  expect(await exported(classifier, '--onnx', file, '--size', '48', ...reading)).toMatchObject({
    code: 0,
    stdout: `${file}: ${classifier}, images [batch, 3, 48, 48], opset 17\n`,
  });
  expect(loadOnnx(readFileSync(file))).toMatchObject({ images: [3, 48, 48], classes: 2, probabilities: null });
});
