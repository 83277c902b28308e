import type { Given, Mistake } from '../../../base/catalogue.ts';
import { snakeCase } from '../../../base/parameter.ts';
import {
  applicable,
  TRAINING_PARAMETERS,
  type TrainingSpec,
  trainingMistakes,
  trainingSpec,
} from '../../../models/index.ts';
import { cross, record } from './fields.ts';
import { parameterFields } from './parameterFields.ts';

const names = Object.keys(TRAINING_PARAMETERS);

/** The training of a study file: every key is an axis. */
export const trainingSchema = record(parameterFields(TRAINING_PARAMETERS));

/** Some of its keys: what an entry of `includes` changes, or which trainings one of `excludes` means. */
export const trainingPartSchema = record(
  parameterFields(
    Object.fromEntries(
      Object.entries(TRAINING_PARAMETERS).map(([name, { default: _, ...parameter }]) => [
        name,
        { ...parameter, optional: true as const },
      ]),
    ),
  ),
).meta({ id: 'trainingPart' });

/** Lists of values by the keys of a study file; a key that it does not give is undefined. */
export type TrainingAxes = Readonly<Record<string, unknown>>;

/** What the trainings that these axes cross are told, each without what its schedule, optimiser and augmentation do not have. */
function crossed(axes: TrainingAxes): Given[] {
  const told = names.filter((name) => axes[snakeCase(name)] !== undefined);
  const lists = told.map((name) => axes[snakeCase(name)] as readonly unknown[]);
  return cross(...lists).map((values) => Object.fromEntries(told.map((name, i) => [name, values[i]])));
}

/** The trainings that these axes cross. @throws InputError where `trainingAxesMistakes` finds one */
export const trainingsOf = (axes: TrainingAxes): TrainingSpec[] =>
  crossed(axes).map((given) => trainingSpec(applicable(given)));

/**
 * What is wrong among values that are right by themselves, by keys of the study file. A key must be of one of the
 * trainings, not of all.
 */
export function trainingAxesMistakes(axes: TrainingAxes): Mistake[] {
  const all = crossed(axes);
  const used = new Set(all.flatMap((given) => Object.keys(applicable(given))));
  const stray = trainingMistakes(all[0], snakeCase).filter(({ parameter }) => !used.has(parameter));
  const wrong = all.flatMap((given) => trainingMistakes(applicable(given), snakeCase));
  return [...stray, ...wrong.slice(0, 1)].map(({ parameter, message }) => ({
    parameter: snakeCase(parameter),
    message,
  }));
}
