import fc from 'fast-check';
import { input, spec } from '../../src/engine/graph/graph.ts';
import type { Node } from '../../src/engine/graph/op.ts';
import { batchNorm, batchNormInference, batchNormStatistics } from '../../src/engine/ops/batchNorm/batchNorm.ts';
import { conv2d } from '../../src/engine/ops/conv2d/conv2d.ts';
import { add, relu, scale } from '../../src/engine/ops/elementwise/elementwise.ts';
import { stored } from '../../src/engine/passes/stored.ts';
import type { RandomGraph } from './randomGraph.ts';
import { values } from './values.ts';

const CHANNELS = 8;
const plane = [2, CHANNELS, 8, 8] as const;
const shapes = {
  x: plane,
  y: plane,
  weight: [CHANNELS, 3, 3, CHANNELS],
  gamma: [CHANNELS],
  beta: [CHANNELS],
  mean: [CHANNELS],
  variance: [CHANNELS],
} as const;

type Layer = (x: Node, other: Node, parameters: Readonly<Record<keyof typeof shapes, Node>>) => Node;

const half = (x: Node): Node => stored(x, { value: 'f16', gradient: null });

const layers: readonly Layer[] = [
  // A quarter, so that a chain of convolutions stays in the range of f16.
  (x, _, { weight }) => conv2d(scale(x, 0.25), weight, { padding: 1 }),
  (x, _, { weight }) => conv2d(x, weight, { padding: 1 }),
  (x, _, { gamma, beta, mean, variance }) => batchNormInference(x, gamma, beta, mean, variance),
  (x, residual, { gamma, beta, mean, variance }) =>
    batchNormInference(x, gamma, beta, mean, variance, { residual, relu: true }),
  (x, residual, { gamma, beta }) => batchNorm(x, batchNormStatistics(x), gamma, beta, { residual }),
  (x, _, { gamma, beta }) => half(batchNorm(half(x), batchNormStatistics(half(x)), gamma, beta, { relu: true })),
  (x) => half(x),
  (x) => relu(x),
  (x, other) => add(x, other),
];

const natural = fc.nat({ max: 255 });

/** Random chains of up to `most` layers of networks, f32 and stored in f16, now and then with several readers of a value. */
export const randomNetwork = (most = 8): fc.Arbitrary<RandomGraph> =>
  fc
    .tuple(
      fc.array(fc.tuple(fc.nat({ max: layers.length - 1 }), natural, natural), {
        minLength: 2,
        maxLength: most,
        size: 'max',
      }),
      natural,
    )
    .map(([instructions, seed]) => {
      const made = Object.entries(shapes).map(([name, shape], i) => {
        const node = input(spec(shape), name);
        const near = name === 'variance' ? (value: number) => 1.5 + value / 2 : (value: number) => value;
        return { name, node, feed: Float64Array.from(values(node.size, seed + i), near).map(Math.fround) };
      });
      const parameters = Object.fromEntries(made.map(({ name, node }) => [name, node])) as Parameters<Layer>[2];
      const nodes = [parameters.x, parameters.y];
      for (const [layer, at, other] of instructions) {
        // Mostly the latest value, so that chains become long.
        const x = at % 8 === 0 ? nodes[(at >> 3) % nodes.length] : nodes[nodes.length - 1];
        nodes.push(layers[layer](x, nodes[other % nodes.length], parameters));
      }
      return {
        inputs: made.map(({ node }) => node),
        feeds: new Map(made.map(({ node, feed }) => [node, feed])),
        nodes,
        outputs: [nodes[nodes.length - 1]],
      };
    });
