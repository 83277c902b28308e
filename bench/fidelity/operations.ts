import {
  batchNorm,
  batchNormStatistics,
  cast,
  compile,
  conv2d,
  type Device,
  elements,
  globalAveragePool,
  gradients,
  hostArray,
  literal,
  matmul,
  max,
  maxPool2d,
  mean,
  type Node,
  relu,
  type Shape,
  scale,
  softmaxCrossEntropy,
  spec,
  subtract,
  sum,
} from '../../src/engine/index.ts';
import { type FloatDType, precisions } from './arithmetic.ts';
import { dyadic, nearestDouble, negated, oddDouble, sum as sumOfTwo } from './exact.ts';
import { words } from './numbers.ts';
import * as references from './operationReferences.ts';
import { type FidelityRow, Tally } from './tally.ts';

interface Operation {
  readonly operands: readonly Shape[];
  readonly build: (operands: readonly Node[]) => Node;
  readonly reference: (operands: readonly Float64Array[]) => references.Expected[];
  /** The largest operand, where results of larger ones say nothing. */
  readonly limit?: number;
}

const DEPTH = 40;
const matrices = [17, DEPTH, 15] as const;
const rows: Shape = [100, 24];
const images = { x: [1, 4, 5, 4], weight: [4, 3, 3, 8], y: [1, 8, 5, 4], stride: 1, padding: 1 } as const;
const channels: Shape = [3, 4, 4, 5];
const planes: Shape = [8, 12, 5, 4];
const windows = { kernel: 3, stride: 2, padding: 1 } as const;
const CLASSES = 10;
const labels = Int32Array.from({ length: 96 }, (_, i) => i % CLASSES);
/** Numbers of every format, so that no rounding of theirs counts. */
const EPSILON = 2 ** -17;
const RATE = 0.75;

/** A literal whose value does not matter: a gradient by it does not depend on it. */
const zeros = (shape: Shape, like: Node) => {
  const data = like.dtype === 'f32x2' || like.dtype === 'f64' ? Float64Array : Float32Array;
  return literal(new data(elements(shape)), shape, like.dtype);
};

/** Ops of the engine that are made of many operations, at small sizes. */
const operations = {
  matmul: {
    operands: [
      [matrices[0], DEPTH],
      [DEPTH, matrices[2]],
    ],
    build: ([a, b]) => matmul(a, b),
    reference: ([a, b]) => references.matmul(a, b, matrices),
  },
  conv2d: {
    operands: [images.x, images.weight],
    build: ([x, weight]) => conv2d(x, weight, images),
    reference: ([x, weight]) =>
      references.conv2d(images, 'y', { place: 'x', data: x }, { place: 'weight', data: weight }),
  },
  conv2dGradientInput: {
    operands: [images.y, images.weight],
    build: ([gradient, weight]) => {
      const x = zeros(images.x, weight);
      return gradients(conv2d(x, weight, images), [x], gradient)[0];
    },
    reference: ([gradient, weight]) =>
      references.conv2d(images, 'x', { place: 'y', data: gradient }, { place: 'weight', data: weight }),
  },
  conv2dGradientWeight: {
    operands: [images.y, images.x],
    build: ([gradient, x]) => {
      const weight = zeros(images.weight, x);
      return gradients(conv2d(x, weight, images), [weight], gradient)[0];
    },
    reference: ([gradient, x]) =>
      references.conv2d(images, 'weight', { place: 'y', data: gradient }, { place: 'x', data: x }),
  },
  sum: {
    operands: [rows],
    build: ([x]) => sum(x, [1]),
    reference: ([x]) => references.sums(x, rows[1]),
  },
  mean: {
    operands: [rows],
    build: ([x]) => mean(x, [1]),
    reference: ([x]) => references.ofRows(x, rows[1], references.meanOf),
  },
  max: {
    operands: [rows],
    build: ([x]) => max(x, [1]),
    reference: ([x]) => references.ofRows(x, rows[1], (row) => references.single(Math.max(...row))),
  },
  batchNorm: {
    operands: [channels, [channels[1]], [channels[1]]],
    // The parameters have the format of the statistics, f32 for the small formats.
    build: ([x, gamma, beta]) => {
      const statistics = batchNormStatistics(x, { epsilon: EPSILON });
      return batchNorm(x, statistics, cast(gamma, statistics.dtype), cast(beta, statistics.dtype));
    },
    reference: ([x, gamma, beta]) => references.batchNorm(x, channels, gamma, beta, EPSILON),
  },
  softmaxCrossEntropy: {
    operands: [[labels.length, CLASSES]],
    build: ([logits]) => softmaxCrossEntropy(logits, literal(labels, [labels.length], 'i32')),
    reference: ([logits]) => {
      const row = (i: number) => logits.subarray(i * CLASSES, (i + 1) * CLASSES);
      return Array.from(labels, (label, i) => references.crossEntropy(row(i), label));
    },
    limit: 32,
  },
  globalAveragePool: {
    operands: [planes],
    build: ([x]) => globalAveragePool(x),
    reference: ([x]) => references.ofRows(x, planes[2] * planes[3], references.meanOf),
  },
  maxPool2d: {
    operands: [planes],
    build: ([x]) => maxPool2d(x, windows),
    reference: ([x]) => references.maxPool2d(x, [planes[0] * planes[1], planes[2], planes[3]], windows),
  },
  relu: {
    operands: [[1000]],
    build: ([x]) => relu(x),
    reference: ([x]) => Array.from(x, (each) => references.single(Math.max(each, 0))),
  },
  sgdStep: {
    operands: [[1000], [1000]],
    build: ([parameter, gradient]) => subtract(parameter, scale(gradient, RATE)),
    reference: ([parameter, gradient]) =>
      Array.from(parameter, (each, i) =>
        references.sumOfProducts([
          [each, 1],
          [gradient[i], -RATE],
        ]),
      ),
  },
} as const satisfies Record<string, Operation>;

