import { InputError } from './errors.ts';
import { groupBy } from './groupBy.ts';
import { nearest } from './nearest.ts';
import type { Parameter, Parameters, Parametrised, ValuesOf } from './parameter.ts';

/* A catalogue lists things that have a name and parameters. Where one of them is chosen by a word, as an optimiser of a training is, its
 * parameters stand beside that word: `{ optimiser: 'adam', beta1: 0.8, epochs: 3 }`. */

type Both<U> = (U extends unknown ? (each: U) => void : never) extends (all: infer All) => void ? All : never;

/** Parameters of all entries of a catalogue, each of which may be left out: `{ momentum?: number, beta1?: number }`. */
export type OptionsOf<E extends Parametrised> = Partial<
  Both<E extends Parametrised ? ValuesOf<E['parameters']> : never>
>;

/** What is wrong with a value: its parameter, and a sentence that follows the parameter's name: `is 2; it must be at most 1`. */
export interface Mistake {
  readonly parameter: string;
  readonly message: string;
}

/** Any values by the names of parameters. */
export type Given = Readonly<Record<string, unknown>>;

/**
 * The entry of a name.
 * @param what the catalogue lists, as a message calls it: `optimiser`
 * @throws InputError when there is none, with the nearest name
 */
export function entryOf<E extends { readonly name: string }>(what: string, catalogue: readonly E[], name: string): E {
  const entry = catalogue.find((each) => each.name === name);
  if (entry !== undefined) return entry;
  const names = catalogue.map((each) => each.name);
  throw new InputError(
    `${what}: "${name}" is not known here; did you mean "${nearest(name, names)}"? Known: ${names.join(', ')}`,
  );
}

/** The parameters of an entry out of options that hold others, too; defaults for those that are left out. */
export function settingsOf<P extends Parameters>(
  { parameters }: { readonly parameters: P },
  given: Given,
): ValuesOf<P> {
  const values = Object.entries(parameters).map(([name, parameter]) => [name, given[name] ?? parameter.default]);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined)) as ValuesOf<P>;
}

/**
 * The parameters of all entries, each once and without its default, which may differ from entry to entry; what is said about one names the
 * entries that have it: `of sgd (0.9), rmsprop (0): share of the last step that goes on`.
 */
export function joinedParameters(catalogue: readonly Parametrised[]): Parameters {
  const names = new Set(catalogue.flatMap(({ parameters }) => Object.keys(parameters)));
  return Object.fromEntries(
    [...names].map((name): [string, Parameter] => {
      const owners = catalogue.filter(({ parameters }) => name in parameters);
      const about = groupBy(owners, (owner) => owner.parameters[name].about)
        .map((alike) => {
          const names = alike.map((owner) => `${owner.name}${defaultText(owner.parameters[name])}`);
          return `of ${names.join(', ')}: ${alike[0].parameters[name].about}`;
        })
        .join('; ');
      const { default: _, ...parameter } = owners[0].parameters[name] as Parameter & { readonly default?: unknown };
      return [name, { ...parameter, about } as Parameter];
    }),
  );
}

const defaultText = (parameter: Parameter) => (parameter.default === undefined ? '' : ` (${parameter.default})`);

/** The entries of a catalogue that have a parameter, by their names. */
export const ownersOf = (catalogue: readonly Parametrised[], parameter: string): string[] =>
  catalogue.filter(({ parameters }) => parameter in parameters).map(({ name }) => name);
