import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { input, reachable, spec } from '../../../src/engine/graph/graph.ts';
import type { Node } from '../../../src/engine/graph/op.ts';
import type { Shape } from '../../../src/engine/graph/shape.ts';
import {
  add,
  exp,
  fill,
  greater,
  multiply,
  offset,
  relu,
  scale,
  subtract,
  where,
} from '../../../src/engine/ops/elementwise/elementwise.ts';
import { MOST_INPUTS, type Operation } from '../../../src/engine/ops/elementwise/fused.ts';
import { expand, sum } from '../../../src/engine/ops/reduce/sum.ts';
import { pad, reshape, slice, transpose } from '../../../src/engine/ops/shape/shape.ts';
import { fuse } from '../../../src/engine/passes/fuse.ts';
import { gradients } from '../../../src/engine/passes/gradients.ts';
import { interpret } from '../../reference/interpreter.ts';
import { randomGraph } from '../../support/randomGraph.ts';

const tensor = (shape: Shape, name = 'x'): Node => input(spec(shape), name);
const names = (outputs: readonly Node[]) =>
  reachable(outputs)
    .filter(({ inputs }) => inputs.length > 0)
    .map(({ op }) => op.name);

/** How many operations of these names a graph computes. */
const countOf = (outputs: readonly Node[], wanted: readonly string[]): number =>
  reachable(outputs)
    .flatMap(({ op, attributes }) =>
      op.name === 'fused' ? (attributes.operations as Operation[]).map((operation) => operation.op) : op.name,
    )
    .filter((name) => wanted.includes(name)).length;

