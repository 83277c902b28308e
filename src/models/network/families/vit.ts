import { settingsOf } from '../../../base/catalogue.ts';
import { InputError } from '../../../base/errors.ts';
import { choice, type GivenOf, integer, type ValuesOf } from '../../../base/parameter.ts';
import { add, concatenate, expand, reshape, slice, transpose } from '../../../engine/index.ts';
import type { StoredTensor } from '../../checkpoint/safetensors.ts';
import { type BuildOptions, checkSizes, layeredModel, MOST_CHANNELS } from '../layeredModel.ts';
import { convolution, fullyConnected, type Layer, sequential, tensor } from '../layers.ts';
import type { Model } from '../model.ts';
import { defineNetwork, type NetworkEnds } from '../network.ts';
import { encoderBlock, layerNormalisation } from '../transformer.ts';

const parameters = {
  depth: choice({ choices: [2, 4, 6, 8, 12, 24, 32], default: 12, axis: true, takes: 'layers', about: 'blocks' }),
  width: integer({
    from: 1,
    to: MOST_CHANNELS,
    default: 192,
    axis: true,
    takes: 'channels',
    about: 'numbers of a token, a multiple of the heads',
  }),
  heads: integer({ from: 1, to: 1024, default: 3, axis: true, takes: 'count', about: 'heads of the attention' }),
  patch: integer({
    from: 1,
    to: 256,
    default: 4,
    axis: true,
    takes: 'pixels',
    about: 'side of the squares that images are cut into',
  }),
};

type Settings = ValuesOf<typeof parameters>;

/**
 * A vision transformer with torchvision's names. Training knows no dropout.
 * @throws InputError when the images are not whole patches, or the width is no multiple of the heads
 */
export function vit(options: GivenOf<typeof parameters> & BuildOptions): Model {
  const { inChannels, classes, imageSize } = options;
  const settings: Settings = settingsOf({ parameters }, { ...options });
  const { depth, width, heads, patch } = settings;
  checkSizes('ViT', { width, heads, 'number of input channels': inChannels, 'number of classes': classes });
  if (width % heads !== 0) throw new InputError(`ViT: the width ${width} is no multiple of the ${heads} heads`);
  const [height, wide] = imageSize ?? [patch, patch];
  if (height % patch !== 0 || wide % patch !== 0)
    throw new InputError(`ViT: images of ${wide} x ${height} pixels are not made of patches of ${patch}`);
  const network = sequential([
    tokens(settings, inChannels, (height / patch) * (wide / patch)),
    ...Array.from({ length: depth }, (_, i) =>
      encoderBlock(`encoder.layers.encoder_layer_${i}`, { width, heads, hidden: 4 * width }),
    ),
    layerNormalisation('encoder.ln', width),
    firstToken,
    fullyConnected('heads.head', width, classes),
  ]);
  return layeredModel(`vit${depth}-${width}-${patch}`, network, options);
}

/** [N, C, H, W] → [N, 1 + patches, width]: a token of the class, then the patches row by row, each with its position's numbers. */
function tokens({ width, patch }: Settings, inChannels: number, patches: number): Layer {
  const projected = convolution('conv_proj', inChannels, width, {
    ...{ kernel: patch, stride: patch, padding: 0, bias: true, initial: 'fan in' },
  });
  const [first, positions] = ['class_token', 'encoder.pos_embedding'];
  return {
    parameters: {
      [first]: tensor([1, 1, width], { kind: 'constant', value: 0 }),
      ...projected.parameters,
      [positions]: tensor([1, 1 + patches, width], { kind: 'normal', standardDeviation: 0.02 }),
    },
    state: {},
    forward: (x, values) => {
      const { parameters: given, storing } = values;
      const images = x.shape[0];
      const cut = projected.forward(x, values).output;
      const row = transpose(reshape(cut, [images, width, patches]), [0, 2, 1]);
      const token = expand(given[first], [images, 1, width]);
      return { output: storing.activation(add(concatenate([token, row], 1), given[positions])), observed: {} };
    },
  };
}

/** [N, tokens, width] → [N, width]: the token of the class. */
const firstToken: Layer = {
  parameters: {},
  state: {},
  forward: (x) => {
    const [images, , width] = x.shape;
    return { output: reshape(slice(x, [0, 0, 0], [images, 1, width]), [images, width]), observed: {} };
  },
};

/** The network that a state dict belongs to; its images are taken for square ones, and its heads for 64 numbers each where that fits. */
function recognise(tensors: ReadonlyMap<string, StoredTensor>): (Settings & NetworkEnds) | null {
  const shapeOf = (name: string) => tensors.get(name)?.shape ?? [];
  const [width = 0, inChannels = 0, patch = 0] = shapeOf('conv_proj.weight');
  const [, length = 0] = shapeOf('encoder.pos_embedding');
  const [classes = 0] = shapeOf('heads.head.weight');
  const blocks = [...tensors.keys()].filter((name) => /^encoder\.layers\.encoder_layer_\d+\.ln_1\.weight$/.test(name));
  const depth = parameters.depth.choices.find((each) => each === blocks.length);
  const side = patch * Math.sqrt(length - 1);
  if (depth === undefined || !Number.isInteger(side) || Math.min(width, inChannels, patch, side, classes) < 1)
    return null;
  const heads = width % 64 === 0 ? width / 64 : parameters.heads.default;
  return { depth, width, heads, patch, inChannels, classes, imageSize: [side, side] };
}

/** Vision transformers for the catalogue. */
export const vitFamily = defineNetwork({
  name: 'vit',
  title: 'ViT',
  source: 'Dosovitskiy et al., arXiv 2010.11929; names of torchvision',
  parameters,
  members: {
    'vit-tiny': { depth: 12, width: 192, heads: 3, patch: 4 },
    'vit-small': { depth: 12, width: 384, heads: 6, patch: 4 },
    'vit-b-16': { depth: 12, width: 768, heads: 12, patch: 16 },
    'vit-b-32': { depth: 12, width: 768, heads: 12, patch: 32 },
    'vit-l-16': { depth: 24, width: 1024, heads: 16, patch: 16 },
  },
  sized: true,
  label: ({ depth, width, patch }) => `ViT-${depth}-${width}/${patch}`,
  describe: ({ depth, width, heads, patch }) =>
    `ViT of ${depth} blocks, width ${width}, ${heads} heads, patches of ${patch} pixels`,
  build: (settings, ends) => vit({ ...settings, ...ends }),
  signature:
    'conv_proj.weight, [width, channels, patch, patch], encoder.pos_embedding and heads.head.weight, [classes, width]',
  recognise,
});
