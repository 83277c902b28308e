import { settingsOf } from '../../../base/catalogue.ts';
import { choice, type GivenOf, integer, type ValuesOf } from '../../../base/parameter.ts';
import type { StoredTensor } from '../../checkpoint/safetensors.ts';
import { type BuildOptions, checkSizes, layeredModel } from '../layeredModel.ts';
import { averagePool, batchNormalisation, convolution, fullyConnected, type Layer, sequential } from '../layers.ts';
import type { Model } from '../model.ts';
import { defineNetwork, type NetworkEnds } from '../network.ts';
import { preActivated } from '../preActivated.ts';
import { convolutionalEnds } from '../recognition.ts';

/** Channels of the first convolution, and in units of the widening those of the three stages. */
const STEM = 16;
const STAGES = [16, 32, 64] as const;

const parameters = {
  depth: choice({
    choices: [10, 16, 22, 28, 34, 40, 46, 52, 58, 64, 70, 76, 82, 88, 94, 100],
    axis: true,
    takes: 'layers',
    about: 'layers: 4 and six for each block of a stage',
  }),
  widen: integer({
    from: 1,
    to: 1024,
    default: 10,
    axis: true,
    takes: 'factor',
    about: 'channels of the first stage, in units of 16',
  }),
};

type Settings = ValuesOf<typeof parameters>;

/** A wide ResNet with the names of RobustBench's, for images of 32×32 or so: the first layer is a 3×3 convolution. */
export function wideResnet(options: GivenOf<typeof parameters> & BuildOptions): Model {
  const { inChannels, classes } = options;
  const { depth, widen }: Settings = settingsOf({ parameters }, { ...options });
  checkSizes('WideResNet', { widening: widen, 'number of input channels': inChannels, 'number of classes': classes });
  const blocks = (depth - 4) / 6;
  const last = STAGES[2] * widen;
  const network = sequential([
    convolution('conv1', inChannels, STEM, { kernel: 3 }),
    ...STAGES.flatMap((channels, stage) =>
      Array.from({ length: blocks }, (_, index) => {
        const to = channels * widen;
        const before = stage === 0 ? STEM : to / 2;
        return block(
          `block${stage + 1}.layer.${index}`,
          index === 0 ? before : to,
          to,
          index === 0 && stage > 0 ? 2 : 1,
        );
      }),
    ),
    batchNormalisation('bn1', last, { relu: true }),
    averagePool,
    fullyConnected('fc', last, classes),
  ]);
  return layeredModel(`wrn${depth}-${widen}`, network, options);
}

/** A block whose shortcut is its input, or, where channels change, a projection of what is activated. */
const block = (name: string, from: number, to: number, stride: number): Layer =>
  preActivated({
    norm: batchNormalisation(`${name}.bn1`, from, { relu: true }),
    body: sequential([
      convolution(`${name}.conv1`, from, to, { kernel: 3, stride }),
      batchNormalisation(`${name}.bn2`, to, { relu: true }),
      convolution(`${name}.conv2`, to, to, { kernel: 3 }),
    ]),
    shortcut: from === to ? null : convolution(`${name}.convShortcut`, from, to, { kernel: 1, stride }),
    projects: 'activated',
  });

/** The network that a state dict belongs to: its depth follows from the blocks of its first stage. */
function recognise(tensors: ReadonlyMap<string, StoredTensor>): (Settings & NetworkEnds) | null {
  const ends = convolutionalEnds(tensors, { first: 'conv1.weight', last: 'fc.weight', kernels: [3] });
  const inner = tensors.get('block1.layer.0.conv1.weight')?.shape ?? [];
  const widen = (inner[0] ?? 0) / STAGES[0];
  if (ends === null || !Number.isInteger(widen) || widen < 1) return null;
  const { inChannels, classes } = ends;
  const blocks = [...tensors.keys()].filter((name) => /^block1\.layer\.\d+\.conv1\.weight$/.test(name)).length;
  const depth = parameters.depth.choices.find((each) => each === 6 * blocks + 4);
  return depth === undefined ? null : { depth, widen, inChannels, classes };
}

/** Depths and widenings that papers and RobustBench speak of. */
const MEMBERS = [
  [10, 1],
  [16, 4],
  [16, 8],
  [28, 4],
  [28, 10],
  [34, 10],
  [34, 20],
  [40, 2],
  [70, 16],
] as const;

/** Wide ResNets for the catalogue. */
export const wideResnetFamily = defineNetwork({
  name: 'wide-resnet',
  title: 'WideResNet',
  source: 'Zagoruyko and Komodakis, arXiv 1605.07146; names of RobustBench',
  parameters,
  members: Object.fromEntries(MEMBERS.map(([depth, widen]) => [`wrn${depth}-${widen}`, { depth, widen }])),
  label: ({ depth, widen }) => `WRN-${depth}-${widen}`,
  describe: ({ depth, widen }) => `WRN-${depth}-${widen}`,
  build: (settings, ends) => wideResnet({ ...settings, ...ends }),
  signature:
    'conv1.weight, [16, channels, 3, 3], block1.layer.0.conv1.weight, [16 · widening, 16, 3, 3], and fc.weight, [classes, features]',
  recognise,
});
