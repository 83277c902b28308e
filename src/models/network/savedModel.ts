/** A trained network as a checkpoint: its state dict, and in the metadata what is needed to build the model again. */
import { InputError } from '../../base/errors.ts';
import { parseMetadata } from '../checkpoint/metadata.ts';
import type { Checkpoint, StoredTensor } from '../checkpoint/safetensors.ts';
import { type TrainedOn, trainedOnSchema } from '../training/trainedOn.ts';
import { buildNetwork, describeNetwork, familyOf, NETWORKS, type NetworkOptions } from './catalogue.ts';
import type { Normalisation } from './layers.ts';
import type { HostWeights, Model } from './model.ts';
import type { NetworkDefinition } from './network.ts';
import type { Precision } from './precision.ts';
import { nearestByNames, tensorsBeside } from './recognition.ts';
import { architectureSchema } from './schema.ts';
import { checkWeights, fromStateDict, toStateDict } from './stateDict.ts';

const IMAGES = 'outlast.images';

/** The metadata entry of a training under way of a network that was read from an ONNX file. */
export const ONNX_NETWORK = 'outlast.onnx';

/** The metadata entry of a family's members. */
const entryFor = ({ name }: { readonly name: string }) => `outlast.${name}`;

/** Names of what an optimiser remembers, in a checkpoint of a training under way, begin with this. */
export const OPTIMISER_PREFIX = 'optimiser.';

export const isOptimiserTensor = (name: string): boolean => name.startsWith(OPTIMISER_PREFIX);

/** The checkpoint of a trained model. @param images what it was trained on, where it is to remember that */
export function toCheckpoint(options: NetworkOptions, weights: HostWeights, images?: TrainedOn): Checkpoint {
  const { family, ...given } = options;
  // In an order of their own: a model that was read and is written again has the same bytes.
  const architecture = Object.fromEntries(Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    tensors: toStateDict(buildNetwork(options), weights),
    metadata: {
      format: 'pt',
      [entryFor(familyOf(family))]: JSON.stringify(architecture),
      ...imagesEntry(images),
    },
  };
}

/** The metadata entry that remembers what a model was trained on; none where that is not known. */
export const imagesEntry = (images: TrainedOn | undefined): Readonly<Record<string, string>> =>
  images === undefined ? {} : { [IMAGES]: JSON.stringify(images) };

/** What the metadata of a model's file say that it was trained on; null: nothing. @throws InputError when the entry is wrong */
export function trainedOnIn(metadata: Readonly<Record<string, string>>, file: string): TrainedOn | null {
  const images = metadata[IMAGES];
  return images === undefined ? null : parseMetadata(trainedOnSchema, IMAGES, images, file);
}

/** A model with its values in the host's memory. */
export interface SavedModel {
  readonly options: NetworkOptions;
  readonly model: Model;
  readonly weights: HostWeights;
  /** Null where the checkpoint does not say. */
  readonly trainedOn: TrainedOn | null;
  /** Names of tensors that the checkpoint has beside the model's: see `tensorsBeside`. */
  readonly leftOut: readonly string[];
}

/**
 * The model of a checkpoint: one that `toCheckpoint` made, or a state dict of PyTorch, whose family and architecture are read from the
 * names and shapes of its tensors and which is taken to have no normalisation layer unless one is given; a part that all its names
 * begin with, such as `module.`, is left out, and so are tensors of modules that the network does not have. Of a training under way it is
 * the model of that moment.
 * @param normalisation to begin the model with, where the checkpoint does not tell one: what the images were normalised by in training
 * @param precision to compute in, in place of the checkpoint's
 * @throws InputError when the metadata or the tensors do not describe such a model, its weights are not finite, or it has a normalisation
 *   of its own beside a given one
 */
export function fromCheckpoint(
  { tensors: all, metadata }: Checkpoint,
  file: string,
  normalisation?: Normalisation,
  precision?: Precision,
): SavedModel {
  if (metadata[ONNX_NETWORK] !== undefined)
    throw new InputError(
      `${file}: is a training under way of a network from an ONNX file; \`outlast train --resume\` goes on, and ends with model.onnx`,
    );
  const ofModel = new Map([...all].filter(([name]) => !isOptimiserTensor(name)));
  const described = NETWORKS.find((family) => metadata[entryFor(family)] !== undefined);
  const tensors = described === undefined ? withoutPrefix(ofModel) : ofModel;
  const told = described === undefined ? recognised(tensors, file) : architectureOf(described, metadata, file);
  const trainedOn = trainedOnIn(metadata, file);
  if (normalisation !== undefined && told.normalisation !== undefined)
    throw new InputError(
      `${file}: normalises images itself, by the mean [${told.normalisation.mean.join(', ')}] and the standard deviation [${told.normalisation.standardDeviation.join(', ')}]; leave out --mean and --std`,
    );
  const options = { ...told, ...(normalisation && { normalisation }), ...(precision && { precision }) };
  const model = buildNetwork(options);
  const leftOut = described === undefined ? tensorsBeside(tensors, model) : [];
  const used = new Map([...tensors].filter(([name]) => !leftOut.includes(name)));
  const weights = fromStateDict(model, used, file);
  checkWeights(model, weights, file);
  return { options, model, weights, trainedOn, leftOut };
}

/** Tensors that are named one by one. */
const MOST_NAMED = 3;

/** What a user should know of tensors that were left out, in a line; none where there are none. */
export function leftOutNotes(file: string, { leftOut, options }: Pick<SavedModel, 'leftOut' | 'options'>): string[] {
  if (leftOut.length === 0) return [];
  const more = leftOut.length > MOST_NAMED ? ` and ${leftOut.length - MOST_NAMED} more` : '';
  return [
    `${file} has tensors that no ${describeNetwork({ ...options })} has, and they are left out: ${leftOut.slice(0, MOST_NAMED).join(', ')}${more}; if the network computes with them, it is another`,
  ];
}

/** The network that a checkpoint describes. */
function architectureOf(family: NetworkDefinition, metadata: Checkpoint['metadata'], file: string): NetworkOptions {
  const entry = entryFor(family);
  return parseMetadata(architectureSchema(family), entry, metadata[entry], file);
}

/** The network that tensors belong to, or come nearest to. @throws InputError when no family knows them */
function recognised(tensors: ReadonlyMap<string, StoredTensor>, file: string): NetworkOptions {
  const members = NETWORKS.flatMap((family): NetworkOptions[] => {
    const member = family.recognise(tensors);
    return member === null ? [] : [{ family: family.name, ...member } as NetworkOptions];
  });
  if (members.length > 0) return nearestByNames(tensors, members, buildNetwork);
  const known = NETWORKS.map(({ title, signature }) => `no ${title}: it must have ${signature}`);
  throw new InputError(`${file}: ${known.join('; ')}`);
}

/** Names without the parts, up to a dot, that all of them begin with: `module.` of DataParallel, `_orig_mod.` of torch.compile. */
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
