import { settingsOf } from '../../../base/catalogue.ts';
import { choice, type GivenOf, integer, type ValuesOf } from '../../../base/parameter.ts';
import { averagePool2d, concatenate, type Node, recompute } from '../../../engine/index.ts';
import type { StoredTensor } from '../../checkpoint/safetensors.ts';
import { type BuildOptions, checkSizes, layeredModel } from '../layeredModel.ts';
import {
  averagePool,
  batchNormalisation,
  convolution,
  fullyConnected,
  type Layer,
  pure,
  sequential,
  stemPool,
} from '../layers.ts';
import type { Model } from '../model.ts';
import { defineNetwork, type NetworkEnds } from '../network.ts';
import { convolutionalEnds, nearestByNames } from '../recognition.ts';

/** Layers of each dense block (Huang et al., arXiv 1608.06993, table 1; 40 and 100 are those for CIFAR, section 4.1). */
const FAMILY = {
  40: [6, 6, 6],
  100: [16, 16, 16],
  121: [6, 12, 24, 16],
  161: [6, 12, 36, 24],
  169: [6, 12, 32, 32],
  201: [6, 12, 48, 32],
} as const;

/** Channels of a layer's bottleneck, in units of the growth. */
const BOTTLENECK = 4;

const parameters = {
  depth: choice({ choices: [40, 100, 121, 161, 169, 201], axis: true, takes: 'layers', about: 'layers' }),
  growth: integer({
    from: 1,
    to: 1024,
    default: 32,
    axis: true,
    takes: 'channels',
    about: 'channels that each layer adds',
  }),
  stem: choice({
    choices: ['imagenet', 'cifar'],
    default: 'imagenet',
    axis: true,
    takes: 'stem',
    about: 'first layers: imagenet, 7x7 of stride 2 with max-pool; cifar, 3x3',
  }),
};

type Settings = ValuesOf<typeof parameters>;

/** A DenseNet with bottlenecks, whose transitions halve the channels, with torchvision's names. */
export function densenet(options: GivenOf<typeof parameters> & BuildOptions): Model {
  const { inChannels, classes } = options;
  const { depth, growth, stem }: Settings = settingsOf({ parameters }, { ...options });
  checkSizes('DenseNet', { growth, 'number of input channels': inChannels, 'number of classes': classes });
  let channels = 2 * growth;
  const blocks = FAMILY[depth].flatMap((count, stage, { length }) => {
    const dense = denseBlock(`features.denseblock${stage + 1}`, channels, growth, count);
    channels += count * growth;
    if (stage === length - 1) return [dense];
    const half = Math.floor(channels / 2);
    const between = transition(`features.transition${stage + 1}`, channels, half);
    channels = half;
    return [dense, between];
  });
  const first =
    stem === 'cifar'
      ? [convolution('features.conv0', inChannels, 2 * growth, { kernel: 3 })]
      : [
          convolution('features.conv0', inChannels, 2 * growth, { kernel: 7, stride: 2 }),
          batchNormalisation('features.norm0', 2 * growth, { relu: true }),
          stemPool,
        ];
  const last = batchNormalisation('features.norm5', channels, { relu: true });
  const network = sequential([...first, ...blocks, last, averagePool, fullyConnected('classifier', channels, classes)]);
  return layeredModel(`densenet${depth}`, network, options);
}

/**
 * Layers that each read what all before them gave. Where blocks are recomputed, only what each adds is remembered, not what it reads
 * (Pleiss et al., arXiv 1707.06990).
 */
function denseBlock(name: string, from: number, growth: number, count: number): Layer {
  const layers = Array.from({ length: count }, (_, i) =>
    denseLayer(`${name}.denselayer${i + 1}`, from + i * growth, growth),
  );
  const { parameters, state } = sequential(layers);
  return {
    parameters,
    state,
    forward: (x, values) => {
      const features: Node[] = [x];
      const observed: Record<string, Node> = {};
      for (const layer of layers) {
        const added = layer.forward(concatenate([...features], 1), values);
        Object.assign(observed, added.observed);
        features.push(values.recompute === 'blocks' ? recompute(added.output, [...features]) : added.output);
      }
      return { output: concatenate(features, 1), observed };
    },
  };
}

const denseLayer = (name: string, from: number, growth: number): Layer =>
  sequential([
    batchNormalisation(`${name}.norm1`, from, { relu: true }),
    convolution(`${name}.conv1`, from, BOTTLENECK * growth, { kernel: 1 }),
    batchNormalisation(`${name}.norm2`, BOTTLENECK * growth, { relu: true }),
    convolution(`${name}.conv2`, BOTTLENECK * growth, growth, { kernel: 3 }),
  ]);

const halved = pure((x) => averagePool2d(x, { kernel: 2, stride: 2 }));

const transition = (name: string, from: number, to: number): Layer =>
  sequential([
    batchNormalisation(`${name}.norm`, from, { relu: true }),
    convolution(`${name}.conv`, from, to, { kernel: 1 }),
    halved,
  ]);

/** The network that a state dict belongs to, by its first and last layers and its names. */
function recognise(tensors: ReadonlyMap<string, StoredTensor>): (Settings & NetworkEnds) | null {
  const [first, last] = ['features.conv0.weight', 'classifier.weight'];
  const ends = convolutionalEnds(tensors, { first, last, kernels: [3, 7] });
  const added = tensors.get('features.denseblock1.denselayer1.conv2.weight')?.shape ?? [];
  if (ends === null || added.length !== 4 || Math.min(...added) < 1) return null;
  const { kernel, inChannels, classes } = ends;
  const options = { growth: added[0], stem: kernel === 7 ? 'imagenet' : 'cifar', inChannels, classes } as const;
  const candidates = parameters.depth.choices.map((depth) => ({ ...options, depth }));
  return nearestByNames(tensors, candidates, densenet);
}

/** DenseNets for the catalogue. */
export const densenetFamily = defineNetwork({
  name: 'densenet',
  title: 'DenseNet',
  source: 'Huang et al., arXiv 1608.06993; names of torchvision',
  parameters,
  members: {
    densenet40: { depth: 40, growth: 12, stem: 'cifar' },
    densenet100: { depth: 100, growth: 12, stem: 'cifar' },
    densenet121: { depth: 121, growth: 32 },
    densenet161: { depth: 161, growth: 48 },
    densenet169: { depth: 169, growth: 32 },
    densenet201: { depth: 201, growth: 32 },
  },
  label: ({ depth }) => `DenseNet-${depth}`,
  describe: ({ depth, growth, stem }) => `DenseNet-${depth} of growth ${growth}, ${stem} stem`,
  build: (settings, ends) => densenet({ ...settings, ...ends }),
  signature:
    'features.conv0.weight, features.denseblock1.denselayer1.conv2.weight, [growth, bottleneck, 3, 3], and classifier.weight, [classes, features]',
  recognise,
});
