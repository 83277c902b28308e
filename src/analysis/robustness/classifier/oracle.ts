import { streamId } from '../../../base/philox.ts';
import {
  add,
  cast,
  expand,
  gradients,
  type Node,
  randomNormal,
  randomUniform,
  reshape,
  scale,
  slice,
  sum,
} from '../../../engine/index.ts';
import type { Model, Nodes } from '../../../models/index.ts';
import type { Defence, Draws } from '../defences/defence.ts';
import { crossEntropy } from '../losses.ts';

/** Passes through a model, and what they come to. */
export interface PassCounts {
  /** Forward passes of whole batches. */
  readonly forwardPasses: number;
  /** Backward passes of whole batches. */
  readonly backwardPasses: number;
  /** Images shown: one for each image of each forward pass. */
  readonly queries: number;
  /** Gradients: one for each image of each backward pass. */
  readonly gradients: number;
  /** Floating-point operations. */
  readonly flops: number;
}

/** The defended model inside a graph, as the functions that attacks compile see it. */
export interface Oracle {
  /**
   * Images [N, C, H, W] → logits [N, classes]. With a random defence these, the gradients and the losses are means over
   * `expectationSamples` draws.
   */
  logits(x: Node): Node;
  /** Gradient of the cross-entropy of each image by its pixels: x [N, C, H, W], labels i32 [N] → [N, C, H, W]. */
  lossGradient(x: Node, labels: Node): Node;
  /** A loss of each image and its gradient by the images: `loss` takes logits [N, classes] and gives [N]. */
  lossAndGradient(x: Node, loss: (logits: Node) => Node): { losses: Node; gradient: Node };
}

/** No pass at all. */
export const NO_PASSES: PassCounts = { forwardPasses: 0, backwardPasses: 0, queries: 0, gradients: 0, flops: 0 };

/** The counts of two together. */
export const addCounts = (a: PassCounts, b: PassCounts): PassCounts => ({
  forwardPasses: a.forwardPasses + b.forwardPasses,
  backwardPasses: a.backwardPasses + b.backwardPasses,
  queries: a.queries + b.queries,
  gradients: a.gradients + b.gradients,
  flops: a.flops + b.flops,
});

/** A model's weights in a graph, and the key of a random defence's numbers. */
export interface ModelNodes {
  readonly parameters: Nodes;
  readonly state: Nodes;
  readonly defenceKey?: Node;
}

/** The oracle of one graph, and the passes that the graph holds. @param expectationSamples draws of a random defence that are averaged */
export function openOracle(
  model: Model,
  { parameters, state, defenceKey }: ModelNodes,
  defence: Defence,
  expectationSamples: number,
) {
  const answers = new Map<Node, readonly Node[]>();
  let counts = NO_PASSES;

  const ask = (x: Node): Node => {
    const draws = drawsOf(defence, defenceKey, answers.size);
    const shown = repeated(x, defence.copies ?? 1);
    const seen = defence.preprocess?.(shown, draws) ?? shown;
    const logits = cast(model.forward(parameters, state, seen, { training: false }).logits, 'f32');
    return defence.postprocess?.(logits, draws) ?? logits;
  };

  /** Logits of the same images, [N, classes], one node for each draw. */
  const drawn = (x: Node): readonly Node[] => {
    const before = answers.get(x);
    if (before !== undefined) return before;
    const all = ask(repeated(x, expectationSamples));
    const [images, classes] = [x.shape[0], all.shape[1]];
    const each = Array.from({ length: expectationSamples }, (_, k) =>
      slice(all, [k * images, 0], [(k + 1) * images, classes]),
    );
    answers.set(x, each);
    counts = addCounts(counts, { ...NO_PASSES, forwardPasses: each.length, queries: each.length * images });
    return each;
  };

  const oracle: Oracle = {
    logits: (x) => meanOf(drawn(x)),
    lossGradient: (x, labels) => oracle.lossAndGradient(x, (logits) => crossEntropy(logits, labels)).gradient,
    lossAndGradient: (x, loss) => {
      const each = drawn(x).map(loss);
      counts = addCounts(counts, { ...NO_PASSES, backwardPasses: each.length, gradients: each.length * x.shape[0] });
      const losses = meanOf(each);
      return { losses, gradient: gradients(sum(losses), [x])[0] };
    },
  };
  return { oracle, passes: () => counts };
}

const meanOf = (values: readonly Node[]): Node =>
  values.length === 1 ? values[0] : scale(values.reduce(add), 1 / values.length);

/** Images [N, C, H, W] repeated, one whole set after the other: [times · N, C, H, W]. */
function repeated(x: Node, times: number): Node {
  if (times === 1) return x;
  const [count, ...rest] = x.shape;
  return reshape(expand(reshape(x, [1, count, ...rest]), [times, count, ...rest]), [times * count, ...rest]);
}

/** The random numbers of one forward pass; no two passes of a graph share any. */
function drawsOf({ name }: Defence, key: Node | undefined, substream: number): Draws {
  const keyOfDraws = () => {
    if (key === undefined) throw new Error(`${name} draws numbers, but is not called random`);
    return key;
  };
  return {
    normal: (shape) => randomNormal(keyOfDraws(), shape, { stream: streamId('defence.normal'), substream }),
    uniform: (shape) => randomUniform(keyOfDraws(), shape, { stream: streamId('defence.uniform'), substream }),
  };
}
