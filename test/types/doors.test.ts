/**
 * What must not compile, at the doors: `npm run typecheck` checks it, for an expected error that does not come is one. The calls are
 * never made.
 */
import { describe, expectTypeOf, test } from 'vitest';
import { type Classifier, pgd, runNamed, type Samples } from '../../src/analysis/robustness/index.ts';
import { defineOp, type Node, type Op } from '../../src/engine/index.ts';

declare const x: Node;
declare const classifier: Classifier;
declare const samples: Samples;
const never = (..._calls: readonly (() => unknown)[]) => {};

const rest = {
  name: 'power',
  infer: ([type]) => type,
  kernel: () => ({ shader: '', entry: '', bind: {}, grid: [1] }),
  cost: () => ({ flops: 0, bytes: 0 }),
} satisfies Partial<Parameters<typeof defineOp<{ exponent: number }>>[0]>;

describe('an op', () => {
  test('says what its derivative is, or that it has none', () => {
    never(
      () => defineOp<{ exponent: number }>({ ...rest, derivative: null }),
      // @ts-expect-error the derivative is missing
      () => defineOp<{ exponent: number }>(rest),
      // @ts-expect-error a gradient is a node, not a number
      () => defineOp<{ exponent: number }>({ ...rest, derivative: () => [1] }),
    );
  });

  test('takes its own attributes', () => {
    const power = null as unknown as Op<{ exponent: number }>;
    expectTypeOf(power).parameter(1).toEqualTypeOf<{ exponent: number }>();
    never(
      // @ts-expect-error the exponent is a number
      () => power([x], { exponent: '2' }),
      // @ts-expect-error the exponent is missing
      () => power([x], {}),
      // @ts-expect-error there is no such attribute
      () => power([x], { exponent: 2, base: 3 }),
    );
  });
});

test('an attack takes its own parameters', () => {
  const settings = { norm: 'inf', eps: 0.1, epsStep: 0.01, maxIter: 10, numRandomInit: 0, seed: 0 } as const;
  never(
    () => pgd.run(classifier, samples, settings),
    () => runNamed('pgd', classifier, samples, settings),
    // @ts-expect-error there is no such norm
    () => pgd.run(classifier, samples, { ...settings, norm: '3' }),
    // @ts-expect-error a count is a number
    () => pgd.run(classifier, samples, { ...settings, maxIter: '10' }),
    // @ts-expect-error there is no such parameter
    () => pgd.run(classifier, samples, { ...settings, epsilon: 0.1 }),
    // @ts-expect-error there is no such attack
    () => runNamed('pgb', classifier, samples, settings),
  );
});
