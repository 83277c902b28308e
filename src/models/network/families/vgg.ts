import { settingsOf } from '../../../base/catalogue.ts';
import { choice, type GivenOf, integer, type ValuesOf, yesOrNo } from '../../../base/parameter.ts';
import type { StoredTensor } from '../../checkpoint/safetensors.ts';
import { adaptiveAveragePool } from '../adaptiveAveragePool.ts';
import { dropout, dropoutShare, droppedWords } from '../dropout.ts';
import { type BuildOptions, checkSizes, layeredModel, MOST_CHANNELS } from '../layeredModel.ts';
import {
  averagePool,
  batchNormalisation,
  block,
  convolution,
  flatten,
  fullyConnected,
  halvingPool,
  type Layer,
  rectifier,
  sequential,
} from '../layers.ts';
import type { Model } from '../model.ts';
import { defineNetwork, type NetworkEnds } from '../network.ts';
import { convolutionalEnds, nearestByNames } from '../recognition.ts';

/** Convolutions of each of the five stages (Simonyan and Zisserman, arXiv 1409.1556, table 1: A, B, D, E), and their channels. */
const FAMILY = { 11: [1, 1, 2, 2, 2], 13: [2, 2, 2, 2, 2], 16: [2, 2, 3, 3, 3], 19: [2, 2, 4, 4, 4] } as const;
const WIDENING = [1, 2, 4, 8, 8] as const;

/** Side of the plane that the imagenet head reads: an image of 224 pixels, halved five times. */
const PLANE = 7;

const parameters = {
  depth: choice({ choices: [11, 13, 16, 19], axis: true, takes: 'layers', about: 'layers' }),
  batchNorm: yesOrNo({ default: false, axis: true, about: 'batch norm after every convolution' }),
  width: integer({
    from: 1,
    to: MOST_CHANNELS,
    default: 64,
    axis: true,
    takes: 'channels',
    about: 'channels of the first stage',
  }),
  stem: choice({
    choices: ['imagenet', 'cifar'],
    default: 'imagenet',
    axis: true,
    takes: 'stem',
    about: 'last layers: imagenet, three fully connected; cifar, one',
  }),
  hidden: integer({
    from: 1,
    to: MOST_CHANNELS,
    default: 4096,
    axis: true,
    takes: 'units',
    about: 'units of the hidden fully connected layers',
  }),
  dropout: dropoutShare(0.5),
};

type Settings = ValuesOf<typeof parameters>;

/** A VGG network with torchvision's names. Dropout is where torchvision has it; the cifar stem has it before its one layer. */
export function vgg(options: GivenOf<typeof parameters> & BuildOptions): Model {
  const { inChannels, classes } = options;
  const settings: Settings = settingsOf({ parameters }, { ...options });
  const { depth, batchNorm, width, stem, hidden, dropout: share } = settings;
  checkSizes('VGG', { width, 'number of input channels': inChannels, 'number of classes': classes });
  const last = width * WIDENING[4];
  const head =
    stem === 'cifar'
      ? [averagePool, dropout('classifier', share), fullyConnected('classifier', last, classes)]
      : [
          adaptiveAveragePool(PLANE),
          flatten,
          fullyConnected('classifier.0', last * PLANE * PLANE, hidden),
          rectifier,
          dropout('classifier.2', share),
          fullyConnected('classifier.3', hidden, hidden),
          rectifier,
          dropout('classifier.5', share),
          fullyConnected('classifier.6', hidden, classes),
        ];
  const network = sequential([...stages(settings, inChannels), ...head]);
  return { ...layeredModel(`vgg${depth}${batchNorm ? '-bn' : ''}`, network, options), random: share > 0 };
}

/** Convolutions and pools, each with its place in torchvision's `features`. */
function stages({ depth, batchNorm, width }: Settings, inChannels: number): Layer[] {
  let place = 0;
  let from = inChannels;
  return FAMILY[depth].map((count, stage) => {
    const to = width * WIDENING[stage];
    const layers = Array.from({ length: count }, () => {
      const convolved = convolution(`features.${place}`, from, to, { kernel: 3, bias: true });
      const activated = batchNorm ? batchNormalisation(`features.${place + 1}`, to, { relu: true }) : rectifier;
      place += batchNorm ? 3 : 2;
      from = to;
      return [convolved, activated];
    });
    place += 1;
    return block(sequential([...layers.flat(), halvingPool]));
  });
}

/** The network that a state dict belongs to, by its first convolution, its last layers and its names. */
function recognise(tensors: ReadonlyMap<string, StoredTensor>): (Settings & NetworkEnds) | null {
  const stem = tensors.has('classifier.weight') ? ('cifar' as const) : ('imagenet' as const);
  const last = stem === 'cifar' ? 'classifier.weight' : 'classifier.6.weight';
  const ends = convolutionalEnds(tensors, { first: 'features.0.weight', last, kernels: [3] });
  if (ends === null) return null;
  const { width, inChannels, classes, features } = ends;
  const hidden = stem === 'cifar' ? parameters.hidden.default : features;
  const batchNorm = tensors.get('features.1.weight')?.shape.length === 1;
  const options = { batchNorm, width, stem, hidden, dropout: 0, inChannels, classes };
  const candidates = parameters.depth.choices.map((depth) => ({ ...options, depth }));
  return nearestByNames(tensors, candidates, vgg);
}

/** VGG networks for the catalogue. */
export const vggFamily = defineNetwork({
  name: 'vgg',
  title: 'VGG',
  source: 'Simonyan and Zisserman, arXiv 1409.1556; names of torchvision',
  parameters,
  members: Object.fromEntries(
    parameters.depth.choices.flatMap((depth) => [
      [`vgg${depth}`, { depth, batchNorm: false }],
      [`vgg${depth}-bn`, { depth, batchNorm: true }],
    ]),
  ),
  label: ({ depth, batchNorm }) => `VGG-${depth}${batchNorm ? '-BN' : ''}`,
  describe: ({ depth, batchNorm, width, stem, hidden, dropout: share }) =>
    `VGG-${depth} of width ${width}${batchNorm ? ' with batch norm' : ''}, ${stem === 'cifar' ? 'cifar stem' : `imagenet stem, ${hidden} hidden units`}${droppedWords(share)}`,
  build: (settings, ends) => vgg({ ...settings, ...ends }),
  signature:
    'features.0.weight, [width, channels, 3, 3], and classifier.6.weight or classifier.weight, [classes, features]',
  recognise,
});
