import type { Node, Shape } from '../../../engine/index.ts';
import type { Adversary } from '../../../models/index.ts';

/** A defence with its parameters: what it does to images, training and answers, and what an attack must know of it. */
export interface Defence {
  /** `jpeg-compression`. */
  readonly name: string;
  /** False where gradients are replaced by an approximation. */
  readonly differentiable: boolean;
  /** Whether the same image may be classified differently each time. */
  readonly random: boolean;
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
  /** Whether its answers are probabilities: gradients through them vanish where the model is sure. */
  readonly probabilities?: boolean;
  /** Turns the model's logits [copies · N, classes] into the answers of the defended model [N, classes]. */
  postprocess?(logits: Node, draws: Draws): Node;
}

/** Random numbers of a random defence, new in every forward pass. */
export interface Draws {
  /** Standard normal. */
  normal(shape: Shape): Node;
  /** In [0, 1). */
  uniform(shape: Shape): Node;
}
