import { drawNormal, drawUniform, type RandomStream } from '../../base/philox.ts';
import {
  abs,
  add,
  divide,
  fill,
  greater,
  max,
  maximum,
  minimum,
  multiply,
  type Node,
  sign,
  sqrt,
  square,
  subtract,
  sum,
  where,
} from '../../engine/index.ts';

export type NormName = 'inf' | '1' | '2';

/** How an attack measures distance between images [N, C, H, W]; each image by itself. */
export interface Norm {
  readonly name: NormName;
  /** Length of each image's difference, [N, C, H, W] → [N, 1, 1, 1]. */
  length(difference: Node): Node;
  /** The gradient scaled to norm 1 (for L∞: its sign), whatever its magnitude; zero where the gradient is zero. */
  direction(gradient: Node): Node;
  /** x, or where it is farther than eps (a scalar, or [N, 1, 1, 1]) from the centre, a point of the ball of that radius. */
  project(x: Node, centre: Node, eps: Node): Node;
  /** A random point of the ball of radius eps around zero, uniformly distributed, in `size` dimensions. */
  randomPoint(size: number, eps: number, source: RandomStream): Float32Array;
}

const PER_IMAGE = [1, 2, 3];
const total = (x: Node) => sum(x, PER_IMAGE, { keepDims: true });

/** Scales each image's gradient so that its largest element is 1: the squares of a saturated model's gradient underflow. */
function atUnitScale(gradient: Node): Node {
  const largest = linf.length(gradient);
  return safeQuotient(gradient, largest);
}

const oneForZero = (x: Node) => where(greater(x, fill(x.shape, 0)), x, fill(x.shape, 1));

/** x / y, and x where y is zero. */
export const safeQuotient = (x: Node, y: Node): Node => divide(x, oneForZero(y));

/** Draws what lies farther than eps straight towards the centre, to the ball's surface. For L2 this is the nearest point. */
function drawBack(x: Node, centre: Node, eps: Node, norm: (difference: Node) => Node): Node {
  const difference = subtract(x, centre);
  const distance = norm(difference);
  const surface = add(centre, multiply(difference, divide(eps, oneForZero(distance))));
  return where(greater(distance, eps), surface, x);
}

const linf: Norm = {
  name: 'inf',
  length: (difference) => max(abs(difference), PER_IMAGE, { keepDims: true }),
  direction: sign,
  project: (x, centre, eps) => minimum(maximum(x, subtract(centre, eps)), add(centre, eps)),
  randomPoint: (size, eps, source) => drawUniform(source, size).map((u) => (2 * u - 1) * eps),
};

const l1Of = (x: Node) => total(abs(x));

/** As in ART and Foolbox, the direction is the gradient itself, and projection scales: not the nearest point of the L1 ball. */
const l1: Norm = {
  name: '1',
  length: l1Of,
  direction: (gradient) => {
    const scaled = atUnitScale(gradient);
    return safeQuotient(scaled, l1Of(scaled));
  },
  project: (x, centre, eps) => drawBack(x, centre, eps, l1Of),
  randomPoint: (size, eps, source) => {
    // Exponential magnitudes over their sum are uniform on the simplex; the first uniform number gives the radius.
    const uniforms = drawUniform(source, 2 * size + 1);
    const magnitudes = Float64Array.from({ length: size }, (_, i) => -Math.log1p(-uniforms[1 + i]));
    const radius = (eps * uniforms[0] ** (1 / size)) / magnitudes.reduce((a, b) => a + b, 0);
    return Float32Array.from(magnitudes, (value, i) => (uniforms[1 + size + i] < 0.5 ? -value : value) * radius);
  },
};

const l2Of = (x: Node) => sqrt(total(square(x)));

const l2: Norm = {
  name: '2',
  length: l2Of,
  direction: (gradient) => {
    const scaled = atUnitScale(gradient);
    return safeQuotient(scaled, l2Of(scaled));
  },
  project: (x, centre, eps) => drawBack(x, centre, eps, l2Of),
  randomPoint: (size, eps, source) => {
    const normals = drawNormal({ ...source, stream: (source.stream + 1) >>> 0 }, size);
    const [u] = drawUniform(source, 1);
    const length = Math.sqrt(normals.reduce((squares, value) => squares + value * value, 0));
    const radius = (eps * u ** (1 / size)) / length;
    return normals.map((value) => value * radius);
  },
};

/** The norms by the names of study files. */
export const norms: Readonly<Record<NormName, Norm>> = { inf: linf, '1': l1, '2': l2 };
