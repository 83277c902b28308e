import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineOp, input, reachable, spec } from '../../../src/engine/graph/graph.ts';
import type { Node } from '../../../src/engine/graph/op.ts';
import { kernelOp, type Op } from '../../../src/engine/graph/op.ts';
import { add, exp, multiply, scale, square, subtract } from '../../../src/engine/ops/elementwise/elementwise.ts';
import { mean } from '../../../src/engine/ops/reduce/reduce.ts';
import { sum } from '../../../src/engine/ops/reduce/sum.ts';
import { gradients } from '../../../src/engine/passes/gradients.ts';
import { lower } from '../../../src/engine/passes/lower.ts';
import { interpret } from '../../reference/interpreter.ts';
import { randomGraph } from '../../support/randomGraph.ts';

const sameType = ([x]: readonly { shape: readonly number[]; dtype: Node['dtype'] }[]) => x;

/** x - mean(x), with a derivative of its own. */
const centred: Op<Record<string, never>> = defineOp({
  name: 'centred',
  infer: sameType,
  derivative: ({ gradient }) => [centred([gradient], {})],
  decompose: ([x]) => subtract(x, mean(x)),
});

/** A composite op that is made of another one, twice. */
const variance = defineOp<Record<string, never>>({
  name: 'variance',
  infer: ([x]) => ({ shape: [], dtype: x.dtype }),
  derivative: ({ inputs: [x], gradient }) => [multiply(gradient, scale(centred([x], {}), 2 / x.size))],
  decompose: ([x]) => mean(multiply(centred([x], {}), centred([x], {}))),
});

const composites = (outputs: readonly Node[]) => reachable(outputs).filter(({ op }) => op.decompose !== undefined);

describe('lower', () => {
  it('leaves no composite op, however deep, and the values as they are', () => {
    const x = input(spec([6]), 'x');
    const spread = variance([exp(x)], {});
    const [slope] = gradients(spread, [x]);
    const outputs = [add(spread, sum(centred([x], {}))), slope, centred([centred([x], {})], {})];
    expect(composites(outputs).length).toBeGreaterThan(0);
    const lowered = lower(outputs);
    expect(composites(lowered)).toEqual([]);

    const at = Float64Array.of(-1, 0, 0.5, 1, 1.5, 2);
    const [value, gradient, twice] = interpret(lowered, new Map([[x, at]]));
    const powers = at.map(Math.exp);
    const average = (list: Float64Array) => list.reduce((a, b) => a + b) / list.length;
    const centre = average(powers);
    // The sum of centred values is 0 up to rounding.
    expect(value[0]).toBeCloseTo(average(powers.map((power) => (power - centre) ** 2)), 12);
    powers.forEach((power, i) => {
      expect(gradient[i]).toBeCloseTo((2 / 6) * (power - centre) * power, 12);
      expect(twice[i]).toBeCloseTo(at[i] - average(at), 12);
    });
  });

  it('changes nothing in a graph of kernels', () => {
    fc.assert(
      fc.property(randomGraph(), ({ outputs }) => {
        const lowered = lower(outputs);
        lowered.forEach((node, i) => {
          expect(node).toBe(outputs[i]);
        });
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  it('keeps the places of outputs, of which some may be one node', () => {
    const x = input(spec([4]), 'x');
    const y = centred([x], {});
    const lowered = lower([y, x, square(y), y]);
    expect(lowered[1]).toBe(x);
    expect(lowered[0]).toBe(lowered[3]);
    expect(lowered[2].inputs).toEqual([lowered[0]]);
  });

  it('keeps the order in which values were made, not that of the outputs', () => {
    const x = input(spec([4]), 'x');
    const first = centred([x], {});
    const second = exp(x);
    const third = centred([second], {});
    const [late, middle, early] = lower([third, square(second), first]);
    expect(early.id).toBeLessThan(late.id);
    expect(middle.inputs[0]).toBe(second);
  });

  it('comes before whoever asks for kernels', () => {
    const x = input(spec([4]), 'x');
    expect(() => kernelOp(centred([x], {}))).toThrow('centred was not lowered');
  });
});
