import { describe, expect, it } from 'vitest';
import { gradients } from '../../../src/engine/gradients.ts';
import type { Node } from '../../../src/engine/graph.ts';
import { logSoftmax, softmax, softmaxCrossEntropy } from '../../../src/engine/ops/softmaxCrossEntropy.ts';
import { integers, operand, run, useDevice } from '../checkOp.ts';

/** Infinities and NaN where drivers' own functions, or the compilers' algebra, lose them; runs on SwiftShader, too. */
const device = useDevice();

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

/** The kernels for processors' eight lanes, and those for GPUs. */
const variants = [
  { variant: 'as the device chooses', capabilities: {} },
  { variant: 'without subgroups', capabilities: { subgroupSize: 0 } },
];

describe('softmax and cross entropy', () => {
  it.each(variants)(
    'gives NaN for rows that have no probabilities, and only there: $variant',
    async ({ capabilities }) => {
      const numbers = [1, 2, -3, 0.5, 4, 0, -1, 2.5, 3, -2];
      // torch 2.15.0's softmax, log_softmax, cross_entropy and its gradient are NaN at every place of the rows with `true`.
      const rows: [row: number[], isNan: boolean][] = [
        [numbers.with(0, nan), true],
        [numbers.with(9, nan), true],
        [numbers.with(4, inf), true],
        [numbers.with(3, inf).with(8, inf), true],
        [numbers.with(3, inf).with(5, -inf).with(7, nan), true],
        [Array(10).fill(nan), true],
        [Array(10).fill(-inf), true],
        [numbers, false],
        [numbers.with(2, -inf), false],
      ];
      const logits = { data: Float32Array.from(rows.flatMap(([row]) => row)), shape: [rows.length, 10] };
      const labels = integers(Array(rows.length).fill(2), [rows.length]);
      const operands = [logits, labels, operand([rows.length], 1)];
      const nans = async (build: (inputs: Node[]) => Node) =>
        Array.from(await run(device(), build, operands, capabilities), Number.isNaN);
      const throughout = rows.flatMap(([, isNan]) => Array<boolean>(10).fill(isNan));
      expect(await nans(([x]) => softmax(x))).toEqual(throughout);
      expect(await nans(([x]) => logSoftmax(x))).toEqual(throughout);
      expect(await nans(([x, y, g]) => gradients(softmaxCrossEntropy(x, y), [x], g)[0])).toEqual(throughout);
      expect(await nans(([x, y]) => softmaxCrossEntropy(x, y))).toEqual(rows.map(([, isNan]) => isNan));
    },
  );

  it('takes minus infinity for a probability of 0', async () => {
    const logits = { data: Float32Array.of(-Infinity, 1, 1, -Infinity, 1, 1), shape: [2, 3] };
    const labels = integers([0, 1], [2]);
    expect([...(await run(device(), ([x]) => softmax(x), [logits]))]).toEqual([0, 0.5, 0.5, 0, 0.5, 0.5]);
    const losses = await run(device(), ([x, y]) => softmaxCrossEntropy(x, y), [logits, labels]);
    expect([...losses]).toEqual([Number.POSITIVE_INFINITY, Math.fround(Math.log(2))]);
  });
});
