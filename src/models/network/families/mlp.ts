import { settingsOf } from '../../../base/catalogue.ts';
import { choice, type GivenOf, integer, type ValuesOf } from '../../../base/parameter.ts';
import type { StoredTensor } from '../../checkpoint/safetensors.ts';
import { type BuildOptions, checkSizes, layeredModel, MOST_CHANNELS } from '../layeredModel.ts';
import { block, flatten, fullyConnected, rectifier, sequential } from '../layers.ts';
import type { Model } from '../model.ts';
import { defineNetwork, type NetworkEnds } from '../network.ts';
import { squareImages } from '../squareImages.ts';

const parameters = {
  depth: choice({ choices: [1, 2, 3, 4, 5, 6, 7, 8], default: 2, axis: true, takes: 'layers', about: 'hidden layers' }),
  width: integer({
    from: 1,
    to: MOST_CHANNELS,
    default: 256,
    axis: true,
    takes: 'channels',
    about: 'units of each hidden layer',
  }),
};

type Settings = ValuesOf<typeof parameters>;

/** Fully connected layers `fc1`, `fc2`, … with ReLU between them, on the pixels as they lie: channel by channel, row by row. */
export function mlp(options: GivenOf<typeof parameters> & BuildOptions): Model {
  const { inChannels, classes, imageSize: [height, wide] = [1, 1] } = options;
  const { depth, width }: Settings = settingsOf({ parameters }, { ...options });
  checkSizes('MLP', { width, 'number of input channels': inChannels, 'number of classes': classes });
  const sizes = [inChannels * height * wide, ...Array.from({ length: depth }, () => width), classes];
  const hidden = sizes
    .slice(1, -1)
    .map((to, i) => block(sequential([fullyConnected(`fc${i + 1}`, sizes[i], to), rectifier])));
  const last = fullyConnected(`fc${depth + 1}`, width, classes);
  return layeredModel(`mlp${depth}`, sequential([flatten, ...hidden, last]), options);
}

/** The network that a state dict belongs to; its images are taken for square ones, in colour where that fits. */
function recognise(tensors: ReadonlyMap<string, StoredTensor>): (Settings & NetworkEnds) | null {
  const shapeOf = (layer: number) => tensors.get(`fc${layer}.weight`)?.shape ?? [];
  const depth = parameters.depth.choices.find(
    (each) => shapeOf(each + 1).length === 2 && shapeOf(each + 2).length === 0,
  );
  const [width = 0, pixels = 0] = shapeOf(1);
  if (depth === undefined || tensors.size !== 2 * (depth + 1)) return null;
  const images = squareImages(pixels, [3, 1]);
  const [classes = 0] = shapeOf(depth + 1);
  return images === null || width < 1 || classes < 1 ? null : { depth, width, ...images, classes };
}

/** Multilayer perceptrons for the catalogue. */
export const mlpFamily = defineNetwork({
  name: 'mlp',
  title: 'MLP',
  source: 'names of its own, as in PyTorch’s examples',
  parameters,
  members: { mlp: {} },
  sized: true,
  label: ({ depth }) => `MLP-${depth}`,
  describe: ({ depth, width }) => `MLP of ${depth} hidden ${depth === 1 ? 'layer' : 'layers'} of ${width} units`,
  build: (settings, ends) => mlp({ ...settings, ...ends }),
  signature: 'fc1.weight, [width, pixels], and further layers fc2, …',
  recognise,
});
