import { defenceDefinition } from '../../robustness/index.ts';
import { canonicalJson } from '../trial/identity.ts';
import { modelIdentity } from '../trial/storedModel.ts';
import type { Trial } from '../trial/trial.ts';

/** The name under which a batch of a training is timed. */
export const TRAINING_BATCH = 'batch of training';

/**
 * Equal for executables that take the same time, whatever trials ran them: trainings of other lengths, learning rates, seeds and
 * numbers of images have the same batches, and models of one architecture the same questions.
 * @param name of the executable among those of the trial; of an attack it says the batch size, too
 */
export function subjectOf(trial: Trial, name: string): string {
  const { data, model: spec } = trial.kind === 'train' ? trial : trial.train;
  const model = modelIdentity(spec);
  const images = data.name === 'folder' ? data.path : data.name;
  if (trial.kind === 'train') {
    const { epochs: _, learningRate: __, schedule: ___, patience: ____, ...step } = trial.training ?? {};
    return canonicalJson({ name, images, model, ...step, defence: trial.defence });
  }
  const { acts, random } = defenceDefinition(trial.defence);
  return canonicalJson({
    name,
    images,
    model,
    defence: acts === 'training' ? 'none' : trial.defence,
    draws: random ? (trial.attack.expectationSamples ?? 1) : 1,
  });
}
