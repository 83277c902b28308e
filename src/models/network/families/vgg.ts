import { settingsOf } from '../../../base/catalogue.ts';
import { choice, type GivenOf, integer, type ValuesOf, yesOrNo } from '../../../base/parameter.ts';
import type { StoredTensor } from '../../checkpoint/safetensors.ts';
import { adaptiveAveragePool } from '../adaptiveAveragePool.ts';
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
import { nearestByNames } from '../recognition.ts';

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
};

type Settings = ValuesOf<typeof parameters>;

/** A VGG network with torchvision's names. Training knows no dropout. */
export function vgg(options: GivenOf<typeof parameters> & BuildOptions): Model {
  const { inChannels, classes } = options;
  const settings: Settings = settingsOf({ parameters }, { ...options });
  const { depth, batchNorm, width, stem, hidden } = settings;
  checkSizes('VGG', { width, 'number of input channels': inChannels, 'number of classes': classes });
  const last = width * WIDENING[4];
  const head =
    stem === 'cifar'
      ? [averagePool, fullyConnected('classifier', last, classes)]
      : [
          adaptiveAveragePool(PLANE),
          flatten,
          fullyConnected('classifier.0', last * PLANE * PLANE, hidden),
          rectifier,
          fullyConnected('classifier.3', hidden, hidden),
          rectifier,
          fullyConnected('classifier.6', hidden, classes),
        ];
  return layeredModel(
    `vgg${depth}${batchNorm ? '-bn' : ''}`,
    sequential([...stages(settings, inChannels), ...head]),
    options,
  );
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
  const shapeOf = (name: string) => tensors.get(name)?.shape ?? [];
  const first = shapeOf('features.0.weight');
  const stem = tensors.has('classifier.weight') ? ('cifar' as const) : ('imagenet' as const);
  const last = shapeOf(stem === 'cifar' ? 'classifier.weight' : 'classifier.6.weight');
  if (first.length !== 4 || first[2] !== 3 || last.length !== 2 || Math.min(...first, ...last) < 1) return null;
  const hidden = stem === 'cifar' ? parameters.hidden.default : last[1];
  const batchNorm = shapeOf('features.1.weight').length === 1;
  const ends = { batchNorm, width: first[0], stem, hidden, inChannels: first[1], classes: last[0] };
  const candidates = parameters.depth.choices.map((depth) => ({ ...ends, depth }));
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
  describe: ({ depth, batchNorm, width, stem, hidden }) =>
    `VGG-${depth} of width ${width}${batchNorm ? ' with batch norm' : ''}, ${stem === 'cifar' ? 'cifar stem' : `imagenet stem, ${hidden} hidden units`}`,
  build: (settings, ends) => vgg({ ...settings, ...ends }),
  signature:
    'features.0.weight, [width, channels, 3, 3], and classifier.6.weight or classifier.weight, [classes, features]',
  recognise,
});
