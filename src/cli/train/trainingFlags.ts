/** The flags of a training: those of its schedule, its optimiser and its augmentation follow from the catalogues. */
import { type Command, Option } from 'commander';
import { InputError } from '../../base/errors.ts';
import { flagCase, type Parametrised } from '../../base/parameter.ts';
import {
  AUGMENTATIONS,
  OPTIMISERS,
  SCHEDULES,
  TRAINING_PARAMETERS,
  type TrainingSpec,
  trainingMistakes,
  trainingSpec,
  USUAL_OPTIMISERS,
} from '../../models/index.ts';
import { count } from '../flags/count.ts';
import { number, numbers } from '../flags/number.ts';
import { withParameterFlags } from '../flags/parameterFlags.ts';

/** What the flags say: a training whose learning rate may be one of several. */
export interface TrainingFlags extends Omit<TrainingSpec, 'batchSize' | 'learningRate'> {
  readonly batch: number;
  readonly learningRate: readonly number[];
}

const namesOf = (catalogue: readonly Parametrised[]) => catalogue.map(({ name }) => name);
const wholeNumber = count(1);

/** The line of help of a training's own parameter. */
const about = (name: string) => TRAINING_PARAMETERS[name].about;

/** Adds the flags of `TrainingFlags`. */
export function withTrainingFlags(command: Command): Command {
  command
    .option('--epochs <count>', about('epochs'), wholeNumber, 10)
    .option('--batch <images>', about('batchSize'), wholeNumber, 128)
    .option('--learning-rate <rates>', `${about('learningRate')}; several to choose from`, numbers, [0.1])
    .addOption(new Option('--schedule <name>', about('schedule')).choices(namesOf(SCHEDULES)).default('one-cycle'));
  withParameterFlags(command, SCHEDULES).addOption(
    new Option('--optimiser <name>', about('optimiser')).choices(namesOf(OPTIMISERS)).default('sgd'),
  );
  withParameterFlags(command, USUAL_OPTIMISERS)
    .option('--label-smoothing <share>', about('labelSmoothing'), number, 0)
    .option('--clip-norm <length>', about('clipNorm'), number)
    .option('--accumulate <batches>', about('accumulate'), wholeNumber, 1)
    .addOption(new Option('--augment <how>', about('augment')).choices(namesOf(AUGMENTATIONS)).default('none'));
  return withParameterFlags(command, AUGMENTATIONS)
    .addOption(new Option('--recompute <what>', about('recompute')).choices(['none', 'blocks']).default('none'))
    .option('--patience <epochs>', about('patience'), wholeNumber);
}

/** The training that flags describe, with the first of its learning rates. @throws InputError where they do not belong together */
export function trainingFrom({ batch, learningRate, ...flags }: TrainingFlags): TrainingSpec {
  const given = { ...flags, batchSize: batch, learningRate: learningRate[0] };
  const [mistake] = trainingMistakes(given, flagCase);
  if (mistake === undefined) return trainingSpec(given);
  const flag = mistake.parameter === 'batchSize' ? '--batch' : flagCase(mistake.parameter);
  throw new InputError(`train: ${flag} ${mistake.message}`);
}
