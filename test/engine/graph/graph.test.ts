import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../../src/engine/errors.ts';
import { defineOp, input, literal, literalData, reachable, spec, trace } from '../../../src/engine/graph/graph.ts';
import { kernelOp } from '../../../src/engine/graph/op.ts';
import { elements, describe as text } from '../../../src/engine/graph/shape.ts';
import { add, exp, fill, scale } from '../../../src/engine/ops/elementwise/elementwise.ts';
import { defineElementwise, isElementwise } from '../../../src/engine/ops/elementwise/fused.ts';
import { sum } from '../../../src/engine/ops/reduce/sum.ts';
import { randomGraph } from '../../support/randomGraph.ts';

describe('a graph', () => {
  it('has one node for equal applications, and different ones for all else', () => {
    const [x, y] = ['x', 'y'].map((name) => input(spec([3]), name));
    expect(add(x, y)).toBe(add(x, y));
    expect(scale(exp(x), 2)).toBe(scale(exp(x), 2));
    expect(add(x, y)).not.toBe(add(y, x));
    expect(scale(x, 2)).not.toBe(scale(x, 3));
  });

  it('tells ops apart by their definitions, not by their names', () => {
    const [x, y] = ['x', 'y'].map((name) => input(spec([3]), name));
    const engines = add(x, y);
    const { infer, derivative, kernel, cost } = kernelOp(engines);
    const namesake = defineOp({ name: 'add', infer, derivative, kernel, cost });
    const other = namesake([x, y], {});
    expect(other).not.toBe(engines);
    expect(other.op).toBe(namesake.definition);
    expect(namesake([x, y], {})).toBe(other);
    expect([isElementwise(engines.op), isElementwise(other.op)]).toEqual([true, false]);
  });

  it('has one elementwise op of a name: a kernel tells its steps by names', () => {
    const again = () =>
      defineElementwise({
        name: 'add',
        dtype: ([a]) => a,
        expression: ([a, b]) => `${a} - ${b}`,
        derivative: null,
        flops: 1,
      });
    expect(again).toThrow('add: there is an elementwise op of this name; choose another');
  });

  it.each([
    [0, -0],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    [Number.NaN, Number.POSITIVE_INFINITY],
    [1, 1 + 2 ** -52],
  ])('tells the attributes %d and %d apart', (a, b) => {
    const x = input(spec([3]), 'x');
    expect(scale(x, a)).not.toBe(scale(x, b));
    expect(scale(x, a)).toBe(scale(x, a));
  });

  it('lists inputs before consumers, each node once', () => {
    fc.assert(
      fc.property(randomGraph(), ({ outputs }) => {
        const order = reachable(outputs);
        const position = new Map(order.map((node, i) => [node, i]));
        expect(position.size).toBe(order.length);
        for (const node of order)
          for (const each of node.inputs) expect(position.get(each)).toBeLessThan(position.get(node) as number);
        for (const output of outputs) expect(position.has(output)).toBe(true);
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  it('is traced from a function, its inputs named by their place', () => {
    const graph = trace(
      ({ x, params }) => ({ y: add(x, params.bias[0]) }),
      { x: spec([2, 3]), params: { bias: [spec([3])] } },
      'layer',
    );
    expect(graph.name).toBe('layer');
    expect(graph.inputs.params.bias[0].attributes.name).toBe('params.bias.0');
    expect(graph.outputs.y.inputs[0]).toBe(graph.inputs.x);
    expect(graph.outputs.y.shape).toEqual([2, 3]);
  });

  it('keeps the data of literals', () => {
    const data = Int32Array.of(1, 2, 3, 4);
    const node = literal(data, [2, 2], 'i32');
    expect(literalData(node)).toBe(data);
    expect(() => literalData(input(spec([2]), 'x'))).toThrow(/is not a literal/);
    expect(() => literal(data, [3], 'i32')).toThrow(new ShapeError('literal: 4 elements do not fill the shape [3]'));
    expect(() => literal(data, [2, 2], 'f32')).toThrow(new ShapeError('literal: Int32Array does not hold f32'));
  });

  it('counts elements and bytes', () => {
    const x = input(spec([2, 3, 4]), 'x');
    expect([x.size, x.bytes, elements([]), sum(x).bytes]).toEqual([24, 96, 1, 4]);
    expect(text(sum(x, [0]))).toBe('f32[3, 4]');
  });

  it.each([[[0]], [[2, -1]], [[1.5]], [[Number.NaN]]])('refuses the shape %j', (shape) => {
    expect(() => spec(shape)).toThrow(ShapeError);
    expect(() => fill(shape, 1)).toThrow(/shape \[.*\] has the length/);
  });
});
