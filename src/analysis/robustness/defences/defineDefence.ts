import { InputError } from '../../../base/errors.ts';
import { complete, type Flat, type GivenOf, type Parameters, type ValuesOf } from '../../../base/parameter.ts';
import type { Defence } from './defence.ts';

/** A value that its own range allows, and the other values do not. */
export interface ParameterMistake<P extends Parameters = Parameters> {
  /** The parameter's name in code: `epsStep`. */
  readonly name: keyof P & string;
  /** What is wrong, and what would be right. */
  readonly message: string;
}

/**
 * A defence as its file describes it. Studies and their schema, labels, reports, flags and tables follow from here; no other file
 * knows the defence by name.
 * @typeParam V values of the parameters as trials hold them, defaults filled in
 */
export interface DefenceDescription<N extends string, P extends Parameters, V = ValuesOf<P>> {
  /** What studies and the command line call it: `jpeg-compression`. */
  readonly name: N;
  /** What reports call it: `JPEG compression`. */
  readonly title: string;
  /** What it does, in a few words: a line of a table. */
  readonly about: string;
  /** The paper or the library that it is from: `arXiv 1608.00853`. */
  readonly source?: string;
  /** `training`: it changes how a model is trained, and the model that results is attacked as it is. */
  readonly acts: 'training' | 'prediction';
  /** False where attacks that follow gradients must take the derivative for that of the identity. */
  readonly differentiable: boolean;
  /** Whether the same image may be classified differently each time. */
  readonly random: boolean;
  readonly parameters: P;
  /** For a defence of the prediction, parameters that may follow its name on the command line, in this order. */
  readonly positional?: readonly (keyof P & string)[];
  /** Flags of `outlast train` that train with it; without them only studies do. */
  readonly trainFlags?: string;
  /** What the ranges of single parameters cannot say. */
  mistakeOf?(values: ValuesOf<P>): ParameterMistake<P> | undefined;
  /** Fills in defaults that depend on other values. */
  derive?(values: ValuesOf<P>): V;
  /** Texts for labels in place of name and value: `{ eps: 'eps 0.031' }`. */
  labels?(values: V): Partial<Record<keyof P & string, string>>;
  /** For a defence of the prediction, the defence that its models are trained with; none by default. */
  trainedWith?(values: V): { readonly name: string } | undefined;
  /** What it does, for values that were checked. */
  create(values: V): DefenceActions;
}

/** What a defence does. */
export type DefenceActions = Omit<Defence, 'name' | 'differentiable' | 'random'>;

/** A defence of the catalogue. */
export interface DefenceDefinition<N extends string, P extends Parameters, V = ValuesOf<P>>
  extends DefenceDescription<N, P, V> {
  /** Checks parameters, and fills in defaults. @throws InputError when one is out of range or missing */
  specOf(given: GivenOf<P>): Spec<N, V>;
  /** The defence with these parameters. @throws InputError as `specOf` does */
  make(given: GivenOf<P>): Defence;
}

/** A defence with its parameters, as trials hold it. */
export type Spec<N extends string, V> = Flat<{ readonly name: N } & V>;

/** A defence that can be named, from its description. */
export function defineDefence<const N extends string, const P extends Parameters, V = ValuesOf<P>>(
  description: DefenceDescription<N, P, V>,
): DefenceDefinition<N, P, V> {
  const { name, differentiable, random, parameters } = description;
  const valuesOf = (given: GivenOf<P>): V => {
    const values = complete(name, parameters, given as Partial<ValuesOf<P>>);
    const mistake = description.mistakeOf?.(values);
    if (mistake !== undefined) throw new InputError(`${name}: ${mistake.message}`);
    return description.derive?.(values) ?? (values as V);
  };
  return {
    ...description,
    specOf: (given) => ({ name, ...valuesOf(given) }) as Spec<N, V>,
    make: (given) => ({ name, differentiable, random, ...description.create(valuesOf(given)) }),
  };
}