describe('fuse', () => {
  it('never changes a value', () => {
    fc.assert(
      fc.property(randomGraph(), ({ outputs, feeds }) => {
        // The same operations on the same operands: equal to the last bit.
        expect(interpret(fuse(outputs), feeds)).toEqual(interpret(outputs, feeds));
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  it('never changes a gradient', () => {
    fc.assert(
      fc.property(randomGraph(12), ({ outputs: [output], inputs, feeds }) => {
        const found = gradients(sum(output), inputs);
        expect(interpret(fuse(found), feeds)).toEqual(interpret(found, feeds));
      }),
      { numRuns: 200, seed: 2 },
    );
  });

  it('computes nothing costly twice', () => {
    const costly = ['exp', 'log', 'sqrt', 'divide', 'sum', 'max', 'pad', 'concatenate'];
    let count = 0;
    fc.assert(
      fc.property(randomGraph(60), ({ outputs }) => {
        expect(countOf(fuse(outputs), costly)).toBe(countOf(outputs, costly));
        count += countOf(outputs, costly);
      }),
      { numRuns: 300, seed: 3 },
    );
    expect(count).toBeGreaterThan(500);
  });

  it('computes again what is easier computed than remembered', () => {
    const [x, mean, deviation, g] = [
      tensor([2, 3, 64]),
      tensor([3], 'mean'),
      tensor([3], 'sd'),
      tensor([2, 3, 64], 'g'),
    ];
    const perChannel = (row: Node) => reshape(row, [3, 1]);
    const normal = multiply(subtract(x, perChannel(mean)), perChannel(deviation));
    const kernels = fuse([relu(normal), add(g, normal)]);
    expect(kernels.map(({ inputs }) => inputs)).toEqual([
      [x, mean, deviation],
      [x, mean, deviation, g],
    ]);
    // What reads two large tensors takes less time to read than to compute.
    const product = multiply(x, g);
    expect(names(fuse([relu(product), add(g, product)]))).toEqual(['multiply', 'relu', 'add']);
    // So does what takes more than four operations.
    const long = scale(offset(scale(offset(scale(x, 2), 1), 3), 1), 4);
    expect(names(fuse([relu(long), add(g, long)]))).toEqual(['fused', 'relu', 'add']);
    // Who reads it as a whole, needs it in memory, and then the others read it there.
    expect(names(fuse([relu(normal), sum(normal)]))).toEqual(['fused', 'relu', 'sum']);
  });

  it('keeps every kernel within the buffers that WebGPU promises, and fuses at all', () => {
    let before = 0;
    let after = 0;
    fc.assert(
      fc.property(randomGraph(60), ({ outputs }) => {
        const fused = fuse(outputs);
        for (const { inputs, op } of reachable(fused))
          if (op.name === 'fused') expect(inputs.length).toBeLessThanOrEqual(MOST_INPUTS);
        before += names(outputs).length;
        after += names(fused).length;
      }),
      { numRuns: 300, seed: 4 },
    );
    expect(after).toBeLessThan(before / 2);
  });

  it('makes one kernel of a batch norm with ReLU and residual, its vectors read through views', () => {
    const x = tensor([2, 3, 4, 4]);
    const [gain, shift] = [tensor([3], 'gain'), tensor([3], 'shift')];
    const perChannel = (vector: Node) => reshape(vector, [3, 1, 1]);
    const output = relu(add(add(multiply(x, perChannel(gain)), perChannel(shift)), x));
    const [fused] = fuse([output]);
    expect(fused.inputs).toEqual([x, gain, shift]);
    expect(fused.attributes.views).toEqual([
      { input: 0, offset: 0, strides: [48, 16, 4, 1] },
      { input: 1, offset: 0, strides: [0, 1, 0, 0] },
      { input: 2, offset: 0, strides: [0, 1, 0, 0] },
    ]);
    expect((fused.attributes.operations as Operation[]).map(({ op, operands }) => [op, operands])).toEqual([
      ['multiply', [0, 1]],
      ['add', [3, 2]],
      ['add', [4, 0]],
      ['relu', [5]],
    ]);
  });

  it('makes one kernel of a ReLU derivative', () => {
    const x = tensor([8]);
    const y = relu(x);
    const [gradient] = gradients(sum(multiply(exp(y), fill([8], 3))), [x]);
    expect(names(fuse([y, gradient]))).toEqual(['relu', 'fused']);
  });

  it('computes what several kernels need, or is returned, only once', () => {
    const x = tensor([4, 5]);
    const shared = exp(x);
    expect(names(fuse([sum(shared, [0]), relu(scale(shared, 2))]))).toEqual(['exp', 'sum', 'fused']);
    expect(names(fuse([relu(scale(shared, 2)), shared]))).toEqual(['exp', 'fused']);
    // Both readers end in one kernel.
    expect(names(fuse([add(relu(shared), scale(shared, 2))]))).toEqual(['fused']);
  });

  it('leaves alone what it cannot improve', () => {
    const [a, b] = [tensor([4, 5], 'a'), tensor([4, 5], 'b')];
    const outputs = [add(a, b), sum(multiply(a, b)), reshape(a, [20]), pad(a, [0, 1], [0, 0])];
    expect(fuse(outputs)).toEqual(outputs);
    expect(fuse([a])).toEqual([a]);
  });

  it('reads through what rearranges, and copies at most once otherwise', () => {
    const x = tensor([4, 6]);
    const view = slice(transpose(reshape(x, [4, 2, 3]), [1, 0, 2]), [1, 0, 0], [2, 4, 2]);
    const [read] = fuse([relu(view)]);
    expect(read.inputs).toEqual([x]);
    // Element (0, i, j) of the slice is element (i, 3 + j) of x.
    expect(read.attributes.views).toEqual([{ input: 0, offset: 3, strides: [3, 6, 1] }]);
    const [copied] = fuse([sum(view, [1])]);
    expect(copied.inputs[0].inputs).toEqual([x]);
    expect(copied.inputs[0].attributes.operations).toEqual([]);
  });

  it('computes what is read in another order before it is read', () => {
    const x = tensor([2, 2]);
    const doubled = scale(x, 2);
    const outputs = [add(doubled, transpose(doubled, [1, 0]))];
    const at = new Map([[x, Float64Array.of(1, 2, 3, 4)]]);
    expect(interpret(fuse(outputs), at).map((values) => [...values])).toEqual([[4, 10, 10, 16]]);
    expect(names(fuse(outputs))).toEqual(['scale', 'fused']);
  });

  it('copies where no strides express a reshape', () => {
    const x = tensor([4, 6]);
    const outputs = [relu(reshape(transpose(x, [1, 0]), [24]))];
    expect(names(fuse(outputs))).toEqual(['transpose', 'reshape', 'relu']);
  });

  it('splits a sum of more tensors than a kernel may read', () => {
    const many = Array.from({ length: 20 }, (_, i) => tensor([5], `x${i}`));
    const [total] = fuse([many.reduce((a, b) => add(a, b))]);
    const kernels = reachable([total]).filter(({ inputs }) => inputs.length > 0);
    // Each of them takes at least MOST_INPUTS - 1 = 6 of the 20 further.
    expect(kernels.length).toBeLessThanOrEqual(4);
    expect(Math.max(...kernels.map(({ inputs }) => inputs.length))).toBe(MOST_INPUTS);
  });

  it('binds a tensor once that is read in several ways', () => {
    const [x, rows] = [tensor([2, 3, 4]), tensor([2, 3], 'rows')];
    const row = (i: number) => reshape(slice(rows, [i, 0], [i + 1, 3]), [3, 1]);
    const [fused] = fuse([add(multiply(x, row(0)), row(1))]);
    expect(fused.inputs).toEqual([x, rows]);
    expect(fused.attributes.views).toEqual([
      { input: 0, offset: 0, strides: [12, 4, 1] },
      { input: 1, offset: 0, strides: [0, 1, 0] },
      { input: 1, offset: 3, strides: [0, 1, 0] },
    ]);
    expect(fused.op.format?.(['x', 'rows'], fused.attributes)).toBe('add(multiply(x, rows), rows+3)');
  });

  it('does not compute per element what belongs to a row', () => {
    const [x, row] = [tensor([8, 9]), tensor([9], 'row')];
    // exp(row) of 9 elements stays a kernel of its own, not one exp for each of 72 elements.
    expect(names(fuse([add(x, exp(row))]))).toEqual(['exp', 'fused']);
  });

  it('turns fills into numbers, whatever shows them', () => {
    const x = tensor([3, 4]);
    const output = where(greater(x, expand(fill([4], 0.5), [3, 4])), subtract(x, fill([3, 1], 2)), fill([3, 4], 0));
    const [fused] = fuse([output]);
    expect(fused.inputs).toEqual([x]);
    expect(fused.op.format?.(['x'], fused.attributes)).toBe('where(greater(x, 0.5), subtract(x, 2), 0)');
    expect(names(fuse([sum(fill([3, 4], 2))]))).toEqual(['sum']);
  });
});
