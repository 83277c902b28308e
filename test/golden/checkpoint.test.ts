import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Dataset, Split } from '../../src/models/data/dataset.ts';
import { resnet } from '../../src/models/network/families/resnet.ts';
import type { Precision } from '../../src/models/network/precision.ts';
import { download, release } from '../../src/models/network/weights.ts';
import { train } from '../../src/models/training/train.ts';
import { useDevice } from '../support/checkOp.ts';
import { values } from '../support/values.ts';

const device = useDevice();
const SIDE = 12;
const CLASSES = 3;

const split = (count: number, seed: number): Split => ({
  images: Uint8Array.from(values(count * SIDE * SIDE, seed), (value) => Math.abs(value * 64) % 256),
  labels: Uint8Array.from({ length: count }, (_, i) => i % CLASSES),
  count,
});

const dataset: Dataset = {
  name: 'noise',
  classes: CLASSES,
  channels: 1,
  height: SIDE,
  width: SIDE,
  train: split(24, 1),
  test: split(6, 2),
};

/** SHA-256 of all parameters and running statistics after two epochs of three batches. */
async function digestOfTraining(precision: Precision): Promise<string> {
  const model = resnet({ depth: 18, width: 2, stem: 'imagenet', inChannels: 1, classes: CLASSES, precision });
  const { weights } = await train(device(), model, dataset, {
    epochs: 2,
    batchSize: 8,
    learningRate: 0.03,
    schedule: 'cosine',
    momentum: 0.9,
    weightDecay: 5e-4,
    seed: 0,
  });
  const hash = createHash('sha256');
  const { parameters, state } = await download(weights);
  release(weights);
  for (const [name, { buffer, byteOffset, byteLength }] of Object.entries({ ...parameters, ...state }))
    hash.update(name).update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest('hex');
}

/** f64 is made of integers, so that its bits are the same on every adapter. */
test('a training in f64 comes to the bits that it always had', async () => {
  await expect(`${await digestOfTraining('f64')}\n`).toMatchFileSnapshot('../fixtures/golden/checkpoint.f64.txt');
});

/** WGSL leaves roundings of f32 to the adapter: the bits are those of the one that set-up installs on Linux. */
const RECORDED_ON = 'llvmpipe-llvm-15-0-6-256-bits-';

test.for(['f8', 'f16', 'f32', 'f32x2'] as const)(
  'a training in %s comes to the bits that it always had',
  async (precision, { skip }) => {
    const { name } = device().adapter;
    const digest = await digestOfTraining(precision);
    expect(await digestOfTraining(precision)).toBe(digest);
    skip(name !== RECORDED_ON, `the bits were recorded on ${RECORDED_ON}, this is ${name}`);
    await expect(`${digest}\n`).toMatchFileSnapshot(`../fixtures/golden/checkpoint.${precision}.txt`);
  },
);
