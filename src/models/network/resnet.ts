import { InputError } from '../../base/errors.ts';
import { cast } from '../../engine/index.ts';
import {
  averagePool,
  batchNormalisation,
  convolution,
  fullyConnected,
  type Layer,
  type Normalisation,
  normalisation,
  residual,
  sequential,
  stemPool,
} from './layers.ts';
import { type Model, mapValues, type Specs } from './model.ts';
import { type Precision, policyOf, storingOf } from './precision.ts';

/** Blocks in each of the four stages, and their form (He et al., arXiv 1512.03385, table 1). */
const FAMILY = {
  18: { form: 'basic', blocks: [2, 2, 2, 2] },
  34: { form: 'basic', blocks: [3, 4, 6, 3] },
  50: { form: 'bottleneck', blocks: [3, 4, 6, 3] },
  101: { form: 'bottleneck', blocks: [3, 4, 23, 3] },
  152: { form: 'bottleneck', blocks: [3, 8, 36, 3] },
} as const;

export type ResNetDepth = keyof typeof FAMILY;

export const RESNET_DEPTHS = [18, 34, 50, 101, 152] as const satisfies readonly ResNetDepth[];

/** torchvision's: what is meant by a ResNet of which only the depth is said, by commands and studies alike. */
export const RESNET_DEFAULTS = { width: 64, stem: 'imagenet' } as const;

/** A ResNet's output channels of a block, in units of the block's inner width. */
const EXPANSION = { basic: 1, bottleneck: 4 } as const;

export interface ResNetOptions {
  readonly depth: ResNetDepth;
  /** Channels of the first stage; each later stage has twice as many. torchvision's is 64. */
  readonly width?: number;
  /** `imagenet`: 7×7 convolution with stride 2, then max-pool with stride 2. `cifar`: 3×3 convolution, stride 1, no pool. */
  readonly stem?: 'imagenet' | 'cifar';
  readonly inChannels: number;
  readonly classes: number;
  /** f32 unless given. */
  readonly precision?: Precision;
  /** First layer of the model; left out, the pixels enter as they are. */
  readonly normalisation?: Normalisation;
}

/**
 * A ResNet with torchvision's structure and names; the stride of a bottleneck block is on its 3×3 convolution.
 * @throws InputError when the depth is not in the family, or a size is not a whole number from 1
 */
export function resnet(options: ResNetOptions): Model {
  const { depth, width = RESNET_DEFAULTS.width, stem = RESNET_DEFAULTS.stem, inChannels, classes } = options;
  checkOptions(options);
  const { form, blocks } = FAMILY[depth];
  const expansion = EXPANSION[form];
  const normalised = options.normalisation !== undefined;
  const network = sequential([
    ...(options.normalisation === undefined ? [] : [normalisation(options.normalisation)]),
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
  const policy = policyOf(options);
  const storing = storingOf(policy);
  const ofPrecision = (specs: Specs): Specs => mapValues(specs, (each) => ({ ...each, dtype: policy.computed }));
  return {
    name: `resnet${depth}`,
    precision: options.precision,
    parameters: ofPrecision(network.parameters),
    state: ofPrecision(network.state),
    forward: (parameters, state, x, options) => {
      const images = cast(x, policy.computed);
      const first = normalised ? images : storing.activation(images);
      const { output, observed } = network.forward(first, { parameters, state, storing, ...options });
      return { logits: output, observed };
    },
  };
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

function checkOptions({
  depth,
  width = RESNET_DEFAULTS.width,
  inChannels,
  classes,
  normalisation: given,
}: ResNetOptions): void {
  if (!Object.hasOwn(FAMILY, depth))
    throw new InputError(`no ResNet has depth ${depth}; the family has ${Object.keys(FAMILY).join(', ')}`);
  const sizes = { width, 'number of input channels': inChannels, 'number of classes': classes };
  for (const [name, size] of Object.entries(sizes))
    if (!Number.isInteger(size) || size < 1)
      throw new InputError(`the ${name} of a ResNet is ${size}; it must be a whole number from 1`);
  if (given === undefined) return;
  for (const [name, values] of Object.entries({ mean: given.mean, 'standard deviation': given.standardDeviation })) {
    const least = name === 'mean' ? Number.NEGATIVE_INFINITY : 0;
    if (values.length !== inChannels || !values.every((value) => Number.isFinite(value) && value > least))
      throw new InputError(
        `normalisation: the ${name} is [${values.join(', ')}]; it must be ${inChannels} finite numbers, one a channel${name === 'mean' ? '' : ', above 0'}`,
      );
  }
}
