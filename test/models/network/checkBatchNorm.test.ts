import { expect, test } from 'vitest';
import type { Device } from '../../../src/engine/device/device.ts';
import { checkBatchNorm } from '../../../src/models/network/checkBatchNorm.ts';
import { type ResNetOptions, resnet } from '../../../src/models/network/families/resnet.ts';
import { train } from '../../../src/models/training/train.ts';

const modelOf = (options: Partial<ResNetOptions> = {}) =>
  resnet({ depth: 18, width: 4, inChannels: 1, classes: 10, ...options });

/**
 * PyTorch 2.5.1, the convolutions, the pool and one BatchNorm2d of each stage of torchvision's `resnet18` in training
 * mode, on zeros: for one image of 28 and of 32 pixels "ValueError: Expected more than 1 value per channel when
 * training, got input size torch.Size([1, 4, 1, 1])", for one of 33 and for two of 28 an answer. Of the 20 batch norms
 * the 5 of layer4 (two of each block, one of the projection) have that size.
 */
test.each([
  { size: 28, images: 1, refused: true },
  { size: 32, images: 1, refused: true },
  { size: 33, images: 1, refused: false },
  { size: 28, images: 2, refused: false },
])('$images image of $size pixels in the 7×7 stem: refused $refused, as by PyTorch', ({ size, images, refused }) => {
  const check = () => checkBatchNorm(modelOf(), [images, 1, size, size]);
  if (refused)
    expect(check).toThrow(
      `training: with a batch of 1 image of ${size} x ${size} pixels, 5 of the 20 batch norms of resnet18 see one value a channel, the first [1, 32, 1, 1], and can only answer 0; train with batches of at least 2 (--batch, batch_size)`,
    );
  else expect(check).not.toThrow();
});

test('the 3×3 stem keeps several pixels of an image of 28, and of an image of 8 one', () => {
  expect(() => checkBatchNorm(modelOf({ stem: 'cifar' }), [1, 1, 28, 28])).not.toThrow();
  // Three strides of 2: 8 → 4 → 2 → 1.
  expect(() => checkBatchNorm(modelOf({ stem: 'cifar' }), [1, 1, 8, 8])).toThrow(/5 of the 20 batch norms/);
});

test('in double precision, where batch norm is made of other operations, it is the same', () => {
  expect(() => checkBatchNorm(modelOf({ precision: 'f64' }), [1, 1, 28, 28])).toThrow(/5 of the 20 batch norms/);
});

test('a training is refused before it asks anything of a device', async () => {
  const split = { images: new Uint8Array(4 * 28 * 28), labels: Uint8Array.of(0, 1, 2, 3), count: 4 };
  const dataset = { name: 'four', classes: 10, channels: 1, height: 28, width: 28, train: split, test: split };
  const none = new Proxy({} as Device, {
    get: () => {
      throw new Error('the device was touched');
    },
  });
  const options = { epochs: 1, batchSize: 1, learningRate: 0.1, seed: 0 };
  await expect(train(none, modelOf(), dataset, options)).rejects.toThrow(/see one value a channel/);
});
