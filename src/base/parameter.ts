import { InputError } from './errors.ts';

/* What a thing of a catalogue (an attack, a defence, an optimiser) can be told, as data: the file of a study, its JSON Schema, flags,
 * their help and the tables of the documentation follow from it. */

interface Described {
  /** What it does, in a few words: a line of help. */
  readonly about: string;
  /** What a list of values stands for in the file of a study: one variant of the thing for each. */
  readonly axis?: true;
}

/** A whole number. */
export interface IntegerParameter extends Described {
  readonly kind: 'integer';
  readonly from: number;
  readonly to?: number;
  readonly default?: number;
}

/** A real number; `from` and `to` are part of the range, `above` and `below` are not. */
export interface NumberParameter extends Described {
  readonly kind: 'number';
  readonly from?: number;
  readonly above?: number;
  readonly to?: number;
  readonly below?: number;
  readonly default?: number;
}

/** One of some words or numbers. */
export interface ChoiceParameter<T extends string | number = string | number> extends Described {
  readonly kind: 'choice';
  readonly choices: readonly T[];
  readonly default?: T;
}

/** Yes or no. */
export interface BooleanParameter extends Described {
  readonly kind: 'boolean';
  readonly default?: boolean;
}

export type Parameter = IntegerParameter | NumberParameter | ChoiceParameter | BooleanParameter;

/** The parameters of a thing, by their names in code: `maxIter`. */
export type Parameters = Readonly<Record<string, Parameter>>;

/** A whole number, as `integer({ from: 1, default: 10, about: 'steps' })`. */
export const integer = <const D extends Omit<IntegerParameter, 'kind'>>(described: D) =>
  ({ kind: 'integer', ...described }) as const;

/** A real number, as `number({ above: 0, to: 1, about: 'share of the images' })`. */
export const number = <const D extends Omit<NumberParameter, 'kind'>>(described: D) =>
  ({ kind: 'number', ...described }) as const;

/** One of some words or numbers, as `choice({ choices: [1, 2], default: 2, about: 'the norm' })`. */
export const choice = <const D extends Omit<ChoiceParameter, 'kind'>>(described: D) =>
  ({ kind: 'choice', ...described }) as const;

/** Yes or no, as `yesOrNo({ default: true, about: 'whether …' })`. */
export const yesOrNo = <const D extends Omit<BooleanParameter, 'kind'>>(described: D) =>
  ({ kind: 'boolean', ...described }) as const;

type ValueOf<P extends Parameter> = P extends ChoiceParameter
  ? P['choices'][number]
  : P extends BooleanParameter
    ? boolean
    : number;

/** Values for some parameters, all given: `{ maxIter: number }` for `{ maxIter: integer(…) }`. */
export type ValuesOf<P extends Parameters> = { readonly [K in keyof P]: ValueOf<P[K]> };

/** The same, but what has a default may be left out. */
export type GivenOf<P extends Parameters> = {
  readonly [K in keyof P as P[K] extends { readonly default: unknown } ? never : K]: ValueOf<P[K]>;
} & { readonly [K in keyof P as P[K] extends { readonly default: unknown } ? K : never]?: ValueOf<P[K]> };

/** What a study file calls a parameter: `maxIter` is `max_iter`. */
export const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** What a flag calls a parameter: `maxIter` is `--max-iter`. */
export const flagCase = (name: string): string => `--${snakeCase(name).replaceAll('_', '-')}`;

const listed = (words: readonly string[], last: string): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;

/** What values a parameter can have, to follow "it must be": `a whole number from 1`, `above 0 and at most 1`, `de or cma-es`. */
export function rangeText(parameter: Parameter): string {
  switch (parameter.kind) {
    case 'integer':
      return `a whole number from ${parameter.from}${parameter.to === undefined ? '' : ` to ${parameter.to}`}`;
    case 'number': {
      const { from, above, to, below } = parameter;
      const bounds = [
        ...(above === undefined ? [] : [`above ${above}`]),
        ...(from === undefined ? [] : [`at least ${from}`]),
        ...(below === undefined ? [] : [`below ${below}`]),
        ...(to === undefined ? [] : [`at most ${to}`]),
      ];
      return bounds.length === 0 ? 'a number' : bounds.join(' and ');
    }
    case 'choice':
      return listed(parameter.choices.map(String), 'or');
    case 'boolean':
      return 'true or false';
  }
}

/** Whether a parameter can have a value. */
export function accepts(parameter: Parameter, value: unknown): boolean {
  switch (parameter.kind) {
    case 'integer':
      return Number.isInteger(value) && isWithin(value as number, parameter);
    case 'number':
      return Number.isFinite(value) && isWithin(value as number, parameter);
    case 'choice':
      return parameter.choices.some((each) => each === value);
    case 'boolean':
      return typeof value === 'boolean';
  }
}

function isWithin(value: number, { from, above, to, below }: Omit<NumberParameter, 'kind' | 'about'>): boolean {
  return (
    (from === undefined || value >= from) &&
    (above === undefined || value > above) &&
    (to === undefined || value <= to) &&
    (below === undefined || value < below)
  );
}

/**
 * All values of a thing's parameters: those that are given, defaults for the rest.
 * @param thing the thing's name, as a message begins: `carlini-l2`
 * @param spell how a message writes a parameter's name: as study files do unless given
 * @throws InputError when a value is out of range, or one without a default is missing
 */
export function complete<P extends Parameters>(
  thing: string,
  parameters: P,
  given: Partial<ValuesOf<P>>,
  spell: (name: string) => string = snakeCase,
): ValuesOf<P> {
  const values = Object.entries(parameters).map(([name, parameter]) => {
    const value = given[name as keyof P] ?? parameter.default;
    if (value === undefined) throw new InputError(`${thing}: ${spell(name)} is missing; it is ${rangeText(parameter)}`);
    if (!accepts(parameter, value))
      throw new InputError(`${thing}: ${spell(name)} is ${value}; it must be ${rangeText(parameter)}`);
    return [name, value];
  });
  return Object.fromEntries(values) as ValuesOf<P>;
}
