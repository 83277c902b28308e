/**
 * A training under way as a checkpoint: the model's state dict by PyTorch's names, what the optimiser remembers as
 * `optimiser.SLOT.NAME`, and in the metadata the architecture, the batches done (from which, with the seed, all random numbers follow),
 * the epochs so far and the configuration.
 */
import { z } from 'zod';
import { parseMetadata } from '../checkpoint/metadata.ts';
import type { Checkpoint, StoredTensor } from '../checkpoint/safetensors.ts';
import { buildNetwork, type NetworkOptions } from '../network/catalogue.ts';
import { mapValues } from '../network/model.ts';
import {
  fromCheckpoint,
  isOptimiserTensor,
  OPTIMISER_PREFIX,
  type SavedModel,
  toCheckpoint,
} from '../network/savedModel.ts';
import { fromStateDict, toStateDict } from '../network/stateDict.ts';
import type { TrainingSnapshot } from './options.ts';
import type { TrainedOn } from './trainedOn.ts';

const TRAINING = 'outlast.training';

const finite = z.number();

const progressSchema = z.strictObject({
  batches: z.int().min(0),
  totals: z.tuple([finite, finite]),
  scaling: z.tuple([finite.gt(0), finite.min(0)]).optional(),
  reports: z.array(
    z.strictObject({
      epoch: z.int().min(1),
      loss: finite,
      accuracy: finite,
      validationLoss: finite.optional(),
      validationAccuracy: finite.optional(),
    }),
  ),
  seconds: finite.min(0),
  config: z.unknown(),
});

export interface SavedTraining {
  readonly saved: SavedModel;
  readonly snapshot: TrainingSnapshot;
  /** As it was given to `toTrainingCheckpoint`: to be checked by the caller. */
  readonly config: unknown;
}

/** The checkpoint of a training. @param config anything that JSON holds */
export function toTrainingCheckpoint(
  options: NetworkOptions,
  snapshot: TrainingSnapshot,
  config: unknown,
  images?: TrainedOn,
): Checkpoint {
  const { weights, slots, ...progress } = snapshot;
  const { tensors, metadata } = toCheckpoint(options, weights, images);
  const model = buildNetwork(options);
  const remembered = Object.entries(slots).flatMap(([slot, parameters]) =>
    [...toStateDict({ ...model, state: {} }, { parameters, state: {} })].map(
      ([name, tensor]): [string, StoredTensor] => [`${OPTIMISER_PREFIX}${slot}.${name}`, tensor],
    ),
  );
  return {
    tensors: new Map([...tensors, ...remembered]),
    metadata: { ...metadata, [TRAINING]: JSON.stringify({ ...progress, config }) },
  };
}

/**
 * The training of a checkpoint that `toTrainingCheckpoint` made.
 * @throws InputError when it is none, or anything about it is wrong
 */
export function fromTrainingCheckpoint(checkpoint: Checkpoint, file: string): SavedTraining {
  const { config, ...progress } = parseMetadata(
    progressSchema,
    TRAINING,
    checkpoint.metadata[TRAINING],
    file,
    ': training cannot go on from this checkpoint',
  );
  const saved = fromCheckpoint(checkpoint, file);
  const bySlot = new Map<string, Map<string, StoredTensor>>();
  for (const [name, tensor] of checkpoint.tensors) {
    if (!isOptimiserTensor(name)) continue;
    const [slot, ...rest] = name.slice(OPTIMISER_PREFIX.length).split('.');
    const tensors = bySlot.get(slot) ?? new Map<string, StoredTensor>();
    bySlot.set(slot, tensors.set(rest.join('.'), tensor));
  }
  const bare = { ...saved.model, state: {} };
  const slots = mapValues(
    Object.fromEntries(bySlot),
    (tensors, slot) => fromStateDict(bare, tensors, `${file}, ${slot} of the optimiser`).parameters,
  );
  return { saved, snapshot: { ...progress, weights: saved.weights, slots }, config };
}
