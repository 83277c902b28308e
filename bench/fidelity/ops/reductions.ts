import {
  abs,
  argmax,
  averagePool2d,
  globalAveragePool,
  gradients,
  literal,
  logSoftmax,
  max,
  maxPool2d,
  mean,
  min,
  prod,
  type Shape,
  shrinkageTo,
  softmax,
  softmaxCrossEntropy,
  sum,
} from '../../../src/engine/index.ts';
import { FLOATS, NUMBERS, type Operation } from '../operation.ts';
import * as references from '../operationReferences.ts';
import {
  averagePool2dGradient,
  crossEntropy,
  crossEntropyGradient,
  logProbabilities,
  maxPool2dGradient,
  maxPool2d as maxPool2dOf,
  probabilities,
  windowCells,
} from '../reductionReferences.ts';

const rows: Shape = [100, 24];
const short: Shape = [100, 4];
const planes: Shape = [8, 12, 5, 4];
const windows = { kernel: 3, stride: 2, padding: 1 } as const;
const pooled: Shape = [8, 12, 3, 2];
/** Windows of which the lowest hang over. */
const hanging = { kernel: [2, 2], stride: 2, ceilMode: true } as const;
const CLASSES = 10;
const labels = Int32Array.from({ length: 96 }, (_, i) => i % CLASSES);
const logits: Shape = [labels.length, CLASSES];
const labelsNode = () => literal(labels, [labels.length], 'i32');

/** Beyond it probabilities and exponentials leave the range of the formats. */
const LARGEST_LOGIT = 32;

/** Places of each window of `hanging` in all planes. */
const cellsOfWindows = () => windowCells([planes[0] * planes[1], planes[2], planes[3]], hanging.kernel, hanging.stride);

/** Ops that make one number, or a row, of many. */
export const reductions = {
  sum: {
    formats: NUMBERS,
    operands: [rows],
    build: ([x]) => sum(x, [1]),
    reference: ([x]) => references.sums(x, rows[1]),
  },
  mean: {
    formats: FLOATS,
    operands: [rows],
    build: ([x]) => mean(x, [1]),
    reference: ([x]) => references.ofRows(x, rows[1], references.meanOf),
  },
  max: {
    formats: FLOATS,
    operands: [rows],
    build: ([x]) => max(x, [1]),
    reference: ([x]) => references.ofRows(x, rows[1], (row) => references.single(Math.max(...row))),
  },
  min: {
    formats: FLOATS,
    operands: [rows],
    build: ([x]) => min(x, [1]),
    reference: ([x]) => references.ofRows(x, rows[1], (row) => references.single(Math.min(...row))),
  },
  prod: {
    formats: NUMBERS,
    operands: [short],
    build: ([x]) => prod(x, [1]),
    reference: ([x]) => references.ofRows(x, short[1], references.productOf),
    // Products of larger or smaller ones leave the range of the formats.
    limit: 4,
    subnormals: false,
  },
  argmax: {
    formats: FLOATS,
    operands: [rows],
    build: ([x]) => argmax(x, 1),
    reference: ([x]) => references.ofRows(x, rows[1], (row) => references.single(row.indexOf(Math.max(...row)))),
  },
  shrinkageTo: {
    formats: FLOATS,
    operands: [rows, [rows[0]]],
    build: ([x, radius]) => shrinkageTo(abs(x), abs(radius)),
    reference: ([x, radius]) => {
      const row = (i: number) => x.subarray(i * rows[1], (i + 1) * rows[1]);
      return Array.from(radius, (target, i) => references.shrinkage(row(i), target));
    },
    // Sums of larger ones leave the range of the formats.
    limit: 8,
  },
  softmax: {
    formats: FLOATS,
    operands: [logits],
    build: ([x]) => softmax(x),
    reference: ([x]) => references.ofRows(x, CLASSES, probabilities).flat(),
    limit: LARGEST_LOGIT,
  },
  logSoftmax: {
    formats: FLOATS,
    operands: [logits],
    build: ([x]) => logSoftmax(x),
    reference: ([x]) => references.ofRows(x, CLASSES, logProbabilities).flat(),
    limit: LARGEST_LOGIT,
  },
  softmaxCrossEntropy: {
    formats: FLOATS,
    operands: [logits],
    build: ([x]) => softmaxCrossEntropy(x, labelsNode()),
    reference: ([x]) => {
      const row = (i: number) => x.subarray(i * CLASSES, (i + 1) * CLASSES);
      return Array.from(labels, (label, i) => crossEntropy(row(i), label));
    },
    limit: LARGEST_LOGIT,
  },
  crossEntropyGradient: {
    of: ['softmaxCrossEntropyGradient'],
    formats: FLOATS,
    operands: [logits, [labels.length]],
    build: ([x, gradient]) => gradients(softmaxCrossEntropy(x, labelsNode()), [x], gradient)[0],
    reference: ([x, gradient]) =>
      Array.from(labels).flatMap((label, i) =>
        crossEntropyGradient(x.subarray(i * CLASSES, (i + 1) * CLASSES), label, gradient[i]),
      ),
    limit: LARGEST_LOGIT,
  },
  globalAveragePool: {
    of: ['mean'],
    formats: FLOATS,
    operands: [planes],
    build: ([x]) => globalAveragePool(x),
    reference: ([x]) => references.ofRows(x, planes[2] * planes[3], references.meanOf),
  },
  maxPool2d: {
    of: ['maxPool2dPositions', 'maxPool2dTake'],
    formats: FLOATS,
    operands: [planes],
    build: ([x]) => maxPool2d(x, windows),
    reference: ([x]) => maxPool2dOf(x, [planes[0] * planes[1], planes[2], planes[3]], windows),
  },
  maxPool2dCeil: {
    of: ['maxPool2dWindowPositions'],
    formats: FLOATS,
    operands: [planes],
    build: ([x]) => maxPool2d(x, hanging),
    reference: ([x]) => cellsOfWindows().map((cells) => references.single(Math.max(...cells.map((i) => x[i])))),
  },
  averagePool2d: {
    of: ['sumPool2d'],
    formats: FLOATS,
    operands: [planes],
    build: ([x]) => averagePool2d(x, { ...hanging, countIncludePad: false }),
    reference: ([x]) => cellsOfWindows().map((cells) => references.meanOf(cells.map((i) => x[i]))),
  },
  averagePool2dGradient: {
    of: ['sumPool2dGradient'],
    formats: FLOATS,
    operands: [planes, pooled],
    build: ([x, gradient]) => gradients(averagePool2d(x, { ...hanging, countIncludePad: false }), [x], gradient)[0],
    reference: ([x, gradient]) => averagePool2dGradient(x.length, cellsOfWindows(), gradient),
  },
  maxPool2dGradient: {
    of: ['maxPool2dPut'],
    formats: FLOATS,
    operands: [planes, pooled],
    build: ([x, gradient]) => gradients(maxPool2d(x, windows), [x], gradient)[0],
    reference: ([x, gradient]) =>
      maxPool2dGradient(x, gradient, [planes[0] * planes[1], planes[2], planes[3]], windows),
  },
} satisfies Record<string, Operation>;
