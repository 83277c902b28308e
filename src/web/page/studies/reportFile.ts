import type { Report } from '../../../analysis/report/index.ts';

/** What the views read, and what kind of thing each is. */
const PARTS: readonly (readonly [keyof Report, 'text' | 'list' | 'object'])[] = [
  ['study', 'text'],
  ['trials', 'object'],
  ['adapter', 'object'],
  ['configuration', 'object'],
  ['made', 'object'],
  ['survival', 'object'],
  ['warnings', 'list'],
  ['attacks', 'list'],
  ['kaplanMeier', 'list'],
  ['trash', 'list'],
];

const kindOf = (value: unknown) =>
  Array.isArray(value) ? 'list' : typeof value === 'string' ? 'text' : value === null ? 'nothing' : typeof value;

/** The report of a file. @throws Error that says in one line what is missing */
export function reportFrom(text: string, name: string): Report {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${name}: it is no JSON; report.json of a run's folder is what is opened here`);
  }
  if (kindOf(value) !== 'object') throw new Error(`${name}: it is no report; it must be report.json of a run's folder`);
  const found = value as Record<string, unknown>;
  const missing = PARTS.find(([part, kind]) => kindOf(found[part]) !== kind);
  if (missing !== undefined)
    throw new Error(`${name}: "${missing[0]}" is missing; it must be report.json of a run's folder`);
  return value as Report;
}
