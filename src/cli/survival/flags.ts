import { InvalidArgumentError } from 'commander';
import {
  MODEL_NAMES,
  MODEL_PARAMETERS,
  type ModelName,
  type ModelParameter,
  SURVIVAL_MODELS,
} from '../../analysis/survival/index.ts';
import type { EventChoice } from '../../analysis/tables/index.ts';
import { InputError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import { listed } from '../../base/parameter.ts';

/**
 * Splits at a separator outside double quotes, so that a name may hold it: `"Load, mean (kN)",make`. Quotes stay; a quotation mark
 * within quotes is written twice, as in CSV.
 */
function splitOutsideQuotes(text: string, separator: string): string[] {
  const pieces = [''];
  let quoted = false;
  for (const letter of text) {
    if (letter === '"') quoted = !quoted;
    if (letter === separator && !quoted) pieces.push('');
    else pieces[pieces.length - 1] += letter;
  }
  if (quoted) throw new InvalidArgumentError(`a quotation mark is not closed in ${text}`);
  return pieces.map((piece) => piece.trim());
}

function unquoted(word: string): string {
  return /^".*"$/.test(word) ? word.slice(1, -1).replaceAll('""', '"') : word;
}

/** `name=value` with either in quotes; null where there is no such thing. */
function pairOf(text: string): readonly [string, string] | null {
  const [name, ...rest] = splitOutsideQuotes(text, '=');
  return name === '' || rest.length === 0 || rest.join('=') === '' ? null : [unquoted(name), unquoted(rest.join('='))];
}

/** `a, b` as a list; a name with a comma is put in quotes; nothing in between is an error. */
export function list(text: string): string[] {
  const words = splitOutsideQuotes(text, ',');
  if (words.includes('')) throw new InvalidArgumentError('give names separated by commas');
  return words.map(unquoted);
}

/** One name, which may stand in quotes. */
export function columnName(text: string): string {
  return unquoted(text.trim());
}

/** A column of events: `column`, `column=value` (the value that means failure), `column>0` (counts). */
export function eventChoice(text: string): EventChoice {
  const counted = splitOutsideQuotes(text, '>');
  if (counted.length === 2 && counted[1] === '0') return { column: unquoted(counted[0]), counts: true };
  const pair = pairOf(text);
  return pair === null ? { column: columnName(text) } : { column: pair[0], value: pair[1] };
}

/** A flag that may be given several times, each time with a list. */
export function lists(text: string, before: readonly string[] = []): string[] {
  return [...before, ...list(text)];
}

/** `column=level`, several times. */
export function assignment(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const pair = pairOf(text);
  if (pair === null) throw new InvalidArgumentError('give it as column=level');
  return { ...before, [pair[0]]: pair[1] };
}

/** `a=1,b=x`: values of covariates; several times, a row each. */
export function covariateValues(
  text: string,
  before: readonly Readonly<Record<string, string>>[] = [],
): Readonly<Record<string, string>>[] {
  const pairs = splitOutsideQuotes(text, ',').map((word) => {
    const pair = pairOf(word);
    if (pair === null) throw new InvalidArgumentError('give it as column=value,column=value');
    return pair;
  });
  return [...before, Object.fromEntries(pairs)];
}

/** `parameter=a,b`, several times. */
export function ancillary(
  text: string,
  before: Readonly<Record<string, readonly string[]>> = {},
): Record<string, readonly string[]> {
  const [parameter, ...names] = splitOutsideQuotes(text, '=');
  if (parameter === '' || names.join('=') === '') throw new InvalidArgumentError('give it as parameter=columns');
  return { ...before, [unquoted(parameter)]: list(names.join('=')) };
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

/** The models that have an option. */
const takersOf = (parameter: ModelParameter) =>
  SURVIVAL_MODELS.filter((model) => model.parameters[parameter] !== undefined);

/**
 * Refuses options that none of the chosen models has; with several models an option concerns those that have it.
 * @throws InputError that says which models have it
 */
export function checkParameters(
  chosen: readonly ModelName[],
  flags: Readonly<Partial<Record<ModelParameter, unknown>>>,
): void {
  for (const parameter of MODEL_PARAMETERS) {
    const takers = takersOf(parameter).map(({ name }) => name);
    if (flags[parameter] === undefined || takers.some((name) => chosen.includes(name))) continue;
    throw new InputError(`--${parameter} is not for --model ${chosen.join(',')}; it is for ${listed(takers, 'and')}`);
  }
}

/** The help of an option that not every model has; it names the model where only one has it. */
export function parameterHelp(parameter: ModelParameter): string {
  const takers = takersOf(parameter);
  const text = takers[0].parameters[parameter]!;
  return takers.length === 1 ? `${takers[0].name}: ${text}` : text;
}
