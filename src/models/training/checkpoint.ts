/**
 * A training under way as a checkpoint: the model's state dict by PyTorch's names, what the optimiser remembers as
 * `optimiser.SLOT.NAME`, and in the metadata the architecture, the batches done (from which, with the seed, all random numbers follow),
 * the epochs so far and the configuration.
 */
import { z } from 'zod';
import { parseMetadata } from '../checkpoint/metadata.ts';
import type { Checkpoint, StoredTensor } from '../checkpoint/safetensors.ts';
import { type Model, mapValues } from '../network/model.ts';
import { fromCheckpoint, isOptimiserTensor, OPTIMISER_PREFIX, type SavedModel } from '../network/savedModel.ts';
import { fromStateDict, toStateDict } from '../network/stateDict.ts';
import type { TrainingSnapshot } from './options.ts';

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

/** What is kept of the network that a training changes. */
export type TrainedModel = Pick<SavedModel, 'model' | 'weights'>;

export interface SavedTraining<T extends TrainedModel = SavedModel> {
  readonly saved: T;
  readonly snapshot: TrainingSnapshot;
  /** As it was given to `toTrainingCheckpoint`: to be checked by the caller. */
  readonly config: unknown;
}

/**
 * The checkpoint of a training.
 * @param ofModel that of the model with the snapshot's weights, such as `toCheckpoint` makes
 * @param config anything that JSON holds
 */
export function toTrainingCheckpoint(
  { tensors, metadata }: Checkpoint,
  model: Model,
  snapshot: TrainingSnapshot,
  config: unknown,
): Checkpoint {
  const { weights: _, slots, ...progress } = snapshot;
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
 * @param open reads the model; one of a family unless given
 * @throws InputError when it is none, or anything about it is wrong
 */
export function fromTrainingCheckpoint(checkpoint: Checkpoint, file: string): SavedTraining;
export function fromTrainingCheckpoint<T extends TrainedModel>(
  checkpoint: Checkpoint,
  file: string,
  open: (checkpoint: Checkpoint, file: string) => T,
): SavedTraining<T>;
export function fromTrainingCheckpoint(
  checkpoint: Checkpoint,
  file: string,
  open: (checkpoint: Checkpoint, file: string) => TrainedModel = fromCheckpoint,
): SavedTraining<TrainedModel> {
  const { config, ...progress } = parseMetadata(
    progressSchema,
    TRAINING,
    checkpoint.metadata[TRAINING],
    file,
    ': training cannot go on from this checkpoint',
  );
  const saved = open(checkpoint, file);
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
