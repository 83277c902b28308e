import type { Node, Shape } from '../../engine/graph.ts';
import type { Adversary } from '../../models/adversary.ts';

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
  /** Changes images [N, C, H, W] before the model sees them. */
  preprocess?(x: Node): Node;
  /** It tells probabilities: gradients through them vanish where the model is sure. */
  readonly probabilities?: boolean;
  /** Changes what the model says, [N, classes], before anybody sees it; `normal` gives standard normal numbers, for random defences. */
  postprocess?(logits: Node, normal: (shape: Shape) => Node): Node;
}

/** The control. */
export const noDefence: Defence = { name: 'none', differentiable: true, random: false, trainingOnly: false };
