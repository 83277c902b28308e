import fc from 'fast-check';
import { input, spec } from '../../src/engine/graph/graph.ts';
import type { Node } from '../../src/engine/graph/op.ts';
import type { Shape } from '../../src/engine/graph/shape.ts';
import * as ops from '../../src/engine/ops/elementwise/elementwise.ts';
import { max, mean } from '../../src/engine/ops/reduce/reduce.ts';
import { expand, sum } from '../../src/engine/ops/reduce/sum.ts';
import { concatenate, pad, reshape, slice, transpose } from '../../src/engine/ops/shape/shape.ts';
import { values } from './values.ts';

/** A graph over f32 inputs. */
export interface RandomGraph {
  readonly inputs: readonly Node[];
  readonly feeds: ReadonlyMap<Node, Float64Array>;
  /** Every f32 node that was made, inputs first. */
  readonly nodes: readonly Node[];
  readonly outputs: readonly Node[];
}

/** What to apply, to which of the nodes there are, in which of the ways that their shapes allow. */
type Instruction = readonly [op: number, a: number, b: number, choice: number];

const inputShapes: readonly Shape[] = [[2, 3, 4], [3, 4], [3, 1], [4], [2, 3, 4]];
const MOST_ELEMENTS = 400;

const pick = <T>(list: readonly T[], choice: number): T => list[choice % list.length];

/** Which ops a graph is made of. */
interface Repertoire {
  readonly unary: readonly ((x: Node) => Node)[];
  readonly binary: readonly ((a: Node, b: Node) => Node)[];
  readonly reduce: readonly ((x: Node, axes: number[], options: { keepDims: boolean }) => Node)[];
  /** From values in [-1, 1). */
  readonly feed: (value: number) => number;
}

const smoothUnary: readonly ((x: Node) => Node)[] = [
  ops.relu,
  ops.negate,
  ops.abs,
  (x) => ops.scale(x, 0.75),
  (x) => ops.offset(x, -0.375),
  (x) => ops.clamp(x, -1, 0.5),
  (x) => ops.square(ops.clamp(x, -2, 2)),
  (x) => ops.exp(ops.clamp(x, -2, 1)),
  (x) => ops.sqrt(ops.offset(ops.square(ops.clamp(x, -3, 3)), 1)),
  (x) => ops.log(ops.offset(ops.abs(x), 1.5)),
  (x) => ops.cast(ops.cast(x, 'bool'), 'f32'),
  ops.sign,
];

const smoothBinary: readonly ((a: Node, b: Node) => Node)[] = [
  ops.add,
  ops.subtract,
  (a, b) => ops.multiply(ops.clamp(a, -2, 2), ops.clamp(b, -2, 2)),
  (a, b) => ops.divide(a, ops.offset(ops.square(ops.clamp(b, -2, 2)), 1)),
  ops.maximum,
  ops.minimum,
  (a, b) => ops.where(ops.logicalAnd(ops.greater(a, b), ops.logicalNot(ops.lessEqual(a, ops.scale(b, 2)))), a, b),
  (a, b) => ops.add(a, ops.multiply(ops.fill(b.shape, 0.25), b)),
];

const smooth: Repertoire = {
  unary: smoothUnary,
  binary: smoothBinary,
  reduce: [sum, mean, max],
  feed: (value) => value,
};

const limited = (x: Node): Node => ops.clamp(x, -100, 100);

/** Whole numbers of at most 100 in magnitude, on which f32 is exact in whatever order a driver computes. */
const exact: Repertoire = {
  unary: [
    ops.relu,
    ops.negate,
    ops.abs,
    ops.sign,
    (x) => limited(ops.scale(x, -3)),
    (x) => limited(ops.offset(x, 2)),
    (x) => ops.clamp(x, -5, 4),
    (x) => limited(ops.square(x)),
    (x) => ops.cast(ops.cast(x, 'bool'), 'f32'),
    (x) => ops.cast(ops.cast(x, 'i32'), 'f32'),
  ],
  binary: [
    (a, b) => limited(ops.add(a, b)),
    (a, b) => limited(ops.subtract(a, b)),
    (a, b) => limited(ops.multiply(a, b)),
    ops.maximum,
    ops.minimum,
    (a, b) => ops.where(ops.logicalAnd(ops.greater(a, b), ops.logicalNot(ops.equal(a, ops.negate(b)))), a, b),
    (a, b) => limited(ops.add(a, ops.multiply(ops.fill(b.shape, 2), b))),
  ],
  reduce: [(x, axes, options) => limited(sum(x, axes, options)), max],
  feed: (value) => Math.round(5 * value),
};

