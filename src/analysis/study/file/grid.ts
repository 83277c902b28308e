import { z } from 'zod';
import { snakeCase } from '../../../base/parameter.ts';
import { completeTraining, type DataSpec, SOURCE_NAMES, type TrainingSpec } from '../../../models/index.ts';
import { ATTACK_NAMES, ATTACKS, type AttackSpec, type DefenceSpec, defenceDefinition } from '../../robustness/index.ts';
import { contentKeys } from '../trial/identity.ts';
import { isStoredModel, type ModelSpec } from '../trial/storedModel.ts';
import { attackSchema } from './attackSchema.ts';
import { dataSchema } from './dataSchema.ts';
import { DEFENCE_KEYS, DEFENCE_NAMES, defenceSchema } from './defenceSchema.ts';
import { axis, camelCased, fraction, record } from './fields.ts';
import { changedModels, type ModelEntry, modelChangesSchema, modelsOf, modelsPatternSchema } from './modelSchema.ts';
import { type TrainingAxes, trainingPartSchema, trainingsOf } from './trainingSchema.ts';

/** Lists that are crossed: each of one with each of all others. */
export interface Grid {
  readonly data: readonly DataSpec[];
  readonly models: readonly ModelSpec[];
  readonly trainings: readonly TrainingSpec[];
  readonly defences: readonly DefenceSpec[];
  readonly attacks: readonly AttackSpec[];
  readonly seeds: readonly number[];
}

/** One of each list of a grid. */
export interface Cell {
  readonly data: DataSpec;
  readonly model: ModelSpec;
  /** Null of a model that is trained already. */
  readonly training: TrainingSpec | null;
  readonly defence: DefenceSpec;
  readonly attack: AttackSpec;
  readonly seed: number;
}

/** The keys that one part of a cell must have, each with the values that it may have. */
type PartPattern = Readonly<Record<string, readonly unknown[]>>;

/** Cells that are left out: those of which every part named here matches. */
export type Pattern = Readonly<Partial<Record<keyof Cell, PartPattern>>>;

export const seedsSchema = axis(z.int().min(0).max(0xffff_ffff));
export const defencesSchema = z.array(defenceSchema).min(1);
export const attacksSchema = z.array(attackSchema).min(1);

const named = (given: object) => Object.values(given).some((value) => value !== undefined);
const nothing = { error: 'names nothing; give at least one of data, models, training, defences, attacks, seeds' };

/** An entry of `includes`: a grid of its own, which has of the study's what it does not name. */
export const includeSchema = record({
  data: axis(dataSchema).optional(),
  models: modelChangesSchema.optional(),
  training: trainingPartSchema.optional(),
  defences: defencesSchema.optional(),
  attacks: attacksSchema.optional(),
  seeds: seedsSchema.optional(),
}).refine(named, nothing);

const plain = axis(z.union([z.number(), z.string()])).optional();
const plainFields = (keys: Iterable<string>) => Object.fromEntries([...keys].map((key) => [key, plain]));
const parameterKeys = new Set(ATTACKS.flatMap(({ parameters }) => Object.keys(parameters).map(snakeCase)));

/** An entry of `excludes`: what a cell must be to be left out. */
export const excludeSchema = record({
  data: record({ name: axis(z.enum(SOURCE_NAMES)) }).optional(),
  models: modelsPatternSchema.optional(),
  training: trainingPartSchema.optional(),
  defences: record({ ...plainFields(DEFENCE_KEYS), name: axis(z.enum(DEFENCE_NAMES)).optional() }).optional(),
  attacks: record({
    ...plainFields(parameterKeys),
    name: axis(z.enum(ATTACK_NAMES)).optional(),
    norm: plain,
    eps: axis(fraction).optional(),
    eps_step: axis(fraction).optional(),
    th: plain,
  }).optional(),
  seeds: seedsSchema.optional(),
})
  .refine(named, nothing)
  .transform((given): Pattern => {
    const parts = {
      data: given.data,
      model: given.models,
      training: given.training,
      defence: given.defences,
      attack: given.attacks,
      seed: given.seeds && { value: given.seeds },
    };
    return Object.fromEntries(
      Object.entries(parts).flatMap(([part, keys]) => (keys === undefined ? [] : [[part, patternOf(keys)]])),
    );
  });

