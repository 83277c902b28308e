import { groupBy } from '../../../base/groupBy.ts';
import type { Condition } from './rows.ts';

/** What a study varies, one thing at a time. */
export const FACTORS = ['dataset', 'defence', 'attack', 'network', 'depth', 'precision'] as const;
export type Factor = (typeof FACTORS)[number];

/** What a factor has to be known of: a condition, or a line of the attack table. */
export type Factored = Pick<Condition, Factor | 'family'>;

/** No more lines than this can be told apart in one figure. */
export const MOST_LINES = 6;

/** Conditions with a level of a factor. */
export interface Level<T> {
  readonly level: string;
  readonly members: readonly T[];
}

/**
 * The levels of a factor, in the order in which they appear (depths by size). Defences with several settings each are joined by their
 * name where there are too many to be told apart.
 */
export function levelsOf<T extends Factored>(items: readonly T[], factor: Factor): Level<T>[] {
  const single = levelsBy(items, (item) => String(item[factor]));
  if (factor === 'depth') return single.toSorted((a, b) => Number(a.level) - Number(b.level));
  return factor === 'defence' && single.length > MOST_LINES
    ? levelsBy(items, ({ defence }) => family(defence))
    : single;
}

function levelsBy<T>(items: readonly T[], key: (item: T) => string): Level<T>[] {
  return groupBy(items, key).map((members) => ({ level: key(members[0]), members }));
}

/** The name of a defence or an attack without its settings. */
export const family = (label: string): string => label.split(', ')[0];

/** The factors of which there is more than one level. Networks of one family are told apart by their depth, those of several by name. */
export function variedFactors(items: readonly Factored[]): Factor[] {
  const varies = (name: keyof Factored) => items.some((item) => item[name] !== items[0][name]);
  const byNetwork = varies('family');
  return FACTORS.filter((factor) => varies(factor) && factor !== (byNetwork ? 'depth' : 'network'));
}
