import { InputError } from '../../../base/errors.ts';

/**
 * Dummy columns of a categorical column: one for each level but the reference, named `name[level]`, 1 where the row has it.
 * The coefficient of a level is its effect against the reference.
 * @param reference the level without a column; the first in alphabetical order when left out
 * @throws InputError if the reference is no level, or there is only one level.
 */
export function dummyColumns(name: string, values: readonly string[], reference?: string): Record<string, number[]> {
  const levels = [...new Set(values)].sort();
  const base = reference ?? levels[0];
  if (!levels.includes(base)) {
    throw new InputError(`covariate "${name}": the reference level "${base}" is none of: ${levels.join(', ')}`);
  }
  if (levels.length < 2) {
    throw new InputError(
      `covariate "${name}" is constant ("${base}" in every row): leave it out, the intercept stands for it`,
    );
  }
  return Object.fromEntries(
    levels
      .filter((level) => level !== base)
      .map((level) => [`${name}[${level}]`, values.map((value) => (value === level ? 1 : 0))]),
  );
}
