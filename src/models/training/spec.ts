/** One description of a training, which study files, commands and checkpoints share: plain data, by the parameters of the catalogues. */
import { entryOf, type Given, joinedParameters, type Mistake, ownersOf, settingsOf } from '../../base/catalogue.ts';
import { InputError } from '../../base/errors.ts';
import {
  choice,
  integer,
  listed,
  number,
  type Parameters,
  type Parametrised,
  type ValuesOf,
  whyRefused,
} from '../../base/parameter.ts';
import { AUGMENTATIONS, type AugmentationOptions } from '../data/augmentation.ts';
import { OPTIMISERS, type OptimiserOptions, USUAL_OPTIMISERS } from './optimisers/catalogue.ts';
import type { OptimiserDefinition } from './optimisers/optimiser.ts';
import { SCHEDULES, type ScheduleOptions } from './schedules/catalogue.ts';

/** Parameters that every training needs. */
const REQUIRED = {
  epochs: integer({ from: 1, about: 'how often each image is seen' }),
  batchSize: integer({ from: 1, about: 'images of a batch' }),
  learningRate: number({ above: 0, about: 'of a schedule the first, of one-cycle the highest' }),
};

const namesOf = <N extends string>(catalogue: readonly { readonly name: N }[]): N[] =>
  catalogue.map(({ name }) => name);

/** Parameters that a training may have beside them. */
const OPTIONAL = {
  schedule: choice({
    choices: namesOf(SCHEDULES),
    default: 'constant',
    about: 'how the learning rate moves',
  }),
  optimiser: choice({
    choices: namesOf(OPTIMISERS),
    default: 'sgd',
    about: 'how parameters follow gradients',
  }),
  labelSmoothing: number({ from: 0, below: 1, default: 0, about: 'share of a label that is spread over all classes' }),
  clipNorm: number({ above: 0, optional: true, about: 'longest gradient; a longer one is shortened' }),
  accumulate: integer({ from: 1, default: 1, about: 'batches for one step of the optimiser' }),
  augment: choice({
    choices: namesOf(AUGMENTATIONS),
    default: 'none',
    about: 'random changes of the images',
  }),
  recompute: choice({
    choices: ['none', 'blocks'],
    default: 'none',
    about: 'what is computed again in place of remembering it',
  }),
  patience: integer({ from: 1, optional: true, about: 'stop when so many epochs bring nothing better' }),
};

/** What is chosen by a name, from which catalogue; the parameters of what is chosen stand beside it. */
const CHOSEN: Readonly<Record<'schedule' | 'optimiser' | 'augment', readonly Parametrised[]>> = {
  schedule: SCHEDULES,
  optimiser: OPTIMISERS,
  augment: AUGMENTATIONS,
};

/** What is chosen by a name, with the defaults that commands and studies give it. */
const USUAL: typeof CHOSEN = { ...CHOSEN, optimiser: USUAL_OPTIMISERS };

const isChoice = (name: string): name is keyof typeof CHOSEN => name in CHOSEN;

/** All that decides a training but its network, its images and its seed. */
export type TrainingSpec = ValuesOf<typeof REQUIRED> &
  Partial<ValuesOf<typeof OPTIONAL>> &
  ScheduleOptions &
  OptimiserOptions &
  AugmentationOptions;

/** Every parameter of a training, after each choice those of all that it chooses from; in the file of a study each is an axis. */
export const TRAINING_PARAMETERS: Parameters = Object.fromEntries(
  Object.entries<Parameters[string]>({ ...REQUIRED, ...OPTIONAL }).flatMap(([name, parameter]) => [
    [name, { ...parameter, axis: true as const }],
    ...Object.entries(isChoice(name) ? joinedParameters(USUAL[name]) : {}).map(
      ([parameter, each]): [string, Parameters[string]] => [parameter, { ...each, axis: true, optional: true }],
    ),
  ]),
);

const CHOICES = ['schedule', 'optimiser', 'augment'] as const;

/** The name of what options choose. */
const choiceOf = (key: keyof typeof CHOSEN, given: Given): string => String(given[key] ?? OPTIONAL[key].default);

