import { settingsOf } from '../../../base/catalogue.ts';
import { InputError } from '../../../base/errors.ts';
import { choice, type GivenOf, integer, type ValuesOf } from '../../../base/parameter.ts';
import type { StoredTensor } from '../../checkpoint/safetensors.ts';
import { type BuildOptions, checkSizes, layeredModel, MOST_CHANNELS } from '../layeredModel.ts';
import {
  averagePool,
  batchNormalisation,
  convolution,
  fullyConnected,
  type Layer,
  residual,
  sequential,
  stemPool,
} from '../layers.ts';
import type { Model } from '../model.ts';
import { defineNetwork, type NetworkEnds } from '../network.ts';
import { convolutionalEnds, nearestByNames } from '../recognition.ts';

/** Blocks in each of the four stages, and their form (He et al., arXiv 1512.03385, table 1). */
const FAMILY = {
  18: { form: 'basic', blocks: [2, 2, 2, 2] },
  34: { form: 'basic', blocks: [3, 4, 6, 3] },
  50: { form: 'bottleneck', blocks: [3, 4, 6, 3] },
  101: { form: 'bottleneck', blocks: [3, 4, 23, 3] },
  152: { form: 'bottleneck', blocks: [3, 8, 36, 3] },
} as const;

export type ResNetDepth = keyof typeof FAMILY;

/** What ResNets differ in; the defaults are torchvision's. */
const parameters = {
  depth: choice({ choices: [18, 34, 50, 101, 152], axis: true, takes: 'layers', about: 'layers' }),
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
    about: 'first layers: imagenet, 7x7 of stride 2 with max-pool; cifar, 3x3',
  }),
};

/** A ResNet's output channels of a block, in units of the block's inner width. */
const EXPANSION = { basic: 1, bottleneck: 4 } as const;

/** A ResNet, its images and its classes; each stage has twice the channels of the one before. */
export type ResNetOptions = GivenOf<typeof parameters> & BuildOptions;

/**
 * A ResNet with torchvision's structure and names; the stride of a bottleneck block is on its 3×3 convolution.
 * @throws InputError when the depth is not in the family, or a size is not a whole number from 1
 */
export function resnet(options: ResNetOptions): Model {
  const { inChannels, classes } = options;
  const { depth, width, stem } = settingsOf({ parameters }, { ...options });
  if (!Object.hasOwn(FAMILY, depth))
    throw new InputError(`no ResNet has depth ${depth}; the family has ${Object.keys(FAMILY).join(', ')}`);
  checkSizes('ResNet', { width, 'number of input channels': inChannels, 'number of classes': classes });
  const { form, blocks } = FAMILY[depth];
  const expansion = EXPANSION[form];
  const network = sequential([
    convolution('conv1', inChannels, width, stem === 'imagenet' ? { kernel: 7, stride: 2 } : { kernel: 3 }),
    batchNormalisation('bn1', width, { relu: true }),
    ...(stem === 'imagenet' ? [stemPool] : []),
    ...blocks.flatMap((count, stage) => {
      const inner = width * 2 ** stage;
      const before = stage === 0 ? width : (inner / 2) * expansion;
      return Array.from({ length: count }, (_, index) => {
        const from = index === 0 ? before : inner * expansion;
        const stride = index === 0 && stage > 0 ? 2 : 1;
        return block(form, `layer${stage + 1}.${index}`, from, inner, stride);
      });
    }),
    averagePool,
    fullyConnected('fc', width * 8 * expansion, classes),
  ]);
  return layeredModel(`resnet${depth}`, network, options);
}

function block(form: keyof typeof EXPANSION, name: string, from: number, inner: number, stride: number): Layer {
  const to = inner * EXPANSION[form];
  const convolutions =
    form === 'basic'
      ? [
          { from, to: inner, kernel: 3, stride },
          { from: inner, to, kernel: 3, stride: 1 },
        ]
      : [
          { from, to: inner, kernel: 1, stride: 1 },
          { from: inner, to: inner, kernel: 3, stride },
          { from: inner, to, kernel: 1, stride: 1 },
        ];
  const layers = convolutions.map((each, index) => ({
    convolution: convolution(`${name}.conv${index + 1}`, each.from, each.to, each),
    norm: batchNormalisation(`${name}.bn${index + 1}`, each.to, { relu: true }),
  }));
  const last = layers[layers.length - 1];
  const body = [...layers.slice(0, -1).flatMap((each) => [each.convolution, each.norm]), last.convolution];
  const projection = [
    convolution(`${name}.downsample.0`, from, to, { kernel: 1, stride }),
    batchNormalisation(`${name}.downsample.1`, to),
  ];
  return residual(sequential(body), last.norm, stride === 1 && from === to ? null : sequential(projection));
}

/** The ResNet that a state dict belongs to, or comes nearest to; null where its first or last layer is none of a ResNet's. */
function recogniseResNet(
  tensors: ReadonlyMap<string, StoredTensor>,
): (ValuesOf<typeof parameters> & NetworkEnds) | null {
  const ends = convolutionalEnds(tensors, { first: 'conv1.weight', last: 'fc.weight', kernels: [3, 7] });
  if (ends === null) return null;
  const { width, kernel, inChannels, classes } = ends;
  const options = { width, stem: kernel === 7 ? 'imagenet' : 'cifar', inChannels, classes } as const;
  const candidates = parameters.depth.choices.map((depth) => ({ ...options, depth }));
  return nearestByNames(tensors, candidates, resnet);
}

/** ResNets for the catalogue. */
export const resnetFamily = defineNetwork({
  name: 'resnet',
  title: 'ResNet',
  source: 'He et al., arXiv 1512.03385; names of torchvision',
  parameters,
  members: Object.fromEntries(parameters.depth.choices.map((depth) => [`resnet${depth}`, { depth }])),
  label: ({ depth }) => `ResNet-${depth}`,
  describe: ({ depth, width, stem }) => `ResNet-${depth} of width ${width}, ${stem} stem`,
  build: (settings, ends) => resnet({ ...settings, ...ends }),
  signature: 'conv1.weight, [width, channels, 7, 7] or [width, channels, 3, 3], and fc.weight, [classes, features]',
  recognise: recogniseResNet,
});
