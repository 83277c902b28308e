import { defineOp, type Node } from '../../engine/index.ts';
import type { ForwardOptions, Model, Nodes } from '../network/model.ts';

/** A batch as an adversary sees it, while the step is traced. */
export interface AttackedBatch {
  /** Images [N, C, H, W], pixels in [0, 1]. */
  readonly x: Node;
  /** i32 [N]. */
  readonly labels: Node;
  /** u32 [2], new in every batch. */
  readonly key: Node;
  /** A scalar from 0 to 1: the share of its whole strength that the adversary has in this batch. */
  readonly strength: Node;
  /** Logits [N, classes] of the model in evaluation mode: batch norm with the running statistics. */
  predict(x: Node): Node;
  /** Logits [N, classes] of the model in training mode: batch norm with the batch's statistics, which the running ones will follow. */
  forward(x: Node): Node;
}

/** What a step makes smaller, in place of the cross-entropy of the batch's images. */
export interface LossTerms {
  /** What to have classified, [N, classes]: their cross-entropy is made smaller. */
  readonly logits: Node;
  /** Added to the cross-entropy of each image, [N]. */
  readonly penalty?: Node;
}

/** An attack on the model that a training step makes before it learns; all of it is a part of the step's graph. */
export interface Adversary {
  /** Share of the training in which its strength rises, evenly, from 0 to 1; 0 unless given. */
  readonly warmup?: number;
  /** How often an image is shown to the model in a batch, the adversary's own passes and those that are learned from. */
  readonly queries: number;
  attack(batch: AttackedBatch): LossTerms;
}

const detachOp = defineOp<Record<string, never>>({
  name: 'detach',
  infer: ([x]) => x,
  derivative: () => [null],
  decompose: ([x]) => x,
});

/** x as a constant: no gradient goes through it. What is learned from an attack does not depend on how it was made. */
export const detach = (x: Node): Node => detachOp([x], {});

/** The strength in a batch. @param batch from 0 @param all batches of the training */
export const strengthAt = (adversary: Adversary | undefined, batch: number, all: number): number =>
  Math.min(1, (batch + 1) / ((adversary?.warmup ?? 0) * all));

interface BatchInputs extends Pick<AttackedBatch, 'x' | 'labels'> {
  readonly rates: Nodes;
  readonly key?: Node;
}

/**
 * What a training step makes smaller on a batch.
 * @returns also what each pass in training mode was observed to have, in their order
 */
export function lossTermsOf(
  model: Model,
  parameters: Nodes,
  state: Nodes,
  { x, labels, rates, key }: BatchInputs,
  { adversary, recompute }: { readonly adversary?: Adversary } & Pick<ForwardOptions, 'recompute'>,
): LossTerms & { readonly passes: readonly Nodes[] } {
  const passes: Nodes[] = [];
  const forward = (images: Node): Node => {
    const random = key && { key, pass: passes.length };
    const { logits, observed } = model.forward(parameters, state, images, { training: true, recompute, random });
    passes.push(observed);
    return logits;
  };
  if (adversary === undefined) return { logits: forward(x), passes };
  if (key === undefined) throw new Error('a training step with an adversary needs random numbers');
  const predict = (images: Node): Node => model.forward(parameters, state, images, { training: false }).logits;
  const terms = adversary.attack({ x, labels, key, strength: rates.strength, predict, forward });
  return { ...terms, passes };
}
