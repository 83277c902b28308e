import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spec } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import type { Shape } from '../../../../src/engine/graph/shape.ts';
import {
  add,
  exp,
  fill,
  greater,
  multiply,
  offset,
  relu,
  subtract,
  where,
} from '../../../../src/engine/ops/elementwise/elementwise.ts';
import { MOST_INPUTS } from '../../../../src/engine/ops/elementwise/fused.ts';
import { sum } from '../../../../src/engine/ops/reduce/sum.ts';
import { reshape, slice, transpose } from '../../../../src/engine/ops/shape/shape.ts';
import { fuse } from '../../../../src/engine/passes/fuse.ts';
import { plan } from '../../../../src/engine/plan/plan.ts';
import { compile } from '../../../../src/engine/run/compile.ts';
import { CompiledPlan } from '../../../../src/engine/run/executable.ts';
import { interpret } from '../../../reference/interpreter.ts';
import * as shapes from '../../../reference/shape.ts';
import { checkForward, integers, operand, run, useDevice } from '../../../support/checkOp.ts';
import { exactGraph, type RandomGraph } from '../../../support/randomGraph.ts';

const device = useDevice();

/** The kernels for processors' eight lanes, and those for GPUs. */
const variants = [{ subgroupsOf8: true }, { subgroupsOf8: false }];

const exact = { why: 'nothing is rounded' };

/** Which zero it is, drivers do not care. */
const positiveZeros = (values: Float64Array) => values.map((value) => value + 0);

/** The outputs of a graph on the device. */
async function evaluated({ inputs, outputs, feeds }: RandomGraph, subgroupsOf8: boolean) {
  const capabilities = { ...device().capabilities, subgroupsOf8 };
  const planned = plan({ name: 'random graph', inputs, outputs, donations: [], capabilities });
  const executable = new CompiledPlan(device(), planned, outputs, true);
  const tensors = executable.run(inputs.map((node) => Float32Array.from(feeds.get(node) as Float64Array)));
  const values: Float64Array[] = [];
  for (const tensor of tensors) values.push(Float64Array.from(await tensor.read()));
  await executable.checkGuards();
  executable.free();
  return { values, kernels: planned.steps.length };
}

