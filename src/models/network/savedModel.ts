/** A trained ResNet as a checkpoint: its state dict, and in the metadata what is needed to build the model again. */
import { z } from 'zod';
import { InputError } from '../../base/errors.ts';
import type { Checkpoint, StoredTensor } from '../checkpoint/safetensors.ts';
import { type TrainedOn, trainedOnSchema } from '../training/trainedOn.ts';
import type { Normalisation } from './layers.ts';
import type { HostWeights, Model } from './model.ts';
import { PRECISIONS } from './precision.ts';
import { RESNET_DEPTHS, type ResNetOptions, resnet } from './resnet.ts';
import { checkWeights, fromStateDict, toStateDict } from './stateDict.ts';

const ARCHITECTURE = 'outlast.resnet';
const IMAGES = 'outlast.images';

/** Names of what an optimiser remembers, in a checkpoint of a training under way, begin with this. */
export const OPTIMISER_PREFIX = 'optimiser.';

export const isOptimiserTensor = (name: string): boolean => name.startsWith(OPTIMISER_PREFIX);

const architectureSchema = z.strictObject({
  depth: z.literal(RESNET_DEPTHS),
  width: z.int().min(1).optional(),
  stem: z.enum(['imagenet', 'cifar']).optional(),
  inChannels: z.int().min(1),
  classes: z.int().min(1),
  precision: z.enum(PRECISIONS).optional(),
  normalisation: z.strictObject({ mean: z.array(z.number()), standardDeviation: z.array(z.number().gt(0)) }).optional(),
});

/** The checkpoint of a trained model. @param images what it was trained on, where it is to remember that */
export function toCheckpoint(options: ResNetOptions, weights: HostWeights, images?: TrainedOn): Checkpoint {
  return {
    tensors: toStateDict(resnet(options), weights),
    metadata: {
      format: 'pt',
      [ARCHITECTURE]: JSON.stringify(options),
      ...(images && { [IMAGES]: JSON.stringify(images) }),
    },
  };
}

/** A model with its values in the host's memory. */
export interface SavedModel {
  readonly options: ResNetOptions;
  readonly model: Model;
  readonly weights: HostWeights;
  /** Null where the checkpoint does not say. */
  readonly trainedOn: TrainedOn | null;
}

/**
 * The model of a checkpoint: one that `toCheckpoint` made, or a state dict of torchvision's ResNets, whose architecture is read
 * from its tensors and which is taken to have no normalisation layer unless one is given; a part that all its names begin with, such as
 * `module.`, is left out. Of a training under way it is the model of that moment.
 * @param normalisation to begin the model with, where the checkpoint does not tell one: what the images were normalised by in training
 * @throws InputError when the metadata or the tensors do not describe such a model, its weights are not finite, or it has a normalisation of
 *   its own beside a given one
 */
export function fromCheckpoint(
  { tensors: all, metadata }: Checkpoint,
  file: string,
  normalisation?: Normalisation,
): SavedModel {
  const own = new Map([...all].filter(([name]) => !isOptimiserTensor(name)));
  const text = metadata[ARCHITECTURE];
  const tensors = text === undefined ? withoutPrefix(own) : own;
  const told =
    text === undefined ? recogniseResNet(tensors, file) : parse(architectureSchema, ARCHITECTURE, text, file);
  const images = metadata[IMAGES];
  const trainedOn = images === undefined ? null : parse(trainedOnSchema, IMAGES, images, file);
  if (normalisation !== undefined && told.normalisation !== undefined)
    throw new InputError(
      `${file}: normalises images itself, by the mean [${told.normalisation.mean.join(', ')}] and the standard deviation [${told.normalisation.standardDeviation.join(', ')}]; leave out --mean and --std`,
    );
  const options = normalisation === undefined ? told : { ...told, normalisation };
  const model = resnet(options);
  const weights = fromStateDict(model, tensors, file);
  checkWeights(model, weights, file);
  return { options, model, weights, trainedOn };
}

/** Names without the parts, up to a dot, that all of them begin with: `module.` of DataParallel, `_orig_mod.` of torch.compile, and the like. */
function withoutPrefix(tensors: ReadonlyMap<string, StoredTensor>): ReadonlyMap<string, StoredTensor> {
  const [first = '', ...others] = [...tensors.keys()];
  const parts = first.split('.').slice(0, -1);
  const common = parts.findIndex((_, i) => {
    const start = `${parts.slice(0, i + 1).join('.')}.`;
    return !others.every((name) => name.startsWith(start));
  });
  const length = parts.slice(0, common < 0 ? parts.length : common).reduce((sum, part) => sum + part.length + 1, 0);
  return new Map([...tensors].map(([name, tensor]) => [name.slice(length), tensor]));
}

/**
 * The options of the ResNet that a state dict belongs to, or comes nearest to.
 * @throws InputError when its first or last layer is none of a ResNet's
 */
export function recogniseResNet(tensors: ReadonlyMap<string, StoredTensor>, file: string): ResNetOptions {
  const first = tensors.get('conv1.weight')?.shape ?? [];
  const last = tensors.get('fc.weight')?.shape ?? [];
  const [width, inChannels, kernel] = first;
  if (first.length !== 4 || !(kernel === 3 || kernel === 7) || last.length !== 2 || Math.min(...first, ...last) < 1)
    throw new InputError(
      `${file}: no ResNet: it must have conv1.weight, [width, channels, 7, 7] or [width, channels, 3, 3], and fc.weight, [classes, features]`,
    );
  const options = { width, stem: kernel === 7 ? 'imagenet' : 'cifar', inChannels, classes: last[0] } as const;
  const strange = RESNET_DEPTHS.map((depth) => {
    const { parameters } = resnet({ ...options, depth });
    const names = Object.keys(parameters);
    const common = names.filter((name) => tensors.has(name)).length;
    return { depth, names: names.length + weightsAmong(tensors) - 2 * common };
  });
  const { depth } = strange.reduce((best, each) => (each.names < best.names ? each : best));
  return { ...options, depth };
}

/** How many tensors are no running statistics. */
const weightsAmong = (tensors: ReadonlyMap<string, StoredTensor>) =>
  [...tensors.keys()].filter((name) => /\.(weight|bias)$/.test(name)).length;

function parse<T>(schema: z.ZodType<T>, name: string, text: string, file: string): T {
  const entry = `${file}: the metadata entry ${name}`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new InputError(`${entry} is not JSON: ${error.message}`);
    throw error;
  }
  const { data, error } = schema.safeParse(value);
  if (error === undefined) return data;
  const [{ path, message }] = error.issues;
  throw new InputError(`${entry}${path.length > 0 ? `, ${path.join('.')}` : ''}: ${message}`);
}
