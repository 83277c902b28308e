import { settingsOf } from '../../../base/catalogue.ts';
import { choice, type GivenOf, number, type ValuesOf } from '../../../base/parameter.ts';
import { add, recompute, relu6 } from '../../../engine/index.ts';
import type { StoredTensor } from '../../checkpoint/safetensors.ts';
import { dropout, dropoutShare, droppedWords } from '../dropout.ts';
import { type BuildOptions, checkSizes, layeredModel } from '../layeredModel.ts';
import {
  averagePool,
  batchNormalisation,
  convolution,
  fullyConnected,
  type Layer,
  pure,
  sequential,
} from '../layers.ts';
import type { Model } from '../model.ts';
import { defineNetwork, type NetworkEnds } from '../network.ts';
import { convolutionalEnds } from '../recognition.ts';

/** Expansion, channels, blocks and first stride of each stage (Sandler et al., arXiv 1801.04381, table 2). */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;
const [FIRST, LAST] = [32, 1280];

/** Small images keep their size through the first convolution and through the stage of 24 channels. */
const KEPT_BY_CIFAR = 24;

const parameters = {
  multiplier: number({
    above: 0,
    to: 16,
    default: 1,
    axis: true,
    takes: 'factor',
    about: 'factor on the channels of all layers',
  }),
  stem: choice({
    choices: ['imagenet', 'cifar'],
    default: 'imagenet',
    axis: true,
    takes: 'stem',
    about: 'strides: imagenet, five of 2; cifar, three, none in the first layers',
  }),
  dropout: dropoutShare(0.2),
};

type Settings = ValuesOf<typeof parameters>;

/** Channels as a multiple of 8, at least nine tenths of what they would be. */
function eights(channels: number): number {
  const near = Math.max(8, 8 * Math.floor((channels + 4) / 8));
  return near < 0.9 * channels ? near + 8 : near;
}

/** A MobileNetV2 with torchvision's names. */
export function mobilenetV2(options: GivenOf<typeof parameters> & BuildOptions): Model {
  const { inChannels, classes } = options;
  const settings: Settings = settingsOf({ parameters }, { ...options });
  checkSizes('MobileNetV2', { 'number of input channels': inChannels, 'number of classes': classes });
  const { first, blocks, last } = channelsOf(settings.multiplier);
  const network = sequential([
    ...convolved('features.0', inChannels, first, { kernel: 3, stride: settings.stem === 'cifar' ? 1 : 2 }),
    ...blocks.map((block, i) => invertedResidual(`features.${i + 1}.conv`, block, settings)),
    ...convolved(`features.${blocks.length + 1}`, blocks[blocks.length - 1].to, last, { kernel: 1 }),
    averagePool,
    dropout('classifier.0', settings.dropout),
    fullyConnected('classifier.1', last, classes),
  ]);
  return { ...layeredModel('mobilenet-v2', network, options), random: settings.dropout > 0 };
}

interface Block {
  readonly from: number;
  readonly to: number;
  readonly expansion: number;
  readonly stride: number;
  /** Channels of its stage before they are multiplied. */
  readonly nominal: number;
}

/** Channels of the first convolution, of all blocks and of the last convolution. */
function channelsOf(multiplier: number) {
  const first = eights(FIRST * multiplier);
  let from = first;
  const blocks = STAGES.flatMap(([expansion, nominal, count, stride]) => {
    const to = eights(nominal * multiplier);
    return Array.from({ length: count }, (_, i): Block => {
      const block = { from, to, expansion, stride: i === 0 ? stride : 1, nominal };
      from = to;
      return block;
    });
  });
  return { first, blocks, last: eights(LAST * Math.max(1, multiplier)) };
}

const cap = pure(relu6);

/** Convolution, batch norm and ReLU limited to 6, the first two as `NAME.0` and `NAME.1`. */
const convolved = (
  name: string,
  from: number,
  to: number,
  options: { readonly kernel: number; readonly stride?: number; readonly groups?: number },
): Layer[] => [convolution(`${name}.0`, from, to, options), batchNormalisation(`${name}.1`, to), cap];

/** Channels are widened, each is convolved by itself, and they are narrowed again; the input is added where it has the same form. */
function invertedResidual(
  name: string,
  { from, to, expansion, stride: given, nominal }: Block,
  { stem }: Settings,
): Layer {
  const inner = from * expansion;
  const stride = stem === 'cifar' && nominal === KEPT_BY_CIFAR ? 1 : given;
  const at = expansion === 1 ? 0 : 1;
  const body = sequential([
    ...(expansion === 1 ? [] : convolved(`${name}.0`, from, inner, { kernel: 1 })),
    ...convolved(`${name}.${at}`, inner, inner, { kernel: 3, stride, groups: inner }),
    convolution(`${name}.${at + 1}`, inner, to, { kernel: 1 }),
    batchNormalisation(`${name}.${at + 2}`, to),
  ]);
  const adds = stride === 1 && from === to;
  return {
    ...body,
    forward: (x, values) => {
      const { output: long, observed } = body.forward(x, values);
      const output = adds ? values.storing.activation(add(x, long)) : long;
      return { output: values.recompute === 'blocks' ? recompute(output, [x]) : output, observed };
    },
  };
}

/** Multipliers that a state dict may have: those of papers first, then hundredths. */
const MULTIPLIERS = [1, 1.4, 0.75, 0.5, 0.35, 0.25, ...Array.from({ length: 400 }, (_, i) => (i + 1) / 100)];

/** The network that a state dict belongs to: strides leave no trace in it, and it is taken for one of ImageNet's images. */
function recognise(tensors: ReadonlyMap<string, StoredTensor>): (Settings & NetworkEnds) | null {
  const shapeOf = (name: string) => tensors.get(`${name}.weight`)?.shape ?? [];
  const [first, last] = ['features.0.0.weight', 'classifier.1.weight'];
  const ends = convolutionalEnds(tensors, { first, last, kernels: [3] });
  if (ends === null || shapeOf('features.1.conv.0.0').length !== 4) return null;
  const { width, features, inChannels, classes } = ends;
  const multiplier = MULTIPLIERS.find((each) => {
    const channels = channelsOf(each);
    const fits = channels.blocks.every(({ to, expansion }, i) => {
      const narrow = shapeOf(`features.${i + 1}.conv.${expansion === 1 ? 1 : 2}`);
      return narrow[0] === to;
    });
    return fits && channels.first === width && channels.last === features;
  });
  return multiplier === undefined ? null : { multiplier, stem: 'imagenet', dropout: 0, inChannels, classes };
}

/** MobileNetV2 for the catalogue. */
export const mobilenetV2Family = defineNetwork({
  name: 'mobilenet-v2',
  title: 'MobileNetV2',
  source: 'Sandler et al., arXiv 1801.04381; names of torchvision',
  parameters,
  members: { 'mobilenet-v2': {} },
  label: () => 'MobileNetV2',
  describe: ({ multiplier, stem, dropout: share }) =>
    `MobileNetV2, ${multiplier} times as wide, ${stem} stem${droppedWords(share)}`,
  build: (settings, ends) => mobilenetV2({ ...settings, ...ends }),
  signature:
    'features.0.0.weight, [channels, channels of an image, 3, 3], features.1.conv.0.0.weight and classifier.1.weight, [classes, features]',
  recognise,
});
