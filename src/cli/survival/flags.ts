import { InvalidArgumentError } from 'commander';
import { nearest } from '../../analysis/study/nearest.ts';
import { MODEL_NAMES, type ModelName } from '../../analysis/survival/index.ts';

/** `a, b` as a list; nothing in between is an error. */
export function list(text: string): string[] {
  const words = text.split(',').map((word) => word.trim());
  if (words.includes('')) throw new InvalidArgumentError('give names separated by commas');
  return words;
}

/** A flag that may be given several times, each time with a list. */
export function lists(text: string, before: readonly string[] = []): string[] {
  return [...before, ...list(text)];
}

/** `column=level`, several times. */
export function assignment(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError('give it as column=level');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** `a=1,b=x`: values of covariates; several times, a row each. */
export function covariateValues(
  text: string,
  before: readonly Readonly<Record<string, string>>[] = [],
): Readonly<Record<string, string>>[] {
  const pairs = list(text).map((word) => {
    const at = word.indexOf('=');
    if (at < 1 || at === word.length - 1) throw new InvalidArgumentError('give it as column=value,column=value');
    return [word.slice(0, at), word.slice(at + 1)] as const;
  });
  return [...before, Object.fromEntries(pairs)];
}

/** `parameter=a,b`, several times. */
export function ancillary(
  text: string,
  before: Readonly<Record<string, readonly string[]>> = {},
): Record<string, readonly string[]> {
  const [[parameter, names]] = Object.entries(assignment(text));
  return { ...before, [parameter]: list(names) };
}

/** A number in a range, as an option parser. */
export function within(low: number, high: number, open = false): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (open ? value > low && value < high : value >= low && value <= high) return value;
    const range = high === Infinity ? `a number of ${low} or more` : `a number between ${low} and ${high}`;
    throw new InvalidArgumentError(`it should be ${range}`);
  };
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^-?\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('it should be a whole number');
}

/** A whole number from `low` on, as an option parser. */
export function atLeast(low: number): (text: string) => number {
  return (text) => {
    if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text)) && Number(text) >= low) return Number(text);
    throw new InvalidArgumentError(`it should be a whole number of ${low} or more`);
  };
}

/** Positive times, ascending, separated by commas. */
export function timeList(text: string): number[] {
  return list(text).map((word) => within(0, Infinity, true)(word));
}

/** Names of models, or `all`. */
export function models(text: string): ModelName[] {
  if (text === 'all') return [...MODEL_NAMES];
  return list(text).map((name) => {
    const model = MODEL_NAMES.find((known) => known === name);
    if (model !== undefined) return model;
    throw new InvalidArgumentError(
      `"${name}" is no model (did you mean ${nearest(name, MODEL_NAMES)}?); there are: ${MODEL_NAMES.join(', ')}, all`,
    );
  });
}
