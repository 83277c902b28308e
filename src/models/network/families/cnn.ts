import { settingsOf } from '../../../base/catalogue.ts';
import { InputError } from '../../../base/errors.ts';
import { type GivenOf, integer, type ValuesOf } from '../../../base/parameter.ts';
import type { StoredTensor } from '../../checkpoint/safetensors.ts';
import { type BuildOptions, checkSizes, layeredModel, MOST_CHANNELS } from '../layeredModel.ts';
import { block, convolution, flatten, fullyConnected, halvingPool, rectifier, sequential } from '../layers.ts';
import type { Model } from '../model.ts';
import { defineNetwork, type NetworkEnds } from '../network.ts';

const KERNEL = 5;

const parameters = {
  width: integer({
    from: 1,
    to: MOST_CHANNELS,
    default: 4,
    axis: true,
    takes: 'channels',
    about: 'channels of the first convolution; the second has 2.5 times as many',
  }),
  hidden: integer({
    from: 1,
    to: MOST_CHANNELS,
    default: 100,
    axis: true,
    takes: 'units',
    about: 'units of the hidden fully connected layer',
  }),
};

type Settings = ValuesOf<typeof parameters>;

const secondWidth = (width: number) => Math.ceil(2.5 * width);

/** Pixels of a side after a convolution without padding and a pool. */
const halved = (side: number) => Math.floor((side - KERNEL + 1) / 2);

/** Least side of an image that leaves a pixel behind both pools. */
const LEAST_SIDE = 16;

/**
 * Two convolutions of 5×5 with max-pool and two fully connected layers: the network of ART's first examples, with their names.
 * @throws InputError when nothing is left of an image behind the pools
 */
export function cnn(options: GivenOf<typeof parameters> & BuildOptions): Model {
  const { inChannels, classes, imageSize: [height, wide] = [LEAST_SIDE, LEAST_SIDE] } = options;
  const { width, hidden }: Settings = settingsOf({ parameters }, { ...options });
  checkSizes('CNN', { width, 'number of input channels': inChannels, 'number of classes': classes });
  if (Math.min(height, wide) < LEAST_SIDE)
    throw new InputError(`CNN: images of ${wide} x ${height} pixels are too small; a side has at least ${LEAST_SIDE}`);
  const second = secondWidth(width);
  const rest = second * halved(halved(height)) * halved(halved(wide));
  const convolved = (name: string, from: number, to: number) =>
    block(
      sequential([
        convolution(name, from, to, { kernel: KERNEL, padding: 0, bias: true, initial: 'fan in' }),
        rectifier,
        halvingPool,
      ]),
    );
  const network = sequential([
    convolved('conv_1', inChannels, width),
    convolved('conv_2', width, second),
    flatten,
    fullyConnected('fc_1', rest, hidden),
    rectifier,
    fullyConnected('fc_2', hidden, classes),
  ]);
  return layeredModel('cnn', network, options);
}

/** The network that a state dict belongs to; its images are taken for square ones, the smallest that fit. */
function recognise(tensors: ReadonlyMap<string, StoredTensor>): (Settings & NetworkEnds) | null {
  const shapeOf = (name: string) => tensors.get(`${name}.weight`)?.shape ?? [];
  const [width = 0, inChannels = 0, kernel] = shapeOf('conv_1');
  const [hidden = 0, rest = 0] = shapeOf('fc_1');
  const [classes = 0] = shapeOf('fc_2');
  const plane = Math.sqrt(rest / secondWidth(width));
  if (kernel !== KERNEL || !Number.isInteger(plane) || Math.min(width, inChannels, hidden, classes, plane) < 1)
    return null;
  const side = 4 * plane + LEAST_SIDE - 4;
  return { width, hidden, inChannels, classes, imageSize: [side, side] };
}

/** Small convolutional networks for the catalogue. */
export const cnnFamily = defineNetwork({
  name: 'cnn',
  title: 'CNN',
  source: 'Nicolae et al., arXiv 1807.01069; names of the first examples of ART',
  parameters,
  members: { cnn: {} },
  sized: true,
  label: () => 'CNN',
  describe: ({ width, hidden }) => `CNN of ${width} and ${secondWidth(width)} channels, ${hidden} hidden units`,
  build: (settings, ends) => cnn({ ...settings, ...ends }),
  signature: 'conv_1.weight, [width, channels, 5, 5], conv_2, fc_1 and fc_2.weight, [classes, hidden]',
  recognise,
});