function patternOf(keys: Readonly<Record<string, unknown>>): PartPattern {
  const present = Object.entries(keys).filter(([, value]) => value !== undefined);
  return camelCased(Object.fromEntries(present.map(([key, value]) => [key, Array.isArray(value) ? value : [value]])));
}

/** Whether a cell is one that the pattern means. Numbers and text are compared as text: a norm may be written 1 or "1". */
export function matches(cell: Cell, pattern: Pattern): boolean {
  return Object.entries(pattern).every(([part, keys]) => {
    const own = part === 'training' ? cell.training && completeTraining(cell.training) : cell[part as keyof Cell];
    if (own === null) return false;
    const fields = (typeof own === 'number' ? { value: own } : own) as unknown as Readonly<Record<string, unknown>>;
    return Object.entries(keys).every(([key, values]) => values.some((value) => String(value) === String(fields[key])));
  });
}

/** What a study file gives for its own grid. */
export interface GivenGrid {
  readonly data: readonly DataSpec[];
  readonly models: readonly ModelEntry[];
  /** Left out where all models are trained already. */
  readonly training?: TrainingAxes;
  readonly defences: readonly (readonly DefenceSpec[])[];
  readonly attacks: readonly (readonly AttackSpec[])[];
  readonly seeds: readonly number[];
}

/** The grid of a study file, with the changes of an entry of `includes`. */
export function gridOf(given: GivenGrid, changes: Partial<z.output<typeof includeSchema>> = {}): Grid {
  const { models, training, ...lists } = changes;
  const whole = { ...given, ...lists };
  return {
    data: whole.data,
    models: modelsOf(changedModels(given.models, models)),
    trainings: given.training === undefined ? [] : trainingsOf({ ...given.training, ...training }),
    defences: whole.defences.flat(),
    attacks: whole.attacks.flat(),
    seeds: whole.seeds,
  };
}

/** The most cells of a study, more than the paper has (390,750): each takes some kilobytes of memory. */
const MOST_CELLS = 500_000;

/** What is wrong with the size of grids, counted before a cell is made; null where nothing is. */
export function gridSizeMistake(grids: readonly Grid[]): string | null {
  const sizes = grids.map(({ seeds, data, trainings, models, defences, attacks }) =>
    [seeds, data, trainings, models, defences, attacks].reduce((product, { length }) => product * length, 1),
  );
  const cells = sizes.reduce((sum, size) => sum + size, 0);
  return cells > MOST_CELLS
    ? `the grid has ${cells} cells, and a study ${MOST_CELLS} at most; leave values out, or make several studies of it`
    : null;
}

/**
 * Every combination of a grid: by seed, data set, training, model, defence and, fastest, attack. A model that is trained already meets
 * no training, and no defence that acts on the training alone.
 */
export function* cellsOf(grid: Grid): Generator<Cell> {
  const trainings = grid.trainings.length > 0 ? grid.trainings : [null];
  for (const seed of grid.seeds)
    for (const data of grid.data)
      for (const [k, training] of trainings.entries())
        for (const model of grid.models) {
          const stored = isStoredModel(model);
          if (stored && k > 0) continue;
          for (const defence of grid.defences) {
            if (stored && defenceDefinition(defence).acts === 'training') continue;
            for (const attack of grid.attacks)
              yield { data, model, training: stored ? null : training, defence, attack, seed };
          }
        }
}

/** Without repetition, by content. @param keyOf `contentKeys` that may have seen parts of the values before */
export function distinct<T>(values: Iterable<T>, keyOf = contentKeys()): T[] {
  const found = new Map<string, T>();
  for (const value of values) {
    const key = keyOf(value);
    if (!found.has(key)) found.set(key, value);
  }
  return [...found.values()];
}
