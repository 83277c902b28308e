import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../../src/engine/errors.ts';
import { input, literal, spec } from '../../../src/engine/graph/graph.ts';
import type { Node } from '../../../src/engine/graph/op.ts';
import type { Shape } from '../../../src/engine/graph/shape.ts';
import {
  add,
  exp,
  fill,
  greater,
  multiply,
  relu,
  square,
  where,
} from '../../../src/engine/ops/elementwise/elementwise.ts';
import { argmax } from '../../../src/engine/ops/reduce/reduce.ts';
import { sum } from '../../../src/engine/ops/reduce/sum.ts';
import { gradients } from '../../../src/engine/passes/gradients.ts';
import { interpret } from '../../reference/interpreter.ts';
import { randomGraph } from '../../support/randomGraph.ts';
import { values } from '../../support/values.ts';

const tensor = (shape: Shape, name = 'x'): Node => input(spec(shape), name);
const STEP = 1e-5;

describe('gradients', () => {
  it('of random graphs meet finite differences', () => {
    let compared = 0;
    let kinks = 0;
    fc.assert(
      fc.property(randomGraph(12), fc.nat({ max: 4 }), ({ outputs: [output], inputs, feeds }, which) => {
        const target = inputs[which];
        const weights = literal(values(output.size, 99), output.shape);
        const loss = sum(multiply(output, weights));
        const [slope] = interpret(gradients(loss, [target]), feeds);
        const direction = Float64Array.from(values(target.size, 7));
        const x = feeds.get(target) as Float64Array;
        const at = (distance: number) => {
          const moved = x.map((value, i) => value + distance * direction[i]);
          return interpret([loss], new Map(feeds).set(target, moved))[0][0];
        };
        const actual = slope.reduce((total, value, i) => total + value * direction[i], 0);
        const near = (at(STEP) - at(-STEP)) / (2 * STEP);
        const far = (at(2 * STEP) - at(-2 * STEP)) / (4 * STEP);
        // A central difference errs by step²/6 · f''' and by rounding: the two agree, except where a kink (ReLU, maximum, clamp)
        // lies within reach, and there neither is a slope.
        const scale = 1 + Math.abs(near) + Math.abs(at(0));
        if (Math.abs(near - far) > 1e-6 * scale) {
          kinks++;
          return;
        }
        compared++;
        expect(Math.abs(actual - near)).toBeLessThanOrEqual(1e-5 * scale);
      }),
      { numRuns: 600, seed: 1 },
    );
    expect(kinks).toBeLessThan(compared / 20);
  });

  it('can be differentiated again', () => {
    // f = Σ exp(x)·x²: f' = e^x (x² + 2x), f'' = e^x (x² + 4x + 2).
    const x = tensor([5]);
    const [first] = gradients(sum(multiply(exp(x), square(x))), [x]);
    const [second] = gradients(sum(first), [x]);
    const at = Float64Array.of(-2, -0.5, 0, 1, 1.5);
    const [found1, found2] = interpret([first, second], new Map([[x, at]]));
    at.forEach((value, i) => {
      expect(found1[i]).toBeCloseTo(Math.exp(value) * (value ** 2 + 2 * value), 12);
      expect(found2[i]).toBeCloseTo(Math.exp(value) * (value ** 2 + 4 * value + 2), 12);
    });
  });

  it('sum over every path to an input', () => {
    const x = tensor([3]);
    const y = square(x);
    const [slope] = gradients(sum(add(multiply(y, x), add(y, x))), [x]);
    // (x³ + x² + x)' = 3x² + 2x + 1
    expect([...interpret([slope], new Map([[x, Float64Array.of(-1, 0, 2)]]))[0]]).toEqual([2, 1, 17]);
  });

  it('reach intermediate values, and are zero where nothing leads', () => {
    const [x, other] = [tensor([3]), tensor([2, 2], 'other')];
    const hidden = square(x);
    const [atHidden, atOther] = gradients(sum(multiply(hidden, hidden)), [hidden, other]);
    const [slope, zero] = interpret([atHidden, atOther], new Map([[x, Float64Array.of(1, 2, 3)]]));
    expect([...slope]).toEqual([2, 8, 18]);
    expect([...zero]).toEqual([0, 0, 0, 0]);
    expect(atOther.shape).toEqual([2, 2]);
  });

  it('take a seed: the product of a vector with the Jacobian', () => {
    const x = tensor([3]);
    const seed = literal(Float32Array.of(1, 10, 100), [3]);
    const [product] = gradients(square(x), [x], seed);
    expect([...interpret([product], new Map([[x, Float64Array.of(1, 2, 3)]]))[0]]).toEqual([2, 40, 600]);
  });

  it('pass conditions by, which have no slope', () => {
    const x = tensor([4]);
    const [slope] = gradients(sum(where(greater(x, fill([4], 0)), square(x), x)), [x]);
    expect([...interpret([slope], new Map([[x, Float64Array.of(-2, -1, 1, 2)]]))[0]]).toEqual([1, 1, 2, 4]);
  });

  it('refuse what has no gradient', () => {
    const x = tensor([2, 3]);
    expect(() => gradients(relu(x), [x])).toThrow(
      new ShapeError('gradients: the loss is f32[2, 3]; it must be a scalar, or a seed be given'),
    );
    expect(() => gradients(relu(x), [x], fill([3], 1))).toThrow('gradients: the seed is f32[3], the output f32[2, 3]');
    expect(() => gradients(argmax(x, 1), [x], fill([2], 1))).toThrow(
      'gradients: argmax is not differentiable, on purpose',
    );
    // Off the path it does no harm.
    expect(() => gradients(sum(x), [x])).not.toThrow();
  });
});
