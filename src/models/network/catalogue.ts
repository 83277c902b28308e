import { entryOf, type Given, settingsOf } from '../../base/catalogue.ts';
import { InputError } from '../../base/errors.ts';
import type { GivenOf, ValuesOf } from '../../base/parameter.ts';
import { cnnFamily } from './families/cnn.ts';
import { densenetFamily } from './families/densenet.ts';
import { mlpFamily } from './families/mlp.ts';
import { mobilenetV2Family } from './families/mobilenetV2.ts';
import { preactResnetFamily } from './families/preactResnet.ts';
import { resnetFamily } from './families/resnet.ts';
import { vggFamily } from './families/vgg.ts';
import { vitFamily } from './families/vit.ts';
import { wideResnetFamily } from './families/wideResnet.ts';
import type { Normalisation } from './layers.ts';
import type { Model } from './model.ts';
import type { NetworkDefinition, NetworkEnds } from './network.ts';
import type { Precision } from './precision.ts';

/** All families of networks: study files, commands and checkpoints know those of this list. */
export const NETWORKS = [
  resnetFamily,
  preactResnetFamily,
  wideResnetFamily,
  vggFamily,
  densenetFamily,
  mobilenetV2Family,
  vitFamily,
  cnnFamily,
  mlpFamily,
] as const;

type Family = (typeof NETWORKS)[number];
type DefaultName = (typeof resnetFamily)['name'];

/** What is meant where nobody names a family. */
export const DEFAULT_FAMILY: DefaultName = resnetFamily.name;

/** The names of all families. */
export const FAMILY_NAMES: readonly [Family['name'], ...Family['name'][]] = [
  DEFAULT_FAMILY,
  ...NETWORKS.map(({ name }) => name).filter((name) => name !== DEFAULT_FAMILY),
];

type SpecOf<F> =
  F extends NetworkDefinition<infer N, infer P>
    ? { readonly family: N } & ValuesOf<P> & { readonly precision: Precision }
    : never;

/** All that decides a network but its weights, its images and its classes. */
export type NetworkSpec = SpecOf<Family>;

/** A ResNet, all of it decided. */
export type ResNetSpec = Extract<NetworkSpec, { readonly family: 'resnet' }>;

type OptionsOf<F> =
  F extends NetworkDefinition<infer N, infer P>
    ? (N extends DefaultName ? { readonly family?: N } : { readonly family: N }) & {
        readonly precision?: Precision;
      } & GivenOf<P> &
        NetworkEnds
    : never;

/**
 * A network with its images and classes. What is left out is the family `resnet`, the precision f32, and the family's defaults for the
 * rest.
 */
export type NetworkOptions = OptionsOf<Family>;

/** The family of a name, `resnet` unless given. @throws InputError when there is none */
export const familyOf = (name: string = DEFAULT_FAMILY): NetworkDefinition => entryOf('family', NETWORKS, name);

/** The network of these options, without weights. @throws InputError when a value is out of range */
export function buildNetwork(options: NetworkOptions): Model {
  const family = familyOf(options.family);
  const { precision, inChannels, classes, imageSize, normalisation } = options;
  if (family.sized && imageSize === undefined)
    throw new InputError(`${family.title}: its tensors depend on the size of the images, which is missing`);
  return family.build(settingsOf(family, { ...options }), { precision, inChannels, classes, imageSize, normalisation });
}

/** Images that a network is for. */
interface Images {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly classes: number;
}

/** A network for some images. */
export function networkFor(spec: NetworkSpec, images: Images, normalisation?: Normalisation): NetworkOptions {
  const { channels, height, width, classes } = images;
  return {
    ...spec,
    inChannels: channels,
    classes,
    ...(familyOf(spec.family).sized && { imageSize: [height, width] }),
    ...(normalisation && { normalisation }),
  };
}

const settingsOfNetwork = (described: object) => {
  const { family: name } = described as { readonly family?: string };
  const family = familyOf(name);
  return { family, settings: settingsOf(family, { ...described }) };
};

/** A network in a few words: `ResNet-18 of width 64, imagenet stem`. */
export function describeNetwork(described: object): string {
  const { family, settings } = settingsOfNetwork(described);
  return family.describe(settings);
}

/** What tables and figures call a network: `ResNet-18`. */
export function labelNetwork(described: object): string {
  const { family, settings } = settingsOfNetwork(described);
  return family.label(settings);
}

/** What a name of commands decides. */
export interface NamedNetwork {
  readonly family: NetworkDefinition;
  /** Values of some of the family's parameters. */
  readonly settings: Given;
}

/** What commands call networks: members of families, `resnet18`, and the families themselves, whose names decide no parameter. */
export const NETWORK_NAMES: ReadonlyMap<string, NamedNetwork> = new Map(
  (NETWORKS as readonly NetworkDefinition[]).flatMap((family): [string, NamedNetwork][] => [
    [family.name, { family, settings: {} }],
    ...Object.entries(family.members).map(([name, settings]): [string, NamedNetwork] => [name, { family, settings }]),
  ]),
);
