import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { networkFile } from '../../bench/onnx/files.node.ts';
import { fileWorkload } from '../../bench/onnx/workload.node.ts';
import { InputError } from '../../src/base/errors.ts';
import { loadOnnx } from '../../src/models/index.ts';
import { useDevice } from '../support/checkOp.ts';

const device = useDevice();
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'outlast-bench-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

it('a member of a family is written as a file for images of ImageNet, batch norm folded', async () => {
  const file = await networkFile('mobilenet-v2', 'python3', folder);
  const { model, images, classes } = loadOnnx(readFileSync(file));
  expect({ images, classes, state: model.state }).toEqual({ images: [3, 224, 224], classes: 1000, state: {} });
  // As torchvision's, whose 3,504,872 parameters have two vectors of 17,056 for batch norms, which a bias takes the place of.
  const count = Object.values(model.parameters).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  expect(count).toBe(3_504_872 - 17_056);
});

it.each([
  ['resnet51', '"resnet51" is no .onnx file'],
  ['light_resnet50', "is of ONNX's Python package, which no-python does not have"],
])('%s is refused', async (name, says) => {
  await expect(networkFile(name, 'no-python', folder)).rejects.toThrow(InputError);
  await expect(networkFile(name, 'no-python', folder)).rejects.toThrow(says);
});

it('a file is computed as the other systems compute it: its own answer for one image, the softmax included', async () => {
  const prepared = await fileWorkload('test/fixtures/onnx/convolutional.onnx').prepare(device());
  try {
    await prepared.run();
    const probability = await prepared.read();
    expect(probability).toBeGreaterThan(0);
    expect(probability).toBeLessThan(1);
  } finally {
    prepared.free();
  }
});
