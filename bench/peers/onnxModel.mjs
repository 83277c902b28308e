/** Writes ONNX models (opset 13), as far as the workloads need them: protocol buffers by hand. */
import { EPSILON, fill, initialValues, layersOf } from './network.mjs';

/** @typedef {Uint8Array} Bytes */
/** @typedef {{ name: string, shape: number[], data: Float32Array }} Initialiser */

const text = new TextEncoder();

/**
 * @param {number} value a whole number from 0
 * @returns {number[]}
 */
const varint = (value) => (value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]);

/** @param {readonly (Bytes | number[])[]} parts */
function join(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * A field with a length: bytes, a text or a message.
 * @param {number} field
 * @param {Bytes | string} content
 */
function lengthField(field, content) {
  const bytes = typeof content === 'string' ? text.encode(content) : content;
  return join([varint(8 * field + 2), varint(bytes.length), bytes]);
}

/**
 * @param {number} field
 * @param {number} value
 */
const numberField = (field, value) => join([varint(8 * field), varint(value)]);

/**
 * @param {number} field
 * @param {number} value
 */
const floatField = (field, value) => join([varint(8 * field + 5), new Uint8Array(Float32Array.of(value).buffer)]);

const FLOAT = 1;

/** @param {Initialiser} initialiser */
const tensorProto = ({ name, shape, data }) =>
  join([
    ...shape.map((length) => numberField(1, length)),
    numberField(2, FLOAT),
    lengthField(8, name),
    lengthField(9, new Uint8Array(data.buffer)),
  ]);

/**
 * @param {string} name
 * @param {readonly number[]} shape
 */
function valueInfo(name, shape) {
  const dimensions = join(shape.map((length) => lengthField(1, numberField(1, length))));
  const type = lengthField(1, join([numberField(1, FLOAT), lengthField(2, dimensions)]));
  return join([lengthField(1, name), lengthField(2, type)]);
}

/**
 * Attributes are whole numbers, lists of them, or `{ float }`.
 * @param {string} name
 * @param {number | number[] | { float: number }} value
 */
function attribute(name, value) {
  const named = lengthField(1, name);
  if (typeof value === 'number') return join([named, numberField(3, value), numberField(20, 2)]);
  if (Array.isArray(value)) return join([named, ...value.map((each) => numberField(8, each)), numberField(20, 7)]);
  return join([named, floatField(2, value.float), numberField(20, 1)]);
}

/** A model in the making: one input x, one output y. */
class Graph {
  /** @type {Bytes[]} */
  nodes = [];
  /** @type {Bytes[]} */
  initialisers = [];

  /**
   * @param {string} name
   * @param {number[]} shape
   * @param {Float32Array} data
   */
  constant(name, shape, data) {
    this.initialisers.push(tensorProto({ name, shape, data }));
    return name;
  }

  /**
   * @param {string} type
   * @param {string[]} inputs
   * @param {Record<string, number | number[] | { float: number }>} [attributes]
   * @param {string} [output]
   */
  apply(type, inputs, attributes = {}, output = `t${this.nodes.length}`) {
    this.nodes.push(
      join([
        ...inputs.map((name) => lengthField(1, name)),
        lengthField(2, output),
        lengthField(4, type),
        ...Object.entries(attributes).map(([name, value]) => lengthField(5, attribute(name, value))),
      ]),
    );
    return output;
  }

  /**
   * @param {readonly number[]} input
   * @param {readonly number[]} output
   */
  finish(input, output) {
    const graph = join([
      ...this.nodes.map((node) => lengthField(1, node)),
      lengthField(2, 'model'),
      ...this.initialisers.map((tensor) => lengthField(5, tensor)),
      lengthField(11, valueInfo('x', input)),
      lengthField(12, valueInfo('y', output)),
    ]);
    const operators = join([lengthField(1, ''), numberField(2, 13)]);
    return join([numberField(1, 8), lengthField(7, graph), lengthField(8, operators)]);
  }
}

/** y = x · b, both 1024 × 1024. */
export function matmulModel() {
  const graph = new Graph();
  const side = 1024;
  graph.apply('MatMul', ['x', graph.constant('b', [side, side], fill(2, side * side))], {}, 'y');
  return graph.finish([side, side], [side, side]);
}

/** 3×3 convolution, 64 → 64 channels, 16 images of 32×32. */
export function convolutionModel() {
  const graph = new Graph();
  const weight = graph.constant('weight', [64, 64, 3, 3], fill(2, 64 * 64 * 9));
  graph.apply('Conv', ['x', weight], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }, 'y');
  return graph.finish([16, 64, 32, 32], [16, 64, 32, 32]);
}

/**
 * Inference of ResNet-18.
 * @param {import('./network.mjs').Network} network
 */
export function networkModel(network) {
  const { parameters, stem, blocks, linear } = layersOf(network);
  const graph = new Graph();
  const names = parameters.map((each, i) => graph.constant(`parameter ${i}`, each.shape, initialValues(each, i)));
  /**
   * @param {string} x
   * @param {import('./network.mjs').Convolution} convolution
   */
  const convolveAndNormalise = (x, { parameter, index, to, kernel, stride, padding }) => {
    const [weight, gamma, beta] = names.slice(parameter, parameter + 3);
    const attributes = {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [padding, padding, padding, padding],
    };
    const mean = graph.constant(`mean ${index}`, [to], new Float32Array(to));
    const variance = graph.constant(`variance ${index}`, [to], new Float32Array(to).fill(1));
    const convolved = graph.apply('Conv', [x, weight], attributes);
    return graph.apply('BatchNormalization', [convolved, gamma, beta, mean, variance], {
      epsilon: { float: EPSILON },
    });
  };
  let h = graph.apply('Relu', [convolveAndNormalise('x', stem)]);
  for (const { first, second, projection } of blocks) {
    const inner = graph.apply('Relu', [convolveAndNormalise(h, first)]);
    const shortcut = projection === null ? h : convolveAndNormalise(h, projection);
    h = graph.apply('Relu', [graph.apply('Add', [convolveAndNormalise(inner, second), shortcut])]);
  }
  const features = graph.apply('Flatten', [graph.apply('GlobalAveragePool', [h])]);
  graph.apply('Gemm', [features, names[linear], names[linear + 1]], { transB: 1 }, 'y');
  const { batch, channels, side } = network;
  return graph.finish([batch, channels, side, side], [batch, parameters[linear].shape[0]]);
}
