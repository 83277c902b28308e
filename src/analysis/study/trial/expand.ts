import { type AttackSpec, type DefenceSpec, defenceDefinition, trainingDefence } from '../../robustness/index.ts';
import { cellsOf, distinct, matches } from '../file/grid.ts';
import type { Study } from '../file/schema.ts';
import { controlsOf } from './control.ts';
import { contentKeys } from './identity.ts';
import { isStoredModel } from './storedModel.ts';
import type { AttackTrial, TrainTrial, Trial } from './trial.ts';

const NO_DEFENCE: DefenceSpec = { name: 'none' };

/** An attack on a defence: several draws of one that is not random are one, so that these are the same trial. */
function attackOn(defence: DefenceSpec, { expectationSamples = 1, ...attack }: AttackSpec): AttackSpec {
  return expectationSamples > 1 && defenceDefinition(defence).random ? { ...attack, expectationSamples } : attack;
}

/** Every attack of a study at every strength on every defended model, each once. */
function attackTrials(study: Study, keyOf: (value: unknown) => string): AttackTrial[] {
  const { samples, budget, protocol, excludes } = study;
  // Left out where there is none: trials without a budget or a protocol keep their identity.
  const limited = { ...(budget === null ? {} : { budget }), ...(protocol === null ? {} : { protocol }) };
  const trials = study.grids.flatMap((grid, index) => {
    const kept: AttackTrial[] = [];
    for (const cell of cellsOf(grid)) {
      if (index === 0 && excludes.some((pattern) => matches(cell, pattern))) continue;
      const { data, model, training, defence, attack, seed } = cell;
      // No defence of the training reaches a model that is trained already (see `cellsOf`).
      const trained = isStoredModel(model) ? NO_DEFENCE : trainingDefence(defence);
      const train: TrainTrial = { kind: 'train', data, model, training, defence: trained, seed };
      kept.push({ kind: 'attack', train, defence, attack: attackOn(defence, attack), samples, ...limited, seed });
    }
    return kept;
  });
  return distinct(trials, keyOf);
}

/**
 * All trials of a study: models that are only read, then the trainings, then the attacks, those on one defended model one after the
 * other and followed by their controls. Equal configurations appear once; an attack trial holds its training by value.
 */
export function expand(study: Study): Trial[] {
  const keyOf = contentKeys();
  const attacks = attackTrials(study, keyOf);
  const targets = new Map<string, AttackTrial[]>();
  for (const attack of attacks) {
    const key = keyOf([attack.train, attack.defence]);
    const group = targets.get(key);
    if (group === undefined) targets.set(key, [attack]);
    else group.push(attack);
  }
  const trainings = distinct(
    attacks.map(({ train }) => train),
    keyOf,
  );
  const isRead = ({ training }: TrainTrial) => training === null;
  const onTargets = [...targets.values()].flatMap((onTarget) =>
    study.control ? [...onTarget, ...controlsOf(onTarget)] : onTarget,
  );
  return [...trainings.filter(isRead), ...trainings.filter((train) => !isRead(train)), ...onTargets];
}