describe('fused kernels', () => {
  it('compute what the ops compute one by one, and what the references say', async () => {
    let alone = 0;
    let together = 0;
    await fc.assert(
      fc.asyncProperty(exactGraph(20), fc.boolean(), async (graph, subgroupsOf8) => {
        const expected = interpret(graph.outputs, graph.feeds).map(positiveZeros);
        const separate = await evaluated(graph, subgroupsOf8);
        const fused = await evaluated({ ...graph, outputs: fuse(graph.outputs) }, subgroupsOf8);
        expect(separate.values.map(positiveZeros)).toEqual(expected);
        expect(fused.values.map(positiveZeros)).toEqual(expected);
        alone += separate.kernels;
        together += fused.kernels;
      }),
      { numRuns: 25, seed: 3 },
    );
    expect(together).toBeLessThan(alone / 2);
  });

  it('read as many tensors as WebGPU allows, in one kernel', async () => {
    const operands = Array.from({ length: MOST_INPUTS }, (_, k) => operand([5, 8], k));
    const expected = operands[0].data.map((_, i) =>
      operands.reduce((total, { data }) => Math.fround(total + data[i]), 0),
    );
    for (const capabilities of variants)
      await checkForward(
        device(),
        (nodes) => nodes.reduce(add),
        operands,
        Float64Array.from(expected),
        exact,
        capabilities,
      );
  });

  // Views whose rows are whole, in fours or not, strided, repeated, or shifted.
  it.each<[string, Shape, (x: Node) => Node, (x: Float64Array) => Float64Array]>([
    ['transposed', [6, 8], (x) => transpose(x, [1, 0]), (x) => shapes.transpose(x, [6, 8], [1, 0])],
    [
      'cut at a multiple of four',
      [4, 16],
      (x) => slice(x, [1, 4], [3, 12]),
      (x) => shapes.slice(x, [4, 16], [1, 4], [3, 12]),
    ],
    ['cut elsewhere', [4, 16], (x) => slice(x, [1, 3], [3, 11]), (x) => shapes.slice(x, [4, 16], [1, 3], [3, 11])],
    [
      'channels last',
      [3, 4, 5, 5],
      (x) => transpose(x, [0, 2, 3, 1]),
      (x) => shapes.transpose(x, [3, 4, 5, 5], [0, 2, 3, 1]),
    ],
    [
      'cut and turned',
      [4, 6],
      (x) => slice(transpose(reshape(x, [4, 2, 3]), [1, 0, 2]), [1, 0, 0], [2, 4, 2]),
      (x) => shapes.slice(shapes.transpose(x, [4, 2, 3], [1, 0, 2]), [2, 4, 3], [1, 0, 0], [2, 4, 2]),
    ],
  ])('read through what is %s', async (_, shape, view, meaning) => {
    const x = operand(shape, 1);
    const expected = meaning(Float64Array.from(x.data)).map((value) => Math.max(value, 0));
    for (const capabilities of variants)
      await checkForward(device(), ([node]) => relu(view(node)), [x], expected, exact, capabilities);
  });

  it.each<Shape>([
    [6, 8],
    [3, 5],
  ])('read [%i, %i] whole, by row and by column at once', async (rows, columns) => {
    const x = operand([rows, columns], 1);
    const expected = x.data.map((value, i) => {
      const [row, column] = [Math.floor(i / columns), i % columns];
      return Math.fround(Math.fround(value - x.data[row * columns + columns - 1]) - x.data[columns + column]);
    });
    const build = ([node]: Node[]) => {
      const last = slice(node, [0, columns - 1], [rows, columns]);
      const second = slice(node, [1, 0], [2, columns]);
      return subtract(subtract(node, last), second);
    };
    for (const capabilities of variants)
      await checkForward(device(), build, [x], Float64Array.from(expected), exact, capabilities);
  });

  it('do not read in fours what ends between them', async () => {
    // Of 18 elements the last lies behind the last whole vec4: WGSL lets an array of vec4 not reach it, though lavapipe would.
    const executable = await compile(
      ({ a, b }) => ({ y: add(b, add(reshape(slice(a, [0], [16]), [4, 4]), slice(a, [17], [18]))) }),
      { a: spec([18]), b: spec([4, 4]) },
      { device: device() },
    );
    expect(executable.plan.steps.map((step) => step.kind === 'dispatch' && step.call.constants?.WIDE)).toEqual([1]);
    const a = Float32Array.from({ length: 18 }, (_, i) => i + 1);
    const { y } = executable.run({ a, b: new Float32Array(16).fill(100) });
    expect([...(await y.read())]).toEqual(Array.from({ length: 16 }, (_, i) => 100 + i + 1 + 18));
    executable.free();
  });

  it('mix formats', async () => {
    const labels = integers([0, 3, 1, 2], [4]);
    const x = { data: Float32Array.of(0.5, -0.5, 2, -3), shape: [4] };
    const build = ([k, y]: Node[]) => where(greater(k, fill([4], 0, 'i32')), offset(y, 1), multiply(y, y));
    expect([...(await run(device(), build, [labels, x]))]).toEqual([0.25, 0.5, 3, -2]);
  });

  it('give way to what sums their result', async () => {
    // exp is needed by the sum and by the product: it is computed once, and both read it.
    const x = { data: Float32Array.of(0, 0, 0, 0, 0), shape: [5] };
    const build = ([node]: Node[]) => multiply(exp(node), sum(exp(node)));
    expect([...(await run(device(), build, [x]))]).toEqual([5, 5, 5, 5, 5]);
  });
});
