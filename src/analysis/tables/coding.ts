import { InputError } from '../../base/errors.ts';
import { dummyColumns } from '../survival/index.ts';
import { type Cell, numberOf } from './dataTable.ts';

/** How a column enters a survival table: its numbers as they are, or a dummy for each level but the reference. */
export type Coding =
  | { readonly kind: 'numbers'; readonly covariate: string }
  | {
      readonly kind: 'levels';
      readonly reference: string;
      /** Covariate of every other level. */
      readonly dummies: ReadonlyMap<string, string>;
    };

/** A column with its coding, and the covariates that it becomes. */
export interface CodedColumn {
  readonly name: string;
  readonly coding: Coding;
  readonly covariates: Readonly<Record<string, ArrayLike<number>>>;
}

/** What a model calls its own constant. */
const INTERCEPT = 'Intercept';

/** A column of words. @throws InputError as `dummyColumns` */
export function codeLevels(name: string, levels: readonly string[], reference?: string): CodedColumn {
  const base = reference ?? levels.reduce((first, level) => (level < first ? level : first));
  const covariates = dummyColumns(name, levels, base);
  const others = [...new Set(levels)].sort().filter((level) => level !== base);
  const names = Object.keys(covariates);
  const dummies = new Map(others.map((level, k) => [level, names[k]]));
  return { name, coding: { kind: 'levels', reference: base, dummies }, covariates };
}

/** Columns of numbers, whose covariates have the names of the columns. */
export function codeNumbers(name: string, values: ArrayLike<number>): CodedColumn {
  return { name, coding: { kind: 'numbers', covariate: name }, covariates: { [name]: values } };
}

/**
 * Gives every covariate a name that no other has: a column of numbers that is called as the model's constant or as
 * another column's dummy stands in backticks, as R quotes what is no plain name.
 * @param file for the message
 * @throws InputError two covariates that would have one name even so
 */
export function withDistinctNames(columns: readonly CodedColumn[], file: string): CodedColumn[] {
  const dummies = columns.filter(({ coding }) => coding.kind === 'levels');
  const taken = new Set([INTERCEPT, ...dummies.flatMap(({ covariates }) => Object.keys(covariates))]);
  const named = columns.map((column) =>
    column.coding.kind === 'numbers' && taken.has(column.name) ? quoted(column) : column,
  );
  const owners = new Map<string, string>();
  for (const { name, covariates } of named) {
    for (const covariate of Object.keys(covariates)) {
      const other = owners.get(covariate);
      if (other !== undefined)
        throw new InputError(
          `${file}: columns "${other}" and "${name}" both make a covariate ${covariate}; rename one`,
        );
      owners.set(covariate, name);
    }
  }
  return named;
}

function quoted({ name, covariates }: CodedColumn): CodedColumn {
  const covariate = `\`${name}\``;
  return { name, coding: { kind: 'numbers', covariate }, covariates: { [covariate]: covariates[name] } };
}

/** Names of the covariates that a column became. */
export function covariatesOf(coding: Coding): string[] {
  return coding.kind === 'numbers' ? [coding.covariate] : [...coding.dummies.values()];
}

/** The levels of a column of words, the reference first. */
export function levelsOf({ reference, dummies }: Extract<Coding, { kind: 'levels' }>): string[] {
  return [reference, ...dummies.keys()];
}

/** A cell as values of the covariates that its column became; null where it is no finite number, or none of the levels. */
export function encode(coding: Coding, cell: Cell): Readonly<Record<string, number>> | null {
  if (coding.kind === 'numbers') {
    const value = numberOf(cell);
    return value === null || !Number.isFinite(value) ? null : { [coding.covariate]: value };
  }
  const level = String(cell);
  if (level !== coding.reference && !coding.dummies.has(level)) return null;
  return Object.fromEntries([...coding.dummies].map(([other, covariate]) => [covariate, Number(other === level)]));
}
