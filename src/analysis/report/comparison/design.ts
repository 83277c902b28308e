import type { Report } from '../report.ts';

/** Something that two studies have differently. */
export interface DesignDifference {
  /** As in the study file, or in words: `training.epochs`, `adapter`. */
  readonly what: string;
  /** In the first and in the second; `not given` where a study does not say it. */
  readonly values: readonly [string, string];
}

const NOT_GIVEN = 'not given';

/** What two studies ask differently, and what they ran on; empty where neither differs. */
export function designDifferences(first: Report, second: Report): DesignDifference[] {
  const [one, other] = [first, second].map(statementsOf);
  return [...new Set([...one.keys(), ...other.keys()])].flatMap((what) => {
    const values = [one.get(what) ?? NOT_GIVEN, other.get(what) ?? NOT_GIVEN] as const;
    return values[0] === values[1] ? [] : [{ what, values }];
  });
}

/** What a report says of the study and of its surroundings, each thing by its name. */
function statementsOf({ configuration, adapter, made, trials }: Report): Map<string, string> {
  const asked = leaves(configuration, '').filter(([path]) => path !== 'name');
  const unfinished = trials.finished < trials.planned;
  return new Map([
    ...asked,
    ['finished trials', unfinished ? `${trials.finished} of ${trials.planned}` : 'all'],
    ['adapter', adapter.driver === '' ? adapter.name : `${adapter.name}, ${adapter.driver}`],
    ['version of outlast', made.outlast],
  ]);
}

/** The values within plain data by their paths. A list of values is one value. */
function leaves(value: unknown, path: string): [string, string][] {
  if (typeof value !== 'object' || value === null) return [[path, String(value)]];
  const entries = Object.entries(value);
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) return [[path, value.join(', ')]];
  return entries.flatMap(([key, item]) => {
    const step = Array.isArray(value) ? `[${key}]` : key;
    return leaves(item, path === '' || step.startsWith('[') ? `${path}${step}` : `${path}.${step}`);
  });
}
