import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Shape } from '../../../src/engine/graph/shape.ts';
import { collapse, isWhole, reshapedView, rowMajor, type View, whole } from '../../../src/engine/graph/view.ts';
import { indices } from '../../reference/shape.ts';

/** Where every element lies, in row-major order. */
const places = (shape: Shape, { offset, strides }: View): number[] =>
  [...indices(shape)].map((index) => index.reduce((sum, i, axis) => sum + i * strides[axis], offset));

const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 });
const strideSets = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 4, maxLength: 4 });
const view = fc.record({ offset: fc.nat({ max: 9 }), strides: strideSets });

/** A transposed row-major tensor: the usual kind of view that is not whole. */
const transposed = (shape: Shape, order: readonly number[]): View => {
  const strides = rowMajor(shape);
  return { offset: 0, strides: order.map((axis) => strides[axis]) };
};

describe('collapse', () => {
  it('keeps the place of every element in every view', () => {
    fc.assert(
      fc.property(shapes, fc.array(view, { maxLength: 3 }), (shape, drawn) => {
        const views = [
          whole(shape),
          ...drawn.map((each) => ({ ...each, strides: each.strides.slice(0, shape.length) })),
        ];
        const collapsed = collapse(shape, views);
        views.forEach((each, k) => {
          const joined = { offset: each.offset, strides: collapsed.strides[k] };
          expect(places(collapsed.shape, joined)).toEqual(places(shape, each));
        });
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  it('joins what can be joined', () => {
    expect(collapse([2, 3, 4], [whole([2, 3, 4])])).toEqual({ shape: [24], strides: [[1]] });
    const perChannel = { offset: 0, strides: [0, 1, 0, 0] };
    expect(collapse([2, 3, 4, 5], [whole([2, 3, 4, 5]), perChannel])).toEqual({
      shape: [2, 3, 20],
      strides: [
        [60, 20, 1],
        [0, 1, 0],
      ],
    });
    expect(collapse([1, 1], [whole([1, 1])])).toEqual({ shape: [], strides: [[]] });
  });
});

describe('reshapedView', () => {
  it('shows the same elements in the same order, or says that it cannot', () => {
    let shown = 0;
    fc.assert(
      fc.property(shapes, shapes, fc.boolean(), (from, to, turned) => {
        const size = (shape: Shape) => shape.reduce((a, b) => a * b, 1);
        const target = [...to, size(from) / size(to)];
        if (!Number.isInteger(target.at(-1))) return;
        const order = from.map((_, axis) => axis).reverse();
        const source = turned ? order.map((axis) => from[axis]) : from;
        const where = turned ? transposed(from, order) : whole(from);
        const found = reshapedView(where, source, target);
        if (found === null) {
          expect(isWhole(where, source)).toBe(false);
          return;
        }
        shown++;
        expect(places(target, found)).toEqual(places(source, where));
      }),
      { numRuns: 2000, seed: 1 },
    );
    expect(shown).toBeGreaterThan(200);
  });

  it('splits and joins dimensions of a transposed tensor where their order allows it', () => {
    const where = transposed([4, 6], [1, 0]);
    expect(reshapedView(where, [6, 4], [2, 3, 2, 2])).toEqual({ offset: 0, strides: [3, 1, 12, 6] });
    expect(reshapedView(where, [6, 4], [24])).toBeNull();
    expect(reshapedView(where, [6, 4], [3, 8])).toBeNull();
  });
});

describe('isWhole', () => {
  it('does not care for strides of dimensions of length 1', () => {
    expect(isWhole({ offset: 0, strides: [99, 3, 1] }, [1, 2, 3])).toBe(true);
    expect(isWhole({ offset: 1, strides: [6, 3, 1] }, [1, 2, 3])).toBe(false);
    expect(isWhole({ offset: 0, strides: [6, 1, 2] }, [1, 2, 3])).toBe(false);
  });
});
