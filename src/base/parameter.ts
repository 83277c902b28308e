import { InputError } from './errors.ts';

/* What a thing of a catalogue (an attack, a defence, an optimiser) can be told, as data: the file of a study, its JSON Schema, flags,
 * their help and the tables of the documentation follow from it. */

interface Described {
  /** What it does, in a few words: a line of help. */
  readonly about: string;
  /** What stands for its value in help: `share` of `--decay <share>`; by its kind unless given. */
  readonly takes?: string;
  /** Whether a list of values in the file of a study stands for one variant of the thing for each. */
  readonly axis?: true;
  /** Whether it may have no value at all, for which no default stands. */
  readonly optional?: true;
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
  /** Whether the file of a study may say it as a fraction, `8/255`: so distances between images. */
  readonly fraction?: true;
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

/** A thing of a catalogue: `pgd` with its `maxIter`. */
export interface Parametrised {
  readonly name: string;
  readonly parameters: Parameters;
}

type Of<Kind, D> = { readonly kind: Kind } & D;

/** A whole number, as `integer({ from: 1, default: 10, about: 'steps' })`. */
export const integer = <const D extends Omit<IntegerParameter, 'kind'>>(described: D): Of<'integer', D> => ({
  kind: 'integer',
  ...described,
});

/** A real number, as `number({ above: 0, to: 1, about: 'share of the images' })`. */
export const number = <const D extends Omit<NumberParameter, 'kind'>>(described: D): Of<'number', D> => ({
  kind: 'number',
  ...described,
});

/** One of some words or numbers, as `choice({ choices: [1, 2], default: 2, about: 'the norm' })`. */
export const choice = <const D extends Omit<ChoiceParameter, 'kind'>>(described: D): Of<'choice', D> => ({
  kind: 'choice',
  ...described,
});

/** Yes or no, as `yesOrNo({ default: true, about: 'whether …' })`. */
export const yesOrNo = <const D extends Omit<BooleanParameter, 'kind'>>(described: D): Of<'boolean', D> => ({
  kind: 'boolean',
  ...described,
});

type ValueOf<P extends Parameter> = P extends ChoiceParameter
  ? P['choices'][number]
  : P extends BooleanParameter
    ? boolean
    : number;

/** An intersection as one object type, as editors show it. */
export type Flat<T> = { readonly [K in keyof T]: T[K] };

/** Those of some parameters that may be without a value. */
type OptionalOf<P extends Parameters> = {
  [K in keyof P]: P[K] extends { readonly optional: true } ? K : never;
}[keyof P];

/** Those that have a default. */
type DefaultedOf<P extends Parameters> = {
  [K in keyof P]: P[K] extends { readonly default: unknown } ? K : never;
}[keyof P];

type Values<P extends Parameters, LeftOut extends keyof P> = Flat<
  { readonly [K in Exclude<keyof P, LeftOut>]: ValueOf<P[K]> } & { readonly [K in LeftOut]?: ValueOf<P[K]> }
>;

/** Values of some parameters: `{ maxIter: number }` of `{ maxIter: integer(…) }`. Only optional ones may be missing. */
export type ValuesOf<P extends Parameters> = Values<P, OptionalOf<P>>;

/** Values of some parameters, of which those may be missing that are optional or have a default. */
export type GivenOf<P extends Parameters> = Values<P, OptionalOf<P> | DefaultedOf<P>>;

/** What a study file calls a parameter: `maxIter` is `max_iter`. */
export const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** What a flag calls a parameter: `maxIter` is `--max-iter`. */
export const flagCase = (name: string): string => `--${snakeCase(name).replaceAll('_', '-')}`;

/** Words as a sentence lists them: `a, b or c`. */
export const listed = (words: readonly string[], last: string): string =>
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

/** Why a parameter cannot have a value, to follow its name: `is 2; it must be at most 1`. Null where it can. */
export const whyRefused = (parameter: Parameter, value: unknown): string | null =>
  accepts(parameter, value) ? null : `is ${value}; it must be ${rangeText(parameter)}`;

/**
 * All values of a thing's parameters: those that are given, defaults for the rest; optional ones that are not given stay out.
 * @param thing the thing's name, as a message begins: `carlini-l2`
 * @param spell how a message writes a parameter's name: as study files do unless given
 * @throws InputError when the thing has no such parameter, a value is out of range, or one that must be given is missing
 */
export function complete<P extends Parameters>(
  thing: string,
  parameters: P,
  given: Partial<ValuesOf<P>>,
  spell: (name: string) => string = snakeCase,
): ValuesOf<P> {
  const names = Object.keys(parameters);
  const strange = Object.keys(given).filter(
    (name) => given[name as keyof typeof given] !== undefined && !names.includes(name),
  );
  if (strange.length > 0)
    throw new InputError(
      `${thing} takes no ${listed(strange.map(spell), 'and no')}; it takes ${listed(names.map(spell), 'and') || 'nothing'}`,
    );
  const values = Object.entries<Parameter>(parameters).flatMap(([name, parameter]) => {
    const value = (given as Readonly<Record<string, unknown>>)[name] ?? parameter.default;
    if (value === undefined && parameter.optional) return [];
    if (value === undefined) throw new InputError(`${thing}: ${spell(name)} is missing; it is ${rangeText(parameter)}`);
    const refused = whyRefused(parameter, value);
    if (refused !== null) throw new InputError(`${thing}: ${spell(name)} ${refused}`);
    return [[name, value]];
  });
  return Object.fromEntries(values) as ValuesOf<P>;
}
