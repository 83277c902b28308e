/** What softmax, cross entropy and pooling are, without rounding; logits lie between -40 and 40. */
import {
  type Dyadic,
  dyadic,
  exponential,
  logarithmOf,
  nearestDouble,
  negated,
  product,
  quotient,
  sum,
} from './exact.ts';
import { type Expected, type Numbers, single, sumOfProducts, ZERO } from './operationReferences.ts';

const sumOfExponentials = (logits: Numbers): Dyadic => Array.from(logits, exponential).reduce(sum, ZERO);

/** exp(xₖ) / Σ exp(xⱼ). */
export function probabilities(logits: Numbers): Expected[] {
  const total = sumOfExponentials(logits);
  return Array.from(logits, (logit) => {
    const exact = quotient(exponential(logit), total);
    return { exact, magnitude: nearestDouble(exact) };
  });
}

/** xₖ - ln Σ exp(xⱼ). */
export function logProbabilities(logits: Numbers): Expected[] {
  const logarithm = logarithmOf(sumOfExponentials(logits));
  return Array.from(logits, (logit) => ({
    exact: sum(dyadic(logit), negated(logarithm)),
    magnitude: Math.abs(logit) + Math.abs(nearestDouble(logarithm)),
  }));
}

/** ln Σ exp(xⱼ) - x of the label. */
export function crossEntropy(logits: Numbers, label: number): Expected {
  const logarithm = logarithmOf(sumOfExponentials(logits));
  return {
    exact: sum(logarithm, negated(dyadic(logits[label]))),
    magnitude: Math.abs(nearestDouble(logarithm)) + Math.abs(logits[label]),
  };
}

/** (softmax - 1 at the label) · gradient. */
export const crossEntropyGradient = (logits: Numbers, label: number, gradient: number): Expected[] =>
  probabilities(logits).map(({ exact, magnitude }, k) => {
    const isLabel = Number(k === label);
    return {
      exact: product(sum(exact, dyadic(-isLabel)), dyadic(gradient)),
      magnitude: (magnitude + isLabel) * Math.abs(gradient),
    };
  });

interface Windows {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

type Planes = readonly [planes: number, height: number, width: number];

/** Where the first of the largest numbers of each window lies: windows of kernel², outside of x nothing. */
function positionsOfMaxima(x: Numbers, [planes, H, W]: Planes, { kernel, stride, padding }: Windows): number[] {
  const places = (length: number) => Math.floor((length + 2 * padding - kernel) / stride) + 1;
  const size = places(H) * places(W);
  return Array.from({ length: planes * size }, (_, i) => {
    const top = Math.floor((i % size) / places(W)) * stride - padding;
    const left = (i % places(W)) * stride - padding;
    let largest = -1;
    for (let row = Math.max(top, 0); row < Math.min(top + kernel, H); row++)
      for (let column = Math.max(left, 0); column < Math.min(left + kernel, W); column++) {
        const at = (Math.floor(i / size) * H + row) * W + column;
        if (largest < 0 || x[at] > x[largest]) largest = at;
      }
    return largest;
  });
}

/** The largest of each window: x [planes, H, W]. */
export const maxPool2d = (x: Numbers, planes: Planes, windows: Windows): Expected[] =>
  positionsOfMaxima(x, planes, windows).map((at) => single(x[at]));

/** The gradients of the windows, added up at their largest numbers. */
export function maxPool2dGradient(x: Numbers, gradient: Numbers, planes: Planes, windows: Windows): Expected[] {
  const terms = Array.from({ length: x.length }, (): [number, number][] => []);
  positionsOfMaxima(x, planes, windows).forEach((at, i) => {
    terms[at].push([gradient[i], 1]);
  });
  return terms.map(sumOfProducts);
}

/** Places that windows [height, width] see in x [planes, H, W]; the last of a row or column may hang over. */
export function windowCells(
  [planes, H, W]: Planes,
  [height, width]: readonly [number, number],
  stride: number,
): number[][] {
  const along = (length: number, size: number) =>
    Array.from({ length: Math.ceil((length - size) / stride) + 1 }, (_, window) =>
      Array.from({ length: size }, (_, i) => window * stride + i).filter((place) => place < length),
    );
  return Array.from({ length: planes }, (_, plane) =>
    along(H, height).flatMap((rows) =>
      along(W, width).map((columns) => rows.flatMap((y) => columns.map((x) => (plane * H + y) * W + x))),
    ),
  ).flat();
}

/** The gradient of each window's mean, added up at its places. */
export function averagePool2dGradient(size: number, windows: readonly number[][], gradient: Numbers): Expected[] {
  const totals = Array.from({ length: size }, (): Expected => ({ exact: ZERO, magnitude: 0 }));
  windows.forEach((places, i) => {
    const share = quotient(dyadic(gradient[i]), dyadic(places.length));
    for (const at of places) {
      const { exact, magnitude } = totals[at];
      totals[at] = { exact: sum(exact, share), magnitude: magnitude + Math.abs(gradient[i]) / places.length };
    }
  });
  return totals;
}