function rearranged(x: Node, choice: number): Node {
  const rank = x.shape.length;
  const axes = x.shape.map((_, axis) => axis);
  const rotation = axes.map((axis) => (axis + 1 + (choice >> 4)) % rank);
  switch (choice % 6) {
    case 0:
      return transpose(x, rotation);
    case 1:
      return slice(
        x,
        x.shape.map((length) => (length > 1 ? choice & 1 : 0)),
        x.shape,
      );
    case 2:
      return reshape(x, pick<Shape>([[x.size], [...x.shape, 1], [1, ...x.shape], [...x.shape].reverse()], choice >> 3));
    case 3:
      return pad(
        x,
        axes.map((axis) => (axis === choice % (rank || 1) ? 1 : 0)),
        axes.map(() => 0),
      );
    case 4:
      return expand(x, [pick([2, 3], choice >> 3), ...x.shape]);
    default:
      return rank === 0 ? x : concatenate([x, ops.scale(x, 2)], (choice >> 3) % rank);
  }
}

function reduced({ reduce }: Repertoire, x: Node, choice: number): Node {
  const axes = x.shape.flatMap((_, axis) => ((choice >> axis) & 1 ? [axis] : []));
  return pick(reduce, choice >> 4)(x, axes, { keepDims: choice % 3 === 0 });
}

/** A partner for x among the nodes, from `start` on, that broadcasts with it; x itself always does. */
function partner(nodes: readonly Node[], x: Node, start: number): Node {
  const fits = (node: Node) =>
    x.shape.every((length, i) => {
      const other = node.shape[i - x.shape.length + node.shape.length] ?? 1;
      return length === other || length === 1 || other === 1;
    });
  const rotated = nodes.map((_, i) => nodes[(start + i) % nodes.length]);
  return rotated.find(fits) ?? x;
}

function build(
  repertoire: Repertoire,
  instructions: readonly Instruction[],
  returned: readonly number[],
  seed: number,
): RandomGraph {
  const inputs = inputShapes.map((shape, i) => input(spec(shape), `x${i}`));
  const feeds = new Map(
    inputs.map((node, i) => [node, Float64Array.from(values(node.size, seed + i), repertoire.feed)]),
  );
  const nodes: Node[] = [...inputs];
  for (const [op, a, b, choice] of instructions) {
    // Often the latest node, so that chains become long.
    const x = a % 3 === 0 ? nodes[nodes.length - 1] : pick(nodes, a);
    const made =
      op < 4
        ? pick(repertoire.unary, choice)(x)
        : op < 8
          ? pick(repertoire.binary, choice)(x, partner(nodes, x, b))
          : op < 10
            ? rearranged(x, choice)
            : reduced(repertoire, x, choice);
    if (made.size <= MOST_ELEMENTS && made.shape.length <= 5) nodes.push(made);
  }
  const made = nodes.slice(inputs.length);
  const outputs = [nodes[nodes.length - 1], ...returned.map((i) => pick(made.length > 0 ? made : nodes, i))];
  return { inputs, feeds, nodes, outputs: [...new Set(outputs)] };
}

const natural = fc.nat({ max: 255 });

const graphs = (repertoire: Repertoire, most: number): fc.Arbitrary<RandomGraph> =>
  fc
    .tuple(
      fc.array(fc.tuple(fc.nat({ max: 11 }), natural, natural, natural), {
        minLength: 1,
        maxLength: most,
        size: 'max',
      }),
      fc.array(natural, { maxLength: 3 }),
      natural,
    )
    .map(([instructions, returned, seed]) => build(repertoire, instructions, returned, seed));

/** Random graphs of up to `most` ops, with several outputs, whose results stay small and, almost everywhere, smooth. */
export const randomGraph = (most = 25): fc.Arbitrary<RandomGraph> => graphs(smooth, most);

/** Random graphs over whole numbers, on which f32 and float64 agree to the last bit. */
export const exactGraph = (most = 25): fc.Arbitrary<RandomGraph> => graphs(exact, most);