export type OperationName = keyof typeof operations;

export const operationNames = Object.keys(operations) as OperationName[];

/** Half as many binary orders as the wide operands of a format span: what they make stays in the range in which its kernels are exact. */
const breadth: Readonly<Record<FloatDType, number>> = { f8e4m3: 3, f8e5m2: 6, f16: 6, f32: 30, f32x2: 15, f64: 40 };

type Kind = (uniform: () => number, i: number) => number;

const normal = (uniform: () => number) => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
const sign = (uniform: () => number) => (uniform() < 0.5 ? -1 : 1);
const pick = (uniform: () => number, from: readonly number[]) => from[Math.floor(uniform() * from.length)];

/** Kinds of operands of a format: random, of wide exponents, of sums that cancel, halfway between two numbers, subnormal. */
function kindsOf(dtype: FloatDType, subnormals: boolean): readonly Kind[] {
  const { bits, smallest } = precisions[dtype];
  const unit = 2 ** (1 - bits);
  const kinds: Kind[] = [
    normal,
    (uniform) => normal(uniform) * 2 ** ((2 * uniform() - 1) * breadth[dtype]),
    (uniform, i) => (i % 2 === 0 ? 1 : -1) * (1 + unit * Math.floor(uniform() * 4)),
    (uniform) => sign(uniform) * pick(uniform, [1, 1 + unit, unit / 2, 1.5 * unit, 0, 2]),
  ];
  return subnormals ? [...kinds, (uniform) => sign(uniform) * Math.floor(uniform() * 9) * 2 ** smallest] : kinds;
}

/**
 * Runs an op on a device and compares every element with the exact result of its operands, rounded once; the sign of zero does not count.
 * An error is measured in units in the last place of the sum of the absolute values of the terms that the result is made of: where they
 * cancel, the result's own unit says how much they cancel, not how well they were added. Of max, maxPool2d and relu that is the result's
 * own unit. Subnormals are left out of f32x2, whose second number is lost there, and of f32 where the device flushes them.
 */
export async function measureOperation(
  device: Device,
  name: OperationName,
  dtype: FloatDType,
  { cases, seed }: { cases: number; seed: number },
): Promise<FidelityRow> {
  const { operands: shapes, build, reference, limit = Infinity }: Operation = operations[name];
  const executable = await compile(
    ({ operands }: { operands: Node[] }) => ({ y: build(operands) }),
    { operands: shapes.map((shape) => spec(shape, dtype)) },
    { device, name: `${dtype} ${name}`, guarded: true },
  );
  const kinds = kindsOf(dtype, dtype !== 'f32x2' && (dtype !== 'f32' || device.profile.probes.f32Subnormals));
  const tally = new Tally();
  try {
    for (let done = 0, run = 0; done < cases; run++) {
      const operands = shapes.map((shape, k) => {
        // Every kind with every other, random numbers first.
        const kind = kinds[(k === 0 ? run : Math.floor(run / kinds.length)) % kinds.length];
        const next = words(seed + shapes.length * run + k);
        const uniform = () => (next() + (next() >>> 11) * 2 ** -21) * 2 ** -32;
        return Float64Array.from({ length: elements(shape) }, (_, i) =>
          precisions[dtype].round(Math.min(Math.max(kind(uniform, i), -limit), limit)),
        );
      });
      const feeds = operands.map((operand) => {
        const array = hostArray(dtype, operand.length);
        array.set(operand);
        return array;
      });
      const results = await executable.run({ operands: feeds }).y.read();
      await executable.checkGuards();
      const expected = reference(operands).slice(0, cases - done);
      expected.forEach((value, i) => {
        const nearest = nearestOf(value, dtype);
        if (results[i] === nearest) tally.right();
        else
          tally.off(
            unitsOff(results[i], value, dtype),
            () => `element ${i} of run ${run} is ${results[i]}, not ${nearest}`,
          );
      });
      done += expected.length;
    }
  } finally {
    executable.free();
  }
  return tally.row(name, dtype);
}

const nearestOf = ({ exact }: references.Expected, dtype: FloatDType): number =>
  dtype === 'f64' ? nearestDouble(exact) : precisions[dtype].round(oddDouble(exact));

function unitsOff(actual: number, { exact, magnitude }: references.Expected, dtype: FloatDType): number {
  if (!Number.isFinite(actual)) return Number.POSITIVE_INFINITY;
  const { bits, smallest } = precisions[dtype];
  const error = nearestDouble(sumOfTwo(dyadic(actual), negated(exact)));
  return Math.abs(error) / 2 ** Math.max(Math.floor(Math.log2(magnitude)) - bits + 1, smallest);
}
