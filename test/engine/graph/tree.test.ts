import { describe, expect, it } from 'vitest';
import { leaves, mapTree } from '../../../src/engine/graph/tree.ts';

const isNumber = (value: unknown): value is number => typeof value === 'number';

describe('leaves', () => {
  it('are named by the path from the root, in order of the keys', () => {
    const tree = { b: 1, a: { list: [2, { deep: 3 }], none: {} } };
    expect(leaves(tree, isNumber)).toEqual([
      { path: 'b', leaf: 1 },
      { path: 'a.list.0', leaf: 2 },
      { path: 'a.list.1.deep', leaf: 3 },
    ]);
  });

  it('may be the tree itself', () => {
    expect(leaves(5, isNumber)).toEqual([{ path: '', leaf: 5 }]);
  });

  it.each([
    [{ a: { b: 'text' } }, 'a.b holds text'],
    [{ a: [1, null] }, 'a.1 holds null'],
    [{ a: new Float32Array(2) }, 'a holds Float32Array'],
    [undefined, 'the tree holds undefined'],
  ])('refuses %j, naming the place', (tree, message) => {
    expect(() => leaves(tree, isNumber)).toThrow(new TypeError(message));
    expect(() => mapTree(tree, isNumber, String)).toThrow(new TypeError(message));
  });
});

describe('mapTree', () => {
  it('keeps the form and tells each leaf its place', () => {
    const tree = { x: 1, list: [2, { y: 3 }] };
    expect(mapTree(tree, isNumber, (leaf, path) => `${path}=${leaf}`)).toEqual({
      x: 'x=1',
      list: ['list.0=2', { y: 'list.1.y=3' }],
    });
    expect(tree).toEqual({ x: 1, list: [2, { y: 3 }] });
  });

  it('maps a bare leaf', () => {
    expect(mapTree(4, isNumber, (leaf) => leaf * 2)).toBe(8);
  });
});
