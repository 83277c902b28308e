import { entryOf, settingsOf } from '../../base/catalogue.ts';
import type { GivenOf, ValuesOf } from '../../base/parameter.ts';
import type { Model } from './model.ts';
import type { NetworkDefinition, NetworkEnds } from './network.ts';
import type { Precision } from './precision.ts';
import { resnetFamily } from './resnet.ts';

/** All families of networks: study files, commands and checkpoints know those of this list. */
export const NETWORKS = [resnetFamily] as const;

type Family = (typeof NETWORKS)[number];

type SpecOf<F> =
  F extends NetworkDefinition<infer N, infer P>
    ? { readonly family: N } & ValuesOf<P> & { readonly precision: Precision }
    : never;

/** All that decides a network but its weights, its images and its classes. */
export type NetworkSpec = SpecOf<Family>;

type OptionsOf<F> =
  F extends NetworkDefinition<infer N, infer P>
    ? { readonly family?: N; readonly precision?: Precision } & GivenOf<P> & NetworkEnds
    : never;

/**
 * A network with its images and classes. What is left out is the family `resnet`, the precision f32, and the family's defaults for the
 * rest.
 */
export type NetworkOptions = OptionsOf<Family>;

/** The family of a name, `resnet` unless given. @throws InputError when there is none */
export const familyOf = (name: string = resnetFamily.name): NetworkDefinition => entryOf('family', NETWORKS, name);

/** The network of these options, without weights. @throws InputError when a value is out of range */
export function buildNetwork(options: NetworkOptions): Model {
  const family = familyOf(options.family);
  const { precision, inChannels, classes, normalisation } = options;
  return family.build(settingsOf(family, { ...options }), { precision, inChannels, classes, normalisation });
}

/** A network in a few words: `ResNet-18 of width 64, imagenet stem`. */
export function describeNetwork(options: Partial<NetworkOptions>): string {
  const family = familyOf(options.family);
  return family.describe(settingsOf(family, { ...options }));
}

/** What commands call networks, `resnet18`, and what of its family's parameters the name decides. */
export const NETWORK_NAMES: ReadonlyMap<string, Partial<ValuesOf<Family['parameters']>>> = new Map(
  NETWORKS.flatMap(({ members }) => Object.entries(members)),
);
