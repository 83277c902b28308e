import { gradients } from '../engine/gradients.ts';
import type { Node } from '../engine/graph.ts';
import { add, cast, scale } from '../engine/ops/elementwise.ts';
import { randomNormal, randomUniform } from '../engine/ops/random.ts';
import { reshape, slice } from '../engine/ops/shape.ts';
import { expand, sum } from '../engine/ops/sum.ts';
import { streamId } from '../engine/philox.ts';
import type { Model, Nodes } from '../models/model.ts';
import { crossEntropy } from './attacks/losses.ts';
import type { Defence, Draws } from './defences/defence.ts';

/** What a classifier has been asked. */
export interface Asked {
  /** Passes of whole batches. */
  readonly forwardPasses: number;
  readonly backwardPasses: number;
  /** Images shown: one for each image of each forward pass. */
  readonly queries: number;
  /** Gradients: one for each image of each backward pass. */
  readonly gradients: number;
  readonly flops: number;
}

/** How the functions that attacks compile ask the model, inside the graph. */
export interface Oracle {
  /** Images [N, C, H, W] → logits [N, classes] of the defended model. */
  logits(x: Node): Node;
  /**
   * Gradient by the images of each one's own cross-entropy: x [N, C, H, W], labels i32 [N] → [N, C, H, W]. A defence that
   * answers at random is asked `expectationSamples` times, and this is the mean, as is the next.
   */
  lossGradient(x: Node, labels: Node): Node;
  /** A loss of each image and its gradient by the images: `loss` takes logits [N, classes] and gives [N]. */
  lossAndGradient(x: Node, loss: (logits: Node) => Node): { losses: Node; gradient: Node };
}

/** Nothing yet. */
export const NOTHING: Asked = { forwardPasses: 0, backwardPasses: 0, queries: 0, gradients: 0, flops: 0 };

export const sumOf = (a: Asked, b: Asked): Asked => ({
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

/** The oracle of one graph, and the passes that the graph holds. */
export function openOracle(
  model: Model,
  { parameters, state, defenceKey }: ModelNodes,
  defence: Defence,
  expectationSamples: number,
) {
  const answers = new Map<Node, Node>();
  const furtherAnswers = new Map<Node, Node>();
  let asked = NOTHING;

  const ask = (x: Node): Node => {
    const draws = drawsOf(defence, defenceKey, answers.size + furtherAnswers.size);
    const shown = repeated(x, defence.copies ?? 1);
    const seen = defence.preprocess?.(shown, draws) ?? shown;
    const logits = cast(model.forward(parameters, state, seen, { training: false }).logits, 'f32');
    return defence.postprocess?.(logits, draws) ?? logits;
  };
  const count = (passes: number, images: number): Asked => ({
    ...NOTHING,
    forwardPasses: passes,
    queries: passes * images,
  });

  /** What is said about the same images, once for each draw that a gradient is the mean of. */
  const drawn = (x: Node): Node[] => {
    const first = oracle.logits(x);
    const others = expectationSamples - 1;
    if (others === 0) return [first];
    const [images, classes] = first.shape;
    let further = furtherAnswers.get(x);
    if (further === undefined) {
      further = ask(repeated(x, others));
      furtherAnswers.set(x, further);
      asked = sumOf(asked, count(others, images));
    }
    const all = further;
    const draw = (k: number) => slice(all, [k * images, 0], [(k + 1) * images, classes]);
    return [first, ...Array.from({ length: others }, (_, k) => draw(k))];
  };

  const oracle: Oracle = {
    logits: (x) => {
      let logits = answers.get(x);
      if (logits === undefined) {
        logits = ask(x);
        answers.set(x, logits);
        asked = sumOf(asked, count(1, x.shape[0]));
      }
      return logits;
    },
    lossGradient: (x, labels) => oracle.lossAndGradient(x, (logits) => crossEntropy(logits, labels)).gradient,
    lossAndGradient: (x, loss) => {
      const each = drawn(x).map(loss);
      asked = sumOf(asked, { ...NOTHING, backwardPasses: each.length, gradients: each.length * x.shape[0] });
      const losses = each.length === 1 ? each[0] : scale(each.reduce(add), 1 / each.length);
      return { losses, gradient: gradients(sum(losses), [x])[0] };
    },
  };
  return { oracle, passes: () => asked };
}

/** Images [N, C, H, W] so many times, one whole set after the other. */
function repeated(x: Node, times: number): Node {
  if (times === 1) return x;
  const [count, ...rest] = x.shape;
  return reshape(expand(reshape(x, [1, count, ...rest]), [times, count, ...rest]), [times * count, ...rest]);
}

/** The random numbers of one pass: every pass of a graph has its own. */
function drawsOf({ name }: Defence, key: Node | undefined, substream: number): Draws {
  const known = () => {
    if (key === undefined) throw new Error(`${name} draws numbers, but is not called random`);
    return key;
  };
  return {
    normal: (shape) => randomNormal(known(), shape, { stream: streamId('defence.normal'), substream }),
    uniform: (shape) => randomUniform(known(), shape, { stream: streamId('defence.uniform'), substream }),
  };
}
