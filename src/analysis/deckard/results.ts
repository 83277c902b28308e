import { InputError } from '../../base/errors.ts';
import { groupBy } from '../../base/groupBy.ts';
import type { ResNetSpec } from '../../models/index.ts';
import { distinct, type ReportedStudy } from '../report/index.ts';
import type { AttackRecord } from '../robustness/index.ts';
import {
  type AttackResult,
  type AttackTrial,
  canonicalJson,
  type FinishedTrial,
  type SurvivalSpec,
  type TrainResult,
  type TrainTrial,
} from '../study/index.ts';
import { cellMistake, type DataTable } from '../tables/index.ts';
import { columnAt, type Field, numberAt, type ResultColumns, requireOne, resultColumns, textAt } from './columns.ts';
import { attackOfName, dataOf, defenceOfName } from './names.ts';

export interface ImportOptions {
  readonly name: string;
  /** Images that each model was trained on; the paper's 48,000. */
  readonly trainSamples: number;
  /** Images that predictions were timed on; the paper's 12,000. */
  readonly testSamples: number;
  /** Images attacked in a run where no column tells it; the paper's 100. */
  readonly attackSamples: number;
  /** For tables without a column of it. */
  readonly dataset?: string;
  readonly defence?: string;
  readonly attack?: string;
  readonly depth?: number;
  readonly model: SurvivalSpec['model'];
}

/** Runs of an earlier table as trials of a study, in the paper's encoding, and what of the table was left out. */
export interface ImportedResults {
  readonly study: ReportedStudy;
  readonly finished: readonly FinishedTrial[];
  readonly notes: readonly string[];
}

/** What ran it, as far as the table tells. */
const ADAPTER = { name: 'not told', vendor: 'not told', driver: 'not told', backend: 'PyTorch', software: false };

/** Written for all that was imported: the table tells no time of day. */
const NO_TIME = '1970-01-01T00:00:00.000Z';

/** A row of the table, understood. */
interface Run {
  readonly row: number;
  readonly attack: AttackTrial;
  readonly trainSeconds: number;
  readonly predictSeconds: number;
  readonly accuracy: number;
  readonly adversarialAccuracy: number;
  readonly secondsPerSample: number;
}

/**
 * A results table of deckard, the paper's software: one row a run, an attack of many images on one model. Each run becomes an attack
 * trial whose images all took its mean time, round((1 - adv_accuracy) · size) of them broken, and a training; rows without a time,
 * an accuracy or the setting of their defence are left out and counted.
 * @throws InputError a column that is needed is missing, or a cell is not what it should be
 */
export function importResults(table: DataTable, options: ImportOptions): ImportedResults {
  const columns = resultColumns(table);
  requireOne(columns, ['adversarialAccuracy'], 'the accuracy after the attack');
  requireOne(columns, ['attackTime', 'attackTimePerSample'], 'how long the attack took');
  requireOne(columns, ['trainTime', 'trainTimePerSample'], 'how long training took');
  const given: readonly (readonly [Field, unknown, string])[] = [
    ['dataset', options.dataset, 'the data set (or give --data)'],
    ['attack', options.attack, 'the attack (or give --attack)'],
    ['defence', options.defence, 'the defence (or give --defence, control for none)'],
  ];
  for (const [field, value, what] of given) if (value === undefined) requireOne(columns, [field], what);
  if (options.depth === undefined) requireOne(columns, ['depth', 'model'], 'the depth of the model (or give --depth)');

  const left = new Map<string, number>();
  const runs: Run[] = [];
  for (let row = 0; row < table.rows; row++) {
    const run = runOf(columns, row, options);
    if (typeof run === 'string') left.set(run, (left.get(run) ?? 0) + 1);
    else runs.push(run);
  }
  if (runs.length === 0)
    throw new InputError(`${table.file}: no row can be used: ${firstOf([...left.keys()], 'reasons').join('; ')}`);
  const reasons = [...left].map(([reason, count]) => `${count} of ${table.rows} rows are left out: ${reason}`);
  const notes = firstOf(reasons, 'reasons', MOST_NOTES);
  return { study: studyOf(runs, options), finished: [...trainings(runs, options), ...runs.map(attackOf)], notes };
}

/** More than so many reasons are unlike words in one column, which are not worth a line each. */
const MOST_NOTES = 20;

/** The first of many, and how many more there are. */
function firstOf(all: readonly string[], what: string, most = 3): string[] {
  return all.length <= most ? [...all] : [...all.slice(0, most), `and ${all.length - most} more ${what}`];
}

