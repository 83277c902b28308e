import { integer, number, type ValuesOf } from '../../../../base/parameter.ts';
import {
  abs,
  add,
  clamp,
  divide,
  exp,
  fill,
  greater,
  log,
  logicalAnd,
  maximum,
  minimum,
  multiply,
  type Node,
  negate,
  scale,
  sign,
  sqrt,
  square,
  subtract,
  where,
} from '../../../../engine/index.ts';
import { norms, safeQuotient } from '../../norms.ts';
import { type AttackNorm, defineAttack, WITH_GRADIENT } from '../defineAttack.ts';
import { type Seen, searchNearest } from '../steps/nearestStep.ts';
import { type Primal, primalDual, primalDualParameters, type Weights } from '../steps/primalDual.ts';
import { shrinkageOf, softThreshold } from '../steps/thresholds.ts';

const parameters = {
  ...primalDualParameters,
  proximalSteps: integer({
    from: 1,
    default: 5,
    about: 'steps of the proximal iteration that follows each step of Adam',
  }),
  proximalTolerance: number({
    above: 0,
    default: 0.01,
    takes: 'share',
    about: 'share of its length below which a change of the proximal iteration ends it',
  }),
};

/**
 * Primal-dual proximal gradient descent (Matyasko and Chau, arXiv 2106.01538; adv-lib's `pdpgd`): like PDGD, but Adam descends on
 * misclassification alone, and the distance is made smaller by its proximal operator, in Adam's metric (Melchior, Joseph, Moolekamp,
 * arXiv 1910.10094). In L0 the operator is that of the quasi-norm L2/3 (Cao, Sun, Xu, J. Vis. Commun. Image R. 2013), which adv-lib
 * calls better than L0's own. The nearest misclassified image of all steps is kept.
 */
export const pdpgd = defineAttack({
  name: 'pdpgd',
  title: 'PDPGD',
  about: 'misclassification by gradients and distance by its proximal operator, whose weight is learnt as well',
  source: 'arXiv 2106.01538',
  asks: 'gradients',
  strength: 'none',
  norms: ['2', '0', '1', 'inf'],
  parameters,
  passes: ({ maxIter }) => maxIter * WITH_GRADIENT,
  method: (classifier, batch, settings) =>
    searchNearest(
      classifier,
      batch,
      primalDual(
        {
          name: `PDPGD with ${settings.proximalSteps} proximal steps to ${settings.proximalTolerance}`,
          norm: settings.norm,
        },
        settings,
        (misclassification) => misclassification,
        (primal, weights, seen) => nearer(primal, weights, seen, settings),
      ),
    ),
});

/** The proximal iteration: from where Adam leads to where distance and misclassification are in balance, each image until it rests. */
function nearer(
  { change, spread }: Primal,
  weights: Weights,
  { original, rates }: Seen,
  { norm, proximalSteps, proximalTolerance }: ValuesOf<typeof parameters> & { readonly norm: AttackNorm },
): Node {
  const widest = norms.inf.length(spread);
  const metric = divide(spread, widest);
  const weight = multiply(divide(weights.distance, weights.misclassification), divide(rates.stepSize, widest));
  let at = change;
  let moved: Node | undefined;
  for (let step = 0; step < proximalSteps; step++) {
    const pulled = subtract(at, multiply(metric, subtract(at, change)));
    const shrunk = PROXIMAL[norm](pulled, weight);
    const inRange = subtract(clamp(add(original, shrunk), 0, 1), original);
    const next: Node =
      moved === undefined ? inRange : where(greater(moved, fill(moved.shape, proximalTolerance)), inRange, at);
    moved = safeQuotient(norms['2'].length(subtract(next, at)), norms['2'].length(next));
    at = next;
  }
  return at;
}

/** Minimum over z of |z − x|² / 2 + weight · ‖z‖, by norm; L0 stands for L2/3. Changes [N, C, H, W], weights [N, 1, 1, 1]. */
const PROXIMAL: Readonly<Record<AttackNorm, (x: Node, weight: Node) => Node>> = {
  '0': proximalOfTwoThirds,
  '1': softThreshold,
  '2': (x, weight) => {
    const length = norms['2'].length(x);
    return multiply(x, safeQuotient(maximum(subtract(length, weight), fill(weight.shape, 0)), length));
  },
  inf: (x, weight) => {
    const limit = shrinkageOf(abs(x), weight);
    return maximum(minimum(x, limit), negate(limit));
  },
};

/** The proximal operator of weight · Σ |x|^(2/3) in closed form, its roots written so that nothing cancels in f32. */
function proximalOfTwoThirds(x: Node, weight: Node): Node {
  const squares = scale(square(x), 1 / 16);
  const ninths = scale(weight, 2 / 9);
  const border = multiply(ninths, sqrt(ninths));
  const isFar = greater(squares, border);
  const one = fill(x.shape, 1);
  const root = sqrt(multiply(maximum(subtract(squares, border), fill(x.shape, 0)), add(squares, border)));
  const cubeRoot = where(isFar, exp(scale(log(where(isFar, add(squares, root), one)), 1 / 3)), one);
  const b = scale(add(cubeRoot, divide(ninths, cubeRoot)), 2);
  const rest = subtract(divide(scale(abs(x), 2), sqrt(b)), b);
  const sum = add(sqrt(maximum(rest, fill(x.shape, 0))), sqrt(b));
  const size = scale(multiply(sum, square(sum)), 1 / 8);
  return where(logicalAnd(isFar, greater(rest, fill(x.shape, 0))), multiply(sign(x), size), fill(x.shape, 0));
}
