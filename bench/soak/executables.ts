import {
  add,
  batchNorm,
  batchNormStatistics,
  compile,
  concatenate,
  conv2d,
  type Device,
  type DType,
  elements,
  gelu,
  gradients,
  layerNorm,
  linear,
  matmul,
  max,
  maxPool2d,
  mean,
  multiply,
  type Node,
  relu,
  scale,
  sigmoid,
  softmax,
  softmaxCrossEntropy,
  spec,
  sqrt,
  square,
  sum,
  type TensorType,
  tanh,
  transpose,
} from '../../src/engine/index.ts';

/** A function that is compiled: types of its inputs, one of its outputs. */
interface Program {
  readonly inputs: readonly TensorType[];
  readonly result: (inputs: readonly Node[]) => Node;
}

const program = (inputs: readonly TensorType[], result: (inputs: readonly Node[]) => Node): Program => ({
  inputs,
  result,
});

const matrix = spec([16, 24]);
const images = spec([2, 4, 12, 12]);
const filters = spec([4, 3, 3, 6]);
const channels = spec([4]);

/** Products, convolutions, norms, sums, derivatives, fused chains and number formats: the kinds of kernels that models and attacks run. */
const PROGRAMS: readonly Program[] = [
  program([matrix, spec([24, 8])], ([a, b]) => matmul(a, b)),
  program([matrix, spec([8, 24]), spec([8])], ([x, weight, bias]) => relu(linear(x, weight, bias))),
  program([matrix, spec([24, 8])], ([a, b]) => gradients(sum(matmul(a, b)), [a])[0]),
  program([images, filters], ([x, weight]) => conv2d(x, weight, { padding: 1 })),
  program([images, filters], ([x, weight]) => gradients(sum(conv2d(x, weight, { padding: 1 })), [weight])[0]),
  program([images, filters], ([x, weight]) => gradients(sum(conv2d(x, weight, { padding: 1 })), [x])[0]),
  program([images, channels, channels], ([x, gamma, beta]) => relu(batchNorm(x, batchNormStatistics(x), gamma, beta))),
  program([images], ([x]) => maxPool2d(x, { kernel: 2, stride: 2 })),
  program([matrix, spec([24]), spec([24])], ([x, weight, bias]) => layerNorm(x, { weight, bias })),
  program([matrix], ([x]) => softmax(x)),
  program([matrix, spec([16], 'i32')], ([x, labels]) => mean(softmaxCrossEntropy(x, labels))),
  program([matrix], ([x]) => gelu(add(x, scale(square(x), 0.5)))),
  program([matrix, matrix], ([a, b]) => multiply(tanh(a), sigmoid(b))),
  program([matrix], ([x]) => sqrt(sum(square(x), [1]))),
  program([matrix], ([x]) => max(x, [0])),
  program([matrix, matrix], ([a, b]) => concatenate([transpose(a, [1, 0]), transpose(b, [1, 0])], 1)),
  ...(['f16', 'f32x2', 'f64'] satisfies DType[]).map((dtype) =>
    program([spec([16, 24], dtype), spec([16, 24], dtype)], ([a, b]) => sum(multiply(a, b))),
  ),
  program([spec([16, 24], 'f16'), spec([24, 8], 'f16')], ([a, b]) => matmul(a, b)),
];

/** Executables that one call of `compileAndFree` compiles. */
export const EXECUTABLES = PROGRAMS.length;

/** A host array of this type: ones, which are also a class of the labels. */
function ones({ shape, dtype }: TensorType): Float32Array | Float64Array | Int32Array {
  const size = elements(shape);
  if (dtype === 'i32') return new Int32Array(size).fill(1);
  return dtype === 'f64' || dtype === 'f32x2' ? new Float64Array(size).fill(1) : new Float32Array(size).fill(1);
}

/** Compiles each of these functions, runs it once, reads the result and frees it. @throws Error where a result is not finite */
export async function compileAndFree(device: Device): Promise<void> {
  for (const [at, { inputs, result }] of PROGRAMS.entries()) {
    const specs = Object.fromEntries(inputs.map((type, i) => [`x${i}`, type]));
    const executable = await compile((nodes) => ({ y: result(inputs.map((_, i) => nodes[`x${i}`])) }), specs, {
      device,
      name: `soak ${at}`,
    });
    try {
      const { y } = executable.run(Object.fromEntries(inputs.map((type, i) => [`x${i}`, ones(type)])));
      const values = await y.read();
      if (!values.every(Number.isFinite)) throw new Error(`soak ${at}: a result is not finite`);
    } finally {
      executable.free();
    }
  }
}