/** A row as a run, or why it is left out. */
function runOf(columns: ResultColumns, row: number, options: ImportOptions): Run | string {
  const number = (field: Field) => numberAt(columns, field, row);
  const size = number('attackSize') ?? options.attackSamples;
  const seconds = number('attackTimePerSample') ?? divided(number('attackTime'), size);
  const trainSeconds = number('trainTime') ?? multiplied(number('trainTimePerSample'), options.trainSamples);
  const adversarialAccuracy = number('adversarialAccuracy');
  if (seconds === null || !(seconds > 0)) return 'no time of the attack';
  if (trainSeconds === null || !(trainSeconds > 0)) return 'no time of training';
  if (adversarialAccuracy === null) return 'no accuracy after the attack';
  if (adversarialAccuracy < 0 || adversarialAccuracy > 1)
    throw cellMistake(
      columns.table,
      columnAt(columns, 'adversarialAccuracy', row),
      row,
      adversarialAccuracy,
      'from 0 to 1',
    );
  const control = options.defence ?? textAt(columns, 'defence', row) ?? undefended(columns);
  if (control === null) return 'the defence is missing';
  const setting = number('setting');
  const defence = defenceOfName(control, setting ?? Number.NaN);
  if (defence === null) return `the defence ${control} is not known`;
  if (defence.name !== 'none' && setting === null) return `the setting (def_value) of ${control} is missing`;
  const attackName = options.attack ?? textAt(columns, 'attack', row) ?? '';
  const attack = attackOfName(attackName, number('strength'));
  if (attack === null) return `the attack ${attackName} is not known`;
  const source = options.dataset ?? textAt(columns, 'dataset', row) ?? '';
  const data = dataOf(source, options.trainSamples, options.testSamples);
  if (data === null) return `the data set ${source} is not known`;
  const depth = options.depth ?? number('depth') ?? Number(/\d+/.exec(textAt(columns, 'model', row) ?? '')?.[0]);
  if (![18, 34, 50, 101, 152].includes(depth)) return 'the depth is not that of a ResNet (18, 34, 50, 101, 152)';
  const model: ResNetSpec = {
    family: 'resnet',
    depth: depth as ResNetSpec['depth'],
    width: 64,
    stem: 'imagenet',
    precision: 'f32',
  };
  const training = {
    epochs: number('epochs') ?? 0,
    batchSize: number('batchSize') ?? 0,
    learningRate: number('learningRate') ?? 0,
    schedule: 'constant' as const,
    momentum: 0.9,
    weightDecay: 0,
  };
  const seed = number('seed') ?? 0;
  const defenceOfTraining = defence.name === 'gaussian-augmentation' ? defence : ({ name: 'none' } as const);
  const train: TrainTrial = { kind: 'train', data, model, training, defence: defenceOfTraining, seed };
  return {
    row,
    attack: { kind: 'attack', train, defence, attack, samples: size, seed },
    trainSeconds,
    predictSeconds: (number('predictTime') ?? 0) / options.testSamples,
    accuracy: number('accuracy') ?? Number.NaN,
    adversarialAccuracy,
    secondsPerSample: seconds,
  };
}

/** Configurations of deckard leave the defence's own columns empty where there is none; other columns name it. */
function undefended({ names }: ResultColumns): string | null {
  return names.get('defence')?.every((name) => name.startsWith('model.art.')) ? 'Control' : null;
}

const divided = (value: number | null, by: number) => (value === null ? null : value / by);
const multiplied = (value: number | null, by: number) => (value === null ? null : value * by);

function finish<T extends FinishedTrial['trial'], R extends FinishedTrial['result']>(
  id: string,
  trial: T,
  result: R,
): FinishedTrial<T, R> {
  return { id, trial, result, adapter: ADAPTER, finishedAt: NO_TIME };
}

/** One training for each configuration of one, its figures the means over its runs. */
function trainings(runs: readonly Run[], { trainSamples }: ImportOptions): FinishedTrial<TrainTrial, TrainResult>[] {
  return groupBy(runs, ({ attack }) => canonicalJson(attack.train)).map((group) => {
    const mean = (key: 'trainSeconds' | 'predictSeconds' | 'accuracy') =>
      group.reduce((sum, run) => sum + run[key], 0) / group.length;
    const { train } = group[0].attack;
    return finish(`train-${group[0].row + 1}`, train, {
      kind: 'train',
      accuracy: mean('accuracy'),
      testLoss: Number.NaN,
      trainSeconds: mean('trainSeconds'),
      compileSeconds: 0,
      trainSamples,
      trainFlops: Number.NaN,
      predictSecondsPerSample: mean('predictSeconds'),
      parameters: Number.NaN,
      epochs: [],
      checkpoint: '',
    });
  });
}

/** A run in the paper's encoding: so many of its images broken, all at its mean time. */
function attackOf({
  row,
  attack,
  accuracy,
  adversarialAccuracy,
  secondsPerSample,
}: Run): FinishedTrial<AttackTrial, AttackResult> {
  const failures = Math.round((1 - adversarialAccuracy) * attack.samples);
  const records = Array.from({ length: attack.samples }, (_, sample): AttackRecord => {
    const success = sample < failures;
    return {
      sample,
      label: 0,
      misclassifiedBefore: false,
      success,
      successAfterRounding: success,
      firstStep: null,
      cost: { seconds: secondsPerSample, queries: 0, gradients: 0, flops: 0 },
      distances: { l0: Number.NaN, l1: Number.NaN, l2: Number.NaN, linf: Number.NaN },
    };
  });
  return finish(`row-${row + 1}`, attack, {
    kind: 'attack',
    cleanAccuracy: accuracy,
    robustAccuracy: adversarialAccuracy,
    testAccuracy: accuracy,
    records,
    warnings: [],
  });
}

function studyOf(runs: readonly Run[], { name, attackSamples, model }: ImportOptions): ReportedStudy {
  const trains = runs.map(({ attack }) => attack.train);
  return {
    name,
    data: distinct(trains.map(({ data }) => data)),
    models: distinct(trains.map((train) => train.model)),
    trainings: distinct(trains.flatMap(({ training }) => training ?? [])),
    defences: distinct(runs.map(({ attack }) => attack.defence)),
    attacks: distinct(runs.map(({ attack }) => attack.attack)),
    samples: attackSamples,
    seeds: [...new Set(trains.map(({ seed }) => seed))].sort((a, b) => a - b),
    survival: { model, clock: 'seconds', encoding: 'paper', horizon: null },
    prices: null,
  };
}
