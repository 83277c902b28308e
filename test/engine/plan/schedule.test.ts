import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../../src/engine/errors.ts';
import { defineOp, input, reachable, spec } from '../../../src/engine/graph/graph.ts';
import type { Node } from '../../../src/engine/graph/op.ts';
import { add, exp, multiply, scale, subtract } from '../../../src/engine/ops/elementwise/elementwise.ts';
import { sum } from '../../../src/engine/ops/reduce/sum.ts';
import { reshape } from '../../../src/engine/ops/shape/shape.ts';
import { fuse } from '../../../src/engine/passes/fuse.ts';
import { gradients } from '../../../src/engine/passes/gradients.ts';
import { schedule, storageOf } from '../../../src/engine/plan/schedule.ts';
import { randomGraph } from '../../support/randomGraph.ts';

const tensor = (name: string, length = 6): Node => input(spec([length]), name);

/** Every node once, after its inputs; who overwrites an input, after all who read it. */
function checkOrder(outputs: readonly Node[], { order, inPlace }: ReturnType<typeof schedule>): void {
  expect(new Set(order)).toEqual(new Set(reachable(outputs)));
  expect(order.length).toBe(new Set(order).size);
  const at = new Map(order.map((node, i) => [node, i]));
  const position = (node: Node) => at.get(node) as number;
  for (const node of order) for (const each of node.inputs) expect(position(each)).toBeLessThan(position(node));
  for (const [writer, overwritten] of inPlace) {
    for (const node of order)
      if (node !== writer && node.inputs.some((each) => storageOf(each) === overwritten))
        expect(position(node)).toBeLessThan(position(writer));
    // What is returned from the overwritten memory would be lost.
    expect(outputs.map(storageOf)).not.toContain(overwritten);
  }
}

describe('schedule', () => {
  it('respects data, and what in-place writing would destroy', () => {
    let updates = 0;
    fc.assert(
      fc.property(randomGraph(15), fc.boolean(), ({ inputs, outputs: [loss] }, fusing) => {
        const slopes = gradients(sum(loss), inputs);
        const steps = inputs.map((node, i) => subtract(node, scale(slopes[i], 0.1)));
        const updated = fusing ? fuse([...steps, loss]) : [...steps, loss];
        const donations = inputs.map((node, output) => ({ input: node, output }));
        const found = schedule(updated, donations);
        checkOrder(updated, found);
        updates += found.inPlace.size;
      }),
      { numRuns: 200, seed: 1 },
    );
    expect(updates).toBeGreaterThan(400);
  });

  it('gives one of two updates that read each other memory of its own', () => {
    const [a, b] = [tensor('a'), tensor('b')];
    const outputs = [add(a, b), multiply(b, a)];
    const found = schedule(outputs, [
      { input: a, output: 0 },
      { input: b, output: 1 },
    ]);
    checkOrder(outputs, found);
    expect(found.inPlace.size).toBe(1);
  });

  it('does not overwrite what is returned, read through a reshape, or not read at all', () => {
    const a = tensor('a');
    const b = tensor('b');
    const inPlace = (outputs: Node[], donated: Node) => schedule(outputs, [{ input: donated, output: 0 }]).inPlace.size;
    expect(inPlace([exp(a)], a)).toBe(1);
    expect(inPlace([exp(a), a], a)).toBe(0);
    expect(inPlace([exp(a), reshape(a, [2, 3])], a)).toBe(0);
    expect(inPlace([exp(b)], a)).toBe(0);
    expect(inPlace([add(a, reshape(scale(reshape(a, [2, 3]), 2), [6]))], a)).toBe(1);
  });

  it('does not overwrite what is also read in another way', () => {
    const first = defineOp<Record<string, never>>({
      name: 'readsTwo',
      infer: ([x]) => x,
      derivative: null,
      kernel: () => [],
      cost: () => ({ flops: 0, bytes: 0 }),
      inPlace: () => [0],
    });
    const [a, b] = [tensor('a'), tensor('b')];
    const inPlace = (output: Node) => schedule([output], [{ input: a, output: 0 }]).inPlace.size;
    expect(inPlace(first([a, b], {}))).toBe(1);
    expect(inPlace(first([a, a], {}))).toBe(0);
    expect(inPlace(first([a, reshape(a, [2, 3])], {}))).toBe(0);
    expect(inPlace(first([b, a], {}))).toBe(0);
  });

  it('refuses donations that cannot be', () => {
    const a = tensor('a');
    expect(() => schedule([sum(a)], [{ input: a, output: 0 }])).toThrow(
      new ShapeError('donate: input f32[6] cannot hold output f32[]'),
    );
    const twice = [0, 1].map((output) => ({ input: a, output }));
    expect(() => schedule([exp(a), scale(a, 2)], twice)).toThrow('donate: the input f32[6] is donated twice');
  });

  it('follows reshapes to what they show', () => {
    const a = tensor('a');
    expect(storageOf(reshape(a, [2, 3]))).toBe(a);
    const computed = exp(a);
    expect(storageOf(reshape(computed, [3, 2]))).toBe(computed);
    expect(storageOf(computed)).toBe(computed);
  });
});
