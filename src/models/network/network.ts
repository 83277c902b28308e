import type { Parameters, ValuesOf } from '../../base/parameter.ts';
import type { StoredTensor } from '../checkpoint/safetensors.ts';
import type { Normalisation } from './layers.ts';
import type { Model } from './model.ts';
import type { Precision } from './precision.ts';

/** What images and classes decide of a network. */
export interface NetworkEnds {
  /** Channels of an image. */
  readonly inChannels: number;
  readonly classes: number;
  /** Height and width of an image in pixels; given for families that are `sized`, and left out for all others. */
  readonly imageSize?: readonly [height: number, width: number];
  /** First layer of the model; left out, the pixels enter as they are. */
  readonly normalisation?: Normalisation;
}

/** A family of networks. */
export interface NetworkDefinition<N extends string = string, P extends Parameters = Parameters> {
  /** As study files call it; checkpoints have its members' descriptions as `outlast.NAME`. */
  readonly name: N;
  readonly title: string;
  /** Where it was published, and whose names its tensors have. */
  readonly source: string;
  /** What its members differ in. */
  readonly parameters: P;
  /** Members that commands know by a name, `resnet18`, and what the name decides. */
  readonly members: Readonly<Record<string, Partial<ValuesOf<P>>>>;
  /** Whether shapes of tensors depend on the height and the width of the images. */
  readonly sized?: true;
  /** What tables and figures call a member: `ResNet-18`. */
  label(settings: ValuesOf<P>): string;
  /** A member in a few words: `ResNet-18 of width 64, imagenet stem`. */
  describe(settings: ValuesOf<P>): string;
  /** @throws InputError when a value is out of range */
  build(settings: ValuesOf<P>, ends: NetworkEnds & { readonly precision?: Precision }): Model;
  /** What tells a member's state dict, to follow "it must have". */
  readonly signature: string;
  /** The member that a state dict belongs to, or comes nearest to; null where it is none of the family's. */
  recognise(tensors: ReadonlyMap<string, StoredTensor>): (ValuesOf<P> & NetworkEnds) | null;
}

/** A family for the catalogue: its file holds all that there is to know of it. */
export const defineNetwork = <const N extends string, const P extends Parameters>(
  definition: NetworkDefinition<N, P>,
): NetworkDefinition<N, P> => definition;
