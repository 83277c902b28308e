import { InputError } from '../../base/errors.ts';
import { type Cell, cellMistake, type DataTable, isMissingNumber, numberOf } from '../tables/index.ts';

/**
 * What a deckard results table tells of a run, and the columns that tell it: names drifted between its versions, and flattened
 * configurations put the names of their sections before them (`model.trainer.nb_epoch`). The first that is there is taken.
 */
const COLUMNS = {
  model: ['model_name', 'model.init.name', 'model'],
  depth: ['model_layers', 'layers', 'depth'],
  dataset: ['data_gen', 'data.generate.name', 'dataset', 'data'],
  defence: ['def_gen', 'model.art.preprocessor.name', 'model.art.postprocessor.name', 'defence', 'defense', 'def_name'],
  setting: [
    'def_value',
    'model.art.preprocessor.params.bit_depth',
    'model.art.preprocessor.params.sigma',
    'model.art.postprocessor.params.scale',
    'model.art.postprocessor.params.cutoff',
    'bit_depth',
  ],
  attack: ['atk_gen', 'attack.init.name', 'atk_name', 'attack'],
  strength: ['atk_value', 'attack.init.eps', 'attack.init.nb_grads', 'attack.init.th', 'attack.init.max_iter', 'eps'],
  accuracy: ['accuracy'],
  adversarialAccuracy: ['adv_accuracy'],
  trainTime: ['train_time'],
  trainTimePerSample: ['train_time_per_sample'],
  attackTime: ['adv_fit_time', 'attack_time'],
  attackTimePerSample: ['adv_fit_time_per_sample'],
  predictTime: ['predict_time'],
  seed: ['random_state', 'seed', 'data.sample.random_state'],
  epochs: ['epochs', 'nb_epoch', 'nb_epochs', 'np_epochs'],
  batchSize: ['batch_size'],
  learningRate: ['learning_rate', 'lr'],
  attackSize: ['attack_size'],
} as const;

export type Field = keyof typeof COLUMNS;

/** The columns of a table that tell each field; in a row, the first of them that is not empty does. */
export interface ResultColumns {
  readonly table: DataTable;
  readonly names: ReadonlyMap<Field, readonly string[]>;
}

/** Which columns tell what: those of a whole name, or else the first by the last part of a dotted name; capitals aside. */
export function resultColumns(table: DataTable): ResultColumns {
  const all = [...table.columns.keys()];
  const last = (name: string) => name.toLowerCase().split('.').at(-1);
  const names = new Map<Field, readonly string[]>();
  for (const [field, wanted] of Object.entries(COLUMNS) as [Field, readonly string[]][]) {
    const whole = wanted.flatMap((name) => all.filter((column) => column.toLowerCase() === name));
    const parts = wanted.flatMap((name) => all.filter((column) => last(column) === name));
    const found = whole.length > 0 ? whole : parts.slice(0, 1);
    if (found.length > 0) names.set(field, found);
  }
  return { table, names };
}

/** @throws InputError where none of the columns is there */
export function requireOne({ table, names }: ResultColumns, fields: readonly Field[], what: string): void {
  if (fields.some((field) => names.has(field))) return;
  const wanted = fields.flatMap((field) => COLUMNS[field]).join(', ');
  throw new InputError(`${table.file} has no column that tells ${what}; it would be one of ${wanted}`);
}

/** The column that tells a field in a row (from 0), or would. */
export function columnAt({ table, names }: ResultColumns, field: Field, row: number): string {
  const columns = names.get(field) ?? [field];
  return columns.find((name) => !isMissingNumber(table.columns.get(name)?.[row] ?? null)) ?? columns[0];
}

/** The cell of a field in a row (from 0); null where it is missing. */
function cellAt(columns: ResultColumns, field: Field, row: number): Cell {
  const cell = columns.table.columns.get(columnAt(columns, field, row))?.[row] ?? null;
  return isMissingNumber(cell) ? null : cell;
}

/** The cell of a field as a number; null where it is missing. @throws InputError for text that is no number */
export function numberAt(columns: ResultColumns, field: Field, row: number): number | null {
  const cell = cellAt(columns, field, row);
  if (cell === null) return null;
  const value = numberOf(cell);
  if (value === null) throw cellMistake(columns.table, columnAt(columns, field, row), row, cell, 'a number, or empty');
  return Number.isFinite(value) ? value : null;
}

/** The cell of a field as text; null where it is missing. */
export function textAt(columns: ResultColumns, field: Field, row: number): string | null {
  const cell = cellAt(columns, field, row);
  return cell === null ? null : String(cell);
}
