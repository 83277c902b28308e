import type { Node, Shape } from '../../../engine/index.ts';
import type { Adversary } from '../../../models/index.ts';

/** A defence: what it does to the images, and what an attack must know of it. */
export interface Defence {
  readonly name: string;
  /** Its slope is what it seems; where false, gradients are replaced by an approximation. */
  readonly differentiable: boolean;
  /** The same image may be classified differently each time. */
  readonly random: boolean;
  /** It changes the training only: the model that results is attacked as it is. */
  readonly trainingOnly: boolean;
  /** Changes a batch of training images [N, C, H, W]; `key`, u32 [2], is new in every step. */
  augment?(x: Node, key: Node): Node;
  /** Attacks every batch of the training before the model learns from it. */
  readonly adversary?: Adversary;
  /** Share of each label that the training spreads over all classes. */
  readonly labelSmoothing?: number;
  /** How often an image is shown to the model for one answer; once unless given. */
  readonly copies?: number;
  /** Changes images [copies · N, C, H, W], one whole set after the other, before the model sees them. */
  preprocess?(x: Node, draws: Draws): Node;
  /** It tells probabilities: gradients through them vanish where the model is sure. */
  readonly probabilities?: boolean;
  /** Makes what the model says, [copies · N, classes], what is told, [N, classes]. */
  postprocess?(logits: Node, draws: Draws): Node;
}

/** Random numbers of a random defence, new at every question. */
export interface Draws {
  /** Standard normal. */
  normal(shape: Shape): Node;
  /** In [0, 1). */
  uniform(shape: Shape): Node;
}

/** The control. */
export const noDefence: Defence = { name: 'none', differentiable: true, random: false, trainingOnly: false };
