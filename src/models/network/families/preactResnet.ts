import { settingsOf } from '../../../base/catalogue.ts';
import { choice, type GivenOf, integer, type ValuesOf, yesOrNo } from '../../../base/parameter.ts';
import type { StoredTensor } from '../../checkpoint/safetensors.ts';
import { type BuildOptions, checkSizes, layeredModel, MOST_CHANNELS } from '../layeredModel.ts';
import { averagePool, batchNormalisation, convolution, fullyConnected, type Layer, sequential } from '../layers.ts';
import type { Model } from '../model.ts';
import { defineNetwork, type NetworkEnds } from '../network.ts';
import { preActivated } from '../preActivated.ts';
import { convolutionalEnds, nearestByNames } from '../recognition.ts';

/** Blocks in each of the four stages, and convolutions of a block. */
const FAMILY = {
  18: { form: 'basic', blocks: [2, 2, 2, 2] },
  34: { form: 'basic', blocks: [3, 4, 6, 3] },
  50: { form: 'bottleneck', blocks: [3, 4, 6, 3] },
  101: { form: 'bottleneck', blocks: [3, 4, 23, 3] },
  152: { form: 'bottleneck', blocks: [3, 8, 36, 3] },
} as const;

type Form = (typeof FAMILY)[keyof typeof FAMILY]['form'];

const EXPANSION: Readonly<Record<Form, number>> = { basic: 1, bottleneck: 4 };

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
  projects: choice({
    choices: ['activated', 'plain'],
    default: 'activated',
    axis: true,
    about: "what a basic block's projection reads: activated, the input after batch norm and ReLU; plain, the input",
  }),
  finalNorm: yesOrNo({ default: true, axis: true, about: 'batch norm and ReLU before the last layer' }),
};

type Settings = ValuesOf<typeof parameters>;

/** A pre-activation ResNet with the names of RobustBench's, for images of 32×32 or so: the first layer is a 3×3 convolution. */
export function preactResnet(options: GivenOf<typeof parameters> & BuildOptions): Model {
  const { inChannels, classes } = options;
  const settings: Settings = settingsOf({ parameters }, { ...options });
  const { depth, width, finalNorm } = settings;
  checkSizes('pre-activation ResNet', { width, 'number of input channels': inChannels, 'number of classes': classes });
  const { form, blocks } = FAMILY[depth];
  const last = width * 8 * EXPANSION[form];
  const network = sequential([
    convolution('conv1', inChannels, width, { kernel: 3 }),
    ...blocks.flatMap((count, stage) => stageOf(settings, form, stage, count)),
    ...(finalNorm ? [batchNormalisation('bn', last, { relu: true })] : []),
    averagePool,
    fullyConnected('linear', last, classes),
  ]);
  return layeredModel(`preact-resnet${depth}`, network, options);
}

function stageOf({ width, projects }: Settings, form: Form, stage: number, count: number): Layer[] {
  const inner = width * 2 ** stage;
  const to = inner * EXPANSION[form];
  return Array.from({ length: count }, (_, index) => {
    const name = `layer${stage + 1}.${index}`;
    const before = stage === 0 ? width : to / 2;
    const from = index === 0 ? before : to;
    const stride = index === 0 && stage > 0 ? 2 : 1;
    return preActivated({
      norm: batchNormalisation(`${name}.bn1`, from, { relu: true }),
      body: sequential(form === 'basic' ? basic(name, from, inner, stride) : bottleneck(name, from, inner, stride)),
      shortcut: stride === 1 && from === to ? null : convolution(`${name}.shortcut.0`, from, to, { kernel: 1, stride }),
      projects: form === 'basic' ? projects : 'activated',
    });
  });
}

const basic = (name: string, from: number, inner: number, stride: number): Layer[] => [
  convolution(`${name}.conv1`, from, inner, { kernel: 3, stride }),
  batchNormalisation(`${name}.bn2`, inner, { relu: true }),
  convolution(`${name}.conv2`, inner, inner, { kernel: 3 }),
];

const bottleneck = (name: string, from: number, inner: number, stride: number): Layer[] => [
  convolution(`${name}.conv1`, from, inner, { kernel: 1 }),
  batchNormalisation(`${name}.bn2`, inner, { relu: true }),
  convolution(`${name}.conv2`, inner, inner, { kernel: 3, stride }),
  batchNormalisation(`${name}.bn3`, inner, { relu: true }),
  convolution(`${name}.conv3`, inner, inner * EXPANSION.bottleneck, { kernel: 1 }),
];

/**
 * The network that a state dict belongs to. Its tensors do not tell what projections read: it is taken for one of RobustBench, whose
 * networks with a batch norm before the last layer have them read what is activated, and those without, the input.
 */
function recognise(tensors: ReadonlyMap<string, StoredTensor>): (Settings & NetworkEnds) | null {
  const ends = convolutionalEnds(tensors, { first: 'conv1.weight', last: 'linear.weight', kernels: [3] });
  if (ends === null || tensors.get('layer1.0.bn1.weight')?.shape[0] !== ends.width) return null;
  const { width, inChannels, classes } = ends;
  const finalNorm = tensors.has('bn.weight');
  const projects = finalNorm ? ('activated' as const) : ('plain' as const);
  const options = { width, projects, finalNorm, inChannels, classes };
  const candidates = parameters.depth.choices.map((depth) => ({ ...options, depth }));
  return nearestByNames(tensors, candidates, preactResnet);
}

/** Pre-activation ResNets for the catalogue. */
export const preactResnetFamily = defineNetwork({
  name: 'preact-resnet',
  title: 'PreActResNet',
  source: 'He et al., arXiv 1603.05027; names of RobustBench',
  parameters,
  members: Object.fromEntries(parameters.depth.choices.map((depth) => [`preact-resnet${depth}`, { depth }])),
  label: ({ depth }) => `PreActResNet-${depth}`,
  describe: ({ depth, width, projects, finalNorm }) =>
    `PreActResNet-${depth} of width ${width}, ${projects} projections, ${finalNorm ? 'a' : 'no'} final batch norm`,
  build: (settings, ends) => preactResnet({ ...settings, ...ends }),
  signature:
    'conv1.weight, [width, channels, 3, 3], layer1.0.bn1.weight, [width], and linear.weight, [classes, features]',
  recognise,
});