/** @throws InputError when what is chosen does not exist */
const chosenOf = (key: keyof typeof CHOSEN, given: Given): Parametrised =>
  entryOf(key, CHOSEN[key], choiceOf(key, given));

/** What options say about a training: without what is undefined, and without what is no parameter of it. */
const entriesOf = (given: Given) =>
  Object.entries(given).filter(([name, value]) => value !== undefined && name in TRAINING_PARAMETERS);

/**
 * Everything that is wrong with what options say about a training; nothing where all is right.
 * @param spell how a message writes a parameter's name
 */
export function trainingMistakes(given: Given, spell: (name: string) => string = (name) => name): Mistake[] {
  const mistakes: Mistake[] = [];
  const entries = entriesOf(given);
  for (const name of Object.keys(REQUIRED))
    if (given[name] === undefined) mistakes.push({ parameter: name, message: 'is missing' });
  for (const [name, value] of entries) {
    const message = whyRefused(TRAINING_PARAMETERS[name], value);
    if (message !== null) mistakes.push({ parameter: name, message });
  }
  if (mistakes.length > 0) return mistakes;
  for (const key of CHOICES) {
    const chosen = chosenOf(key, given).name;
    for (const [name] of entries) {
      const owners = ownersOf(CHOSEN[key], name);
      const message = `is not of ${spell(key)} ${chosen}; it is of ${listed(owners, 'and')}`;
      if (owners.length > 0 && !owners.includes(chosen)) mistakes.push({ parameter: name, message });
    }
  }
  const optimiser = chosenOf('optimiser', given) as OptimiserDefinition;
  const wrong = optimiser.whyWrong?.(settingsOf(optimiser, given)) ?? null;
  return wrong === null ? mistakes : [...mistakes, wrong];
}

/** Options without what the schedule, the optimiser and the augmentation that they choose do not have. */
export function applicable(given: Given): Given {
  const isStray = (name: string) =>
    CHOICES.some((key) => {
      const owners = ownersOf(CHOSEN[key], name);
      return owners.length > 0 && !owners.includes(choiceOf(key, given));
    });
  return Object.fromEntries(Object.entries(given).filter(([name]) => !isStray(name)));
}

/** @throws InputError on a number out of range, or a parameter that what was chosen does not have */
export function checkTraining(given: Given): void {
  const [mistake] = trainingMistakes(given);
  if (mistake !== undefined) throw new InputError(`training: ${mistake.parameter} ${mistake.message}`);
}

/** Defaults of all that a training has, by what it chooses. */
const defaultsOf = (given: Given): Given =>
  Object.assign(
    {},
    settingsOf({ parameters: OPTIONAL }, {}),
    ...CHOICES.map((key) => settingsOf(chosenOf(key, given), {})),
  );

/** A training with the defaults of all that it has and does not say: to describe it, or to compare it with another. */
export const completeTraining = (spec: TrainingSpec): Given => ({ ...defaultsOf({ ...spec }), ...spec });

/** A training with the defaults that hold whatever it chooses, for a name that tells it from others. */
export const describedTraining = (spec: TrainingSpec): Given => ({
  ...settingsOf({ parameters: OPTIONAL }, {}),
  ...spec,
});

/**
 * A training as it is written down. Equal trainings are written alike, and as they always were: what is left out, or has its default, is
 * left out, but for the schedule and for what the optimiser is usually given.
 * @throws InputError as `checkTraining` does
 */
export function trainingSpec(given: Given): TrainingSpec {
  checkTraining(given);
  const { usual = {} } = chosenOf('optimiser', given) as OptimiserDefinition;
  const asked: Given = { schedule: OPTIONAL.schedule.default, ...usual, ...Object.fromEntries(entriesOf(given)) };
  const defaults = defaultsOf(given);
  const written = (name: string) => name === 'schedule' || name in usual || defaults[name] !== asked[name];
  const names = Object.keys(TRAINING_PARAMETERS).filter((name) => asked[name] !== undefined && written(name));
  return Object.fromEntries(names.map((name) => [name, asked[name]])) as unknown as TrainingSpec;
}
