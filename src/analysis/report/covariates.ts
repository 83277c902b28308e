import { groupBy } from './groupBy.ts';
import type { SurvivalRow } from './rows.ts';

/** What the survival model explains the times with, and what was left out. */
export interface Covariates {
  readonly columns: Readonly<Record<string, Float64Array>>;
  /** A handy step of each covariate, for which time ratios are given: 0.1 of eps, 10 layers, 1 of a dummy. */
  readonly units: Readonly<Record<string, number>>;
  readonly reference: { readonly attack: string; readonly defence: string };
  readonly notes: readonly string[];
}

/**
 * Strength, depth and, where they vary, width and stem as numbers; attacks and defences as dummies against the first attack
 * and against no defence. A covariate that does not vary says nothing beside the intercept and is left out with a note. A
 * strength is 0 for attacks that have none: their dummies hold their levels, and only attacks that vary theirs tell its effect.
 */
export function covariatesOf(rows: readonly SurvivalRow[]): Covariates {
  const attack = rows[0]?.attack ?? '';
  const defence = rows.find((row) => row.defence === 'none')?.defence ?? rows[0]?.defence ?? '';
  const columns: Record<string, Float64Array> = {};
  const units: Record<string, number> = {};
  const notes: string[] = [];
  const add = (name: string, value: (row: SurvivalRow) => number, note: string | null = null) => {
    const column = Float64Array.from(rows, value);
    const range =
      column.reduce((a, b) => Math.max(a, b), -Infinity) - column.reduce((a, b) => Math.min(a, b), Infinity);
    if (range > 0) {
      columns[name] = column;
      // The largest power of ten within the range; a dummy's range is 1.
      units[name] = 10 ** Math.floor(Math.log10(range) + 1e-9);
    } else if (note !== null && rows.length > 0) {
      notes.push(`${note} is the same (${column[0]}) everywhere and is no part of the survival model`);
    }
  };
  const addStrength = (name: 'eps' | 'pixels') => {
    const given = rows.filter((row) => row[name] !== null);
    const varies = groupBy(given, (row) => row.attack).some((own) => own.some((row) => row[name] !== own[0][name]));
    if (varies) add(name, (row) => row[name] ?? 0);
    else if (given.length > 0) {
      const values = [...new Set(given.map((row) => row[name]))];
      const how = values.length === 1 ? `the same (${values[0]}) everywhere` : 'the same within each attack';
      notes.push(`${name} is ${how} and is no part of the survival model`);
    }
  };
  addStrength('eps');
  addStrength('pixels');
  add('depth', ({ depth }) => depth, 'depth');
  add('width', ({ width }) => width);
  add('stem cifar', ({ stem }) => (stem === 'cifar' ? 1 : 0));
  const others = (values: readonly string[], reference: string) => [...new Set(values)].filter((v) => v !== reference);
  for (const level of others(
    rows.map((row) => row.attack),
    attack,
  )) {
    add(`attack ${level}`, (row) => (row.attack === level ? 1 : 0));
  }
  for (const level of others(
    rows.map((row) => row.defence),
    defence,
  )) {
    add(`defence ${level}`, (row) => (row.defence === level ? 1 : 0));
  }
  return { columns, units, reference: { attack, defence }, notes };
}
