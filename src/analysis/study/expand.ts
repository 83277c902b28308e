import { canonicalJson } from './identity.ts';
import type { Study } from './schema.ts';
import type { AttackTrial, DefenceSpec, TrainTrial, Trial } from './trial.ts';

/** The part of a defence that changes training: itself if it changes the training set, else `none`. */
export function trainingDefence(defence: DefenceSpec): DefenceSpec {
  return defence.name === 'gaussian-augmentation' ? defence : { name: 'none' };
}

/** The training that a model of a study needs under a defence. */
export function trainTrials(study: Study): TrainTrial[] {
  const { data, training } = study;
  const trials = study.seeds.flatMap((seed) =>
    study.models.flatMap((model) =>
      study.defences.map((defence): TrainTrial => {
        return { kind: 'train', data, model, training, defence: trainingDefence(defence), seed };
      }),
    ),
  );
  return distinct(trials);
}

/**
 * All trials of a study: the trainings first, then every attack at every strength on every defended model. Equal
 * configurations appear once; an attack trial holds its training by value.
 */
export function expand(study: Study): Trial[] {
  const attacks = study.seeds.flatMap((seed) =>
    study.models.flatMap((model) =>
      study.defences.flatMap((defence) => {
        const { data, training, samples, budget } = study;
        const train: TrainTrial = { kind: 'train', data, model, training, defence: trainingDefence(defence), seed };
        // Left out where there is none: trials without a budget keep their identity.
        const limited = budget === null ? {} : { budget };
        return study.attacks.map(
          (attack): AttackTrial => ({ kind: 'attack', train, defence, attack, samples, ...limited, seed }),
        );
      }),
    ),
  );
  return [...trainTrials(study), ...distinct(attacks)];
}

function distinct<T>(trials: readonly T[]): T[] {
  return [...new Map(trials.map((trial) => [canonicalJson(trial), trial])).values()];
}
