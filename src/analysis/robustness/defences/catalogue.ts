import { type GivenOf, type Parameters, snakeCase } from '../../../base/parameter.ts';
import { adversarialTraining } from './adversarialTraining.ts';
import { cutout } from './cutout.ts';
import type { Defence } from './defence.ts';
import type { DefenceDefinition } from './defineDefence.ts';
import { featureSqueezing } from './featureSqueezing.ts';
import { gaussianAugmentation } from './gaussianAugmentation.ts';
import { gaussianNoise } from './gaussianNoise.ts';
import { highConfidence } from './highConfidence.ts';
import { jpegCompression } from './jpegCompression.ts';
import { labelSmoothing } from './labelSmoothing.ts';
import { none } from './none.ts';
import { randomisedSmoothing } from './randomisedSmoothing.ts';
import { spatialSmoothing } from './spatialSmoothing.ts';
import { totalVarianceMinimisation } from './totalVarianceMinimisation.ts';

/** All defences, in the order in which lists name them. */
export const DEFENCES = [
  none,
  gaussianAugmentation,
  adversarialTraining,
  featureSqueezing,
  spatialSmoothing,
  highConfidence,
  gaussianNoise,
  labelSmoothing,
  cutout,
  jpegCompression,
  totalVarianceMinimisation,
  randomisedSmoothing,
] as const;

/** A defence with its parameters, as studies and their trials hold it. */
export type DefenceSpec = ReturnType<(typeof DEFENCES)[number]['specOf']>;

export type DefenceName = DefenceSpec['name'];

/** A defence of the catalogue, whichever it is. */
export type AnyDefence = DefenceDefinition<DefenceName, Parameters, Readonly<Record<string, unknown>>>;

const byName: ReadonlyMap<string, AnyDefence> = new Map(
  DEFENCES.map((defence) => [defence.name, defence as unknown as AnyDefence]),
);

/** The definition of a defence by its name; undefined where there is none. */
export const defenceNamed = (name: string): AnyDefence | undefined => byName.get(name);

/** The definition of the defence that a specification names. */
export const defenceDefinition = ({ name }: DefenceSpec): AnyDefence => byName.get(name) as AnyDefence;

/** The defence that a specification names. @throws InputError when a parameter is out of range */
export function defenceOf(spec: DefenceSpec): Defence {
  const { name: _, ...values } = spec;
  return defenceDefinition(spec).make(values as GivenOf<Parameters>);
}

/** The part of a defence that changes the training: itself, what its models are trained with, or else `none`. */
export function trainingDefence(spec: DefenceSpec): DefenceSpec {
  const { acts, trainedWith } = defenceDefinition(spec);
  return acts === 'training' ? spec : ((trainedWith?.(spec) as DefenceSpec | undefined) ?? none.specOf({}));
}

/** Texts of a defence's parameters for labels, by the names in code: `{ bitDepth: 'bit_depth 4' }`. */
export function defenceLabels(spec: DefenceSpec): Readonly<Record<string, string>> {
  const { parameters, labels } = defenceDefinition(spec);
  const values: Readonly<Record<string, unknown>> = spec;
  const textOf = (name: string) =>
    values[name] === undefined ? `no ${snakeCase(name)}` : `${snakeCase(name)} ${values[name]}`;
  const plain = Object.keys(parameters).map((name) => [name, textOf(name)]);
  return { ...Object.fromEntries(plain), ...labels?.(spec) };
}
