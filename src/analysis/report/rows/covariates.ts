import { groupBy } from '../../../base/groupBy.ts';
import type { Parameter } from '../../../base/parameter.ts';
import { completeTraining, DEFAULT_FAMILY, NETWORKS } from '../../../models/index.ts';
import type { Reference } from '../document.ts';
import type { Condition } from './rows.ts';

/** What the survival model explains the times with, and what was left out. */
export interface Covariates {
  /** A value of each condition. */
  readonly columns: Readonly<Record<string, Float64Array>>;
  /** A handy step of each covariate, for which time ratios are given: 0.1 of eps, 10 layers, 1 of a dummy. */
  readonly units: Readonly<Record<string, number>>;
  readonly reference: Reference;
  readonly notes: readonly string[];
}

/** A further covariate and its value of a condition. */
export type MoreCovariate = readonly [string, (condition: Condition) => number];

/**
 * Strength, depth and, where they vary, other parameters of the networks and what training was told as numbers; families of networks,
 * data sets, number formats, attacks and defences as dummies against `referenceOf`. A covariate that does not vary says nothing beside
 * the intercept and is left out with a note, as is one that follows from the others. A strength is 0 for attacks that have none, and a
 * parameter 0 for families that have none: their dummies hold their levels, and only those that vary theirs tell its effect.
 * @param more covariates to add at the end
 */
export function covariatesOf(conditions: readonly Condition[], more: readonly MoreCovariate[] = []): Covariates {
  const reference = referenceOf(conditions);
  const columns: Record<string, Float64Array> = {};
  const units: Record<string, number> = {};
  const notes: string[] = [];
  const independent = independence(conditions.length);
  const add = (name: string, value: (condition: Condition) => number, constant: string | null = null) => {
    const column = Float64Array.from(conditions, value);
    const range =
      column.reduce((a, b) => Math.max(a, b), -Infinity) - column.reduce((a, b) => Math.min(a, b), Infinity);
    if (!(range > 0)) {
      if (constant !== null && conditions.length > 0)
        notes.push(`${constant} is the same (${column[0]}) everywhere and is no part of the survival model`);
    } else if (!independent(column)) {
      notes.push(`${name} follows from the covariates before it and is no part of the survival model`);
    } else {
      columns[name] = column;
      // The largest power of ten within the range; a dummy's range is 1.
      units[name] = 10 ** Math.floor(Math.log10(range) + 1e-9);
    }
  };
  const addStrength = (name: 'eps' | 'pixels') => {
    const described = conditions.filter((condition) => condition[name] !== null);
    const varies = groupBy(described, ({ attack }) => attack).some((group) =>
      group.some((one) => one[name] !== group[0][name]),
    );
    if (varies) add(name, (condition) => condition[name] ?? 0);
    else if (described.length > 0) {
      const values = [...new Set(described.map((condition) => condition[name]))];
      const how = values.length === 1 ? `the same (${values[0]}) everywhere` : 'the same within each attack';
      notes.push(`${name} is ${how} and is no part of the survival model`);
    }
  };
  const addDummies = (name: keyof Reference, levelOf: (condition: Condition) => string) => {
    for (const level of new Set(conditions.map(levelOf)))
      if (level !== reference[name]) add(`${name} ${level}`, (condition) => (levelOf(condition) === level ? 1 : 0));
  };
  addStrength('eps');
  addStrength('pixels');
  addDummies('family', ({ family }) => family);
  if (conditions.some(({ depth }) => depth !== null)) add('depth', ({ depth }) => depth ?? 0, 'depth');
  for (const [name, value] of architectureColumns(conditions)) add(name, value);
  add('epochs', ({ training }) => training?.epochs ?? 0);
  add('batch size', ({ training }) => training?.batchSize ?? 0);
  add('log10 learning rate', ({ training }) => Math.log10(training?.learningRate ?? 1));
  add('weight decay', ({ training }) => Number(training && completeTraining(training).weightDecay));
  addDummies('data', ({ dataset }) => dataset);
  addDummies('precision', ({ precision }) => precision);
  addDummies('attack', ({ attack }) => attack);
  addDummies('defence', ({ defence }) => defence);
  for (const [name, value] of more) add(name, value);
  return { columns, units, reference, notes };
}

/**
 * A column for every parameter of the networks beside the depth: numbers as they are, yes or no as 1 or 0, and one of 1 or 0 for every
 * word but the first that a parameter can be.
 */
function architectureColumns(conditions: readonly Condition[]): MoreCovariate[] {
  const families = new Set(conditions.map(({ family }) => family));
  const parameters = NETWORKS.filter(({ name }) => families.has(name)).flatMap((family) =>
    Object.entries<Parameter>(family.parameters),
  );
  const columns = parameters.flatMap(([name, parameter]): MoreCovariate[] => {
    const words = 'choices' in parameter ? parameter.choices.filter((each) => typeof each === 'string') : [];
    if (words.length === 0) return [[name, ({ architecture }) => Number(architecture[name] ?? 0)]];
    return words
      .slice(1)
      .map((word) => [`${name} ${word}`, ({ architecture }) => (architecture[name] === word ? 1 : 0)]);
  });
  return [...new Map(columns.filter(([name]) => name !== 'depth')).entries()];
}

/** The first data set and attack; ResNets, no defence and binary32 where they are there. */
function referenceOf(conditions: readonly Condition[]): Reference {
  const first = conditions[0];
  return {
    data: first?.dataset ?? '',
    family: conditions.find(({ family }) => family === DEFAULT_FAMILY)?.family ?? first?.family ?? '',
    precision: conditions.find(({ precision }) => precision === 'f32')?.precision ?? first?.precision ?? '',
    attack: first?.attack ?? '',
    defence: conditions.find(({ defence }) => defence === 'none')?.defence ?? first?.defence ?? '',
  };
}

/** What is left of a column beside those before it, of its own length: below this, nothing but rounding. */
const RELATIVE_REST = 1e-9;

/** Tells of one column after the other whether it is linearly independent of those before it and of a constant (Gram and Schmidt). */
function independence(rows: number): (column: Float64Array) => boolean {
  const basis: Float64Array[] = [new Float64Array(rows).fill(1 / Math.sqrt(rows))];
  return (column) => {
    const rest = column.slice();
    // Twice: the second pass takes away what rounding left in the first.
    for (const direction of [...basis, ...basis]) {
      const share = dot(rest, direction);
      for (let i = 0; i < rows; i++) rest[i] -= share * direction[i];
    }
    const length = Math.sqrt(dot(rest, rest));
    if (length <= RELATIVE_REST * Math.sqrt(dot(column, column))) return false;
    basis.push(rest.map((value) => value / length));
    return true;
  };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
