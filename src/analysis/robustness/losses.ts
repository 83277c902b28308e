import { InputError } from '../../base/errors.ts';
import {
  add,
  argmax,
  defineOp,
  divide,
  fill,
  max,
  multiply,
  type Node,
  negate,
  notEqual,
  offset,
  oneHot,
  reshape,
  scale,
  softmax,
  softmaxCrossEntropy,
  subtract,
  sum,
  where,
} from '../../engine/index.ts';

/** What an attack makes large; each takes logits [N, K], labels i32 [N] and other classes i32 [N], and gives [N]. */
export type LossName = 'cross-entropy' | 'margin' | 'difference' | 'dlr' | 'targeted-dlr';

/**
 * softmaxCrossEntropy with a derivative that keeps its precision where the model is sure: the label's element is minus the sum of
 * the others' probabilities, not its own minus 1, which in f32 loses every digit of a small gradient.
 */
const crossEntropyOp = defineOp({
  name: 'attackCrossEntropy',
  infer: ([logits]) => ({ shape: [logits.shape[0]], dtype: logits.dtype }),
  derivative: ({ inputs: [logits, labels], gradient }) => {
    const { shape } = logits;
    const isLabel = oneHot(labels, shape[1]);
    const others = multiply(softmax(logits), subtract(fill(shape, 1), isLabel));
    const slope = subtract(others, multiply(isLabel, sum(others, [1], { keepDims: true })));
    return [multiply(reshape(gradient, [shape[0], 1]), slope), null];
  },
  decompose: ([logits, labels]) => softmaxCrossEntropy(logits, labels),
});

/** The cross-entropy of each image, logits [N, K] and labels i32 [N] → [N], for gradients that are followed. */
export const crossEntropy = (logits: Node, labels: Node): Node => crossEntropyOp([logits, labels], {});

/** Below every logit. */
const LOWEST = -1e30;

const chosen = (logits: Node, labels: Node): Node => sum(multiply(logits, oneHot(labels, logits.shape[1])), [1]);

/** The logits with those of one class a row out of the race. */
const without = (logits: Node, labels: Node): Node => {
  const mask = notEqual(oneHot(labels, logits.shape[1]), fill(logits.shape, 0));
  return where(mask, fill(logits.shape, LOWEST), logits);
};

/** The largest logits of each row, largest first: `count` nodes [N]. */
function largest(logits: Node, count: number): Node[] {
  const found: Node[] = [];
  for (let left = logits; found.length < count; left = without(left, argmax(left, 1))) found.push(max(left, [1]));
  return found;
}

function checkClasses(name: LossName, logits: Node, least: number): void {
  if (logits.shape[1] < least)
    throw new InputError(`the loss ${name} needs at least ${least} classes; the model has ${logits.shape[1]}`);
}

/** Keeps a quotient finite when all the compared logits are equal, as the authors do. */
const SMALL = 1e-12;

/** How far the best other class of each image is ahead of its label: logits [N, K], labels i32 [N] → [N]. */
export const marginLoss = (logits: Node, labels: Node): Node =>
  subtract(max(without(logits, labels), [1]), chosen(logits, labels));

/**
 * How far the largest logit of each image is ahead of the third, [N, K] → [N], never quite 0: the divisor of the difference of logits
 * ratio.
 * @throws InputError when the model has fewer than three classes
 */
export function spreadOfLogits(logits: Node): Node {
  checkClasses('dlr', logits, 3);
  const [first, , third] = largest(logits, 3);
  return offset(subtract(first, third), SMALL);
}

const LOSSES: Readonly<Record<LossName, (logits: Node, labels: Node, others: Node) => Node>> = {
  'cross-entropy': crossEntropy,
  margin: marginLoss,
  difference: (logits, labels, others) => subtract(chosen(logits, others), chosen(logits, labels)),
  dlr: (logits, labels) => {
    const margin = subtract(chosen(logits, labels), max(without(logits, labels), [1]));
    return negate(divide(margin, spreadOfLogits(logits)));
  },
  'targeted-dlr': (logits, labels, others) => {
    checkClasses('targeted-dlr', logits, 4);
    const [first, , third, fourth] = largest(logits, 4);
    const spread = subtract(first, scale(add(third, fourth), 0.5));
    return divide(subtract(chosen(logits, others), chosen(logits, labels)), offset(spread, SMALL));
  },
};

/**
 * A loss of each image, [N]. `margin`: how far the best other class is ahead of the label; `difference`: the same for one other
 * class; `dlr` and `targeted-dlr`: the difference of logits ratio (Croce and Hein, arXiv 2003.01690, equations 6 and 7), which no
 * scaling of the logits can saturate.
 * @throws InputError when the model has too few classes for it
 */
export const lossOf = (name: LossName, logits: Node, labels: Node, others: Node): Node =>
  LOSSES[name](logits, labels, others);
