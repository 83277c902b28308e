/** The networks, weights and images that every system computes with: the same numbers everywhere, from an integer hash. */

/**
 * @param {number} stream
 * @param {number} i
 * @returns {number} a whole number below 2³²
 */
export function hash(stream, i) {
  let x = (Math.imul(i, 2654435761) + Math.imul(stream, 40503)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/**
 * Numbers uniform in [-scale, scale).
 * @param {number} stream
 * @param {number} count
 * @param {number} [scale]
 */
export const fill = (stream, count, scale = 1) =>
  Float32Array.from({ length: count }, (_, i) => ((hash(stream, i) / 2 ** 32) * 2 - 1) * scale);

export const LEARNING_RATE = 0.01;
export const MOMENTUM = 0.9;
/** What batch norm adds to a variance. */
export const EPSILON = 1e-5;
/** The share of a batch in batch norm's running statistics. */
export const RUNNING_MOMENTUM = 0.1;
export const CLASSES = 10;

/** The attacks' networks tell the classes apart by a bias; see `bench/attacks.ts`. PGD: its one class is ahead by so much more. */
export const AHEAD = 8;
/** PGD in L∞: radius of the ball, length of a step, steps. */
export const PGD = { eps: 8 / 255, epsStep: 2 / 255, steps: 10 };
/** DDN: first norm of the change, the share by which it shrinks and grows, the lengths of the first and the last step, steps. */
export const DDN = { initEpsilon: 1, gamma: 0.05, longest: 1, shortest: 0.01, steps: 10 };

/** @typedef {{ name: string, width: number, batch: number, channels: number, side: number }} Network */

/**
 * ResNet-18 with the 3×3 stem, by the workloads that run it: W networks, A attacks.
 * @type {Readonly<Record<string, Network>>}
 */
const networks = {
  W4: { name: 'width 64', width: 64, batch: 16, channels: 3, side: 32 },
  W4m: { name: 'width 16', width: 16, batch: 32, channels: 1, side: 28 },
  A1: { name: 'width 16', width: 16, batch: 100, channels: 3, side: 32 },
  A2: { name: 'width 16', width: 16, batch: 100, channels: 3, side: 32 },
  A3: { name: 'width 16', width: 16, batch: 100, channels: 3, side: 32 },
};

/**
 * The network of a training (W4, W4m), inference (W5, W5m) or attack (A1, A2, A3) workload.
 * @param {string} workload
 */
export const networkOf = (workload) => networks[workload.replace('5', '4')];

/** @param {Network} network */
export const images = ({ batch, channels, side }) => fill(1000, batch * channels * side * side);

/**
 * The same in [0, 1), for attacks.
 * @param {Network} network
 */
export const pixels = (network) => images(network).map((value) => (value + 1) / 2);

/** @param {Network} network */
export const labels = ({ batch }) => Int32Array.from({ length: batch }, (_, i) => hash(2000, i) % CLASSES);

/** @param {readonly number[]} shape */
export const elements = (shape) => shape.reduce((product, length) => product * length, 1);

/**
 * @typedef {{ kind: 'convolution' | 'gamma' | 'beta' | 'linear' | 'bias', shape: number[] }} Parameter
 * @typedef {{ parameter: number, index: number, to: number, kernel: number, stride: number, padding: number }} Convolution
 * @typedef {{ first: Convolution, second: Convolution, projection: Convolution | null }} Block
 */

/**
 * Parameters in PyTorch's order and shapes (weight, gamma, beta of each convolution; weight and bias of the last layer), and
 * which of them each convolution uses.
 * @param {Network} network
 */
export function layersOf({ width, channels }) {
  /** @type {Parameter[]} */
  const parameters = [];
  /** @type {Convolution[]} */
  const convolutions = [];
  /**
   * @param {number} from
   * @param {number} to
   * @param {number} kernel
   * @param {number} stride
   */
  const convolution = (from, to, kernel, stride) => {
    const parameter = parameters.length;
    parameters.push(
      { kind: 'convolution', shape: [to, from, kernel, kernel] },
      { kind: 'gamma', shape: [to] },
      { kind: 'beta', shape: [to] },
    );
    const added = { parameter, index: convolutions.length, to, kernel, stride, padding: (kernel - 1) / 2 };
    convolutions.push(added);
    return added;
  };
  const stem = convolution(channels, width, 3, 1);
  /** @type {Block[]} */
  const blocks = [];
  let from = width;
  for (let stage = 0; stage < 4; stage++)
    for (let index = 0; index < 2; index++) {
      const to = width * 2 ** stage;
      const stride = stage > 0 && index === 0 ? 2 : 1;
      const first = convolution(from, to, 3, stride);
      const second = convolution(to, to, 3, 1);
      blocks.push({ first, second, projection: from === to ? null : convolution(from, to, 1, stride) });
      from = to;
    }
  const linear = parameters.length;
  parameters.push({ kind: 'linear', shape: [CLASSES, from] }, { kind: 'bias', shape: [CLASSES] });
  return { parameters, convolutions, stem, blocks, linear };
}

/**
 * First values of a parameter; its position among all of them is the stream of its numbers.
 * @param {Parameter} parameter
 * @param {number} position
 */
export function initialValues({ kind, shape }, position) {
  const count = elements(shape);
  if (kind === 'convolution') return fill(position, count, Math.sqrt((6 * shape[0]) / count));
  if (kind === 'linear') return fill(position, count, Math.sqrt(1 / shape[1]));
  return new Float32Array(count).fill(kind === 'gamma' ? 1 : 0);
}

/**
 * The last layer's bias for an attack: mean logits of nought for every class, so that classes vary among images; for PGD class 0
 * is then so far ahead that no image is broken, and every system takes all steps.
 * @param {ArrayLike<number>} logits [images, classes], with a bias of nought
 * @param {boolean} ahead
 */
export function attackBias(logits, ahead) {
  const bias = new Float64Array(CLASSES);
  const count = logits.length / CLASSES;
  for (let i = 0; i < logits.length; i++) bias[i % CLASSES] -= logits[i] / count;
  if (ahead) bias[0] += AHEAD;
  return Float32Array.from(bias);
}

/**
 * How far class 0 is ahead of the best other class, on average: what a PGD has left of it.
 * @param {ArrayLike<number>} logits [images, classes]
 */
export function meanMargin(logits) {
  let sum = 0;
  for (let i = 0; i < logits.length; i += CLASSES) {
    let other = Number.NEGATIVE_INFINITY;
    for (let k = 1; k < CLASSES; k++) other = Math.max(other, logits[i + k]);
    sum += logits[i] - other;
  }
  return (sum * CLASSES) / logits.length;
}
