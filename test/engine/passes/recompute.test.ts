import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apply, input, literal, reachable, spec } from '../../../src/engine/graph/graph.ts';
import type { Node } from '../../../src/engine/graph/op.ts';
import { batchNorm, batchNormStatistics } from '../../../src/engine/ops/batchNorm/batchNorm.ts';
import { conv2d } from '../../../src/engine/ops/conv2d/conv2d.ts';
import { exp, multiply, relu } from '../../../src/engine/ops/elementwise/elementwise.ts';
import { sum } from '../../../src/engine/ops/reduce/sum.ts';
import { fuse } from '../../../src/engine/passes/fuse.ts';
import { gradients } from '../../../src/engine/passes/gradients.ts';
import { lower } from '../../../src/engine/passes/lower.ts';
import { recompute } from '../../../src/engine/passes/recompute.ts';
import { plan } from '../../../src/engine/plan/plan.ts';
import { interpret } from '../../reference/interpreter.ts';
import { randomGraph } from '../../support/randomGraph.ts';
import { values } from '../../support/values.ts';

const capabilities = {
  subgroupsOf8: true,
  maxStorageBufferBindingSize: 2 ** 27,
  maxBufferSize: 2 ** 28,
  fastWorkgroupMemory: false,
  maxComputeWorkgroupsPerDimension: 65_535,
  memoryBudget: 2 ** 33,
};

const count = (outputs: readonly Node[], name: string): number =>
  reachable(outputs).filter(({ op }) => op.name === name).length;

/** The same graph with some of its nodes marked as blocks that are so many nodes deep. */
function marked(output: Node, depthOf: (index: number) => number): Node {
  const made = new Map<Node, Node>();
  for (const [index, node] of reachable([output]).entries()) {
    const inputs = node.inputs.map((each) => made.get(each) as Node);
    const copy = node.inputs.length === 0 ? node : apply(node.op, inputs, node.attributes);
    let edge = [copy];
    for (let depth = depthOf(index); depth > 0; depth--)
      edge = [...new Set(edge.flatMap((each) => (each.inputs.length === 0 ? [each] : each.inputs)))];
    made.set(node, edge[0] === copy ? copy : recompute(copy, edge));
  }
  return made.get(output) as Node;
}

describe('recompute', () => {
  it('keeps every bit of values and gradients, however blocks follow, overlap or hold each other', () => {
    let again = 0;
    const depths = fc.array(fc.nat({ max: 6 }), { minLength: 30, maxLength: 30 });
    fc.assert(
      fc.property(randomGraph(15), depths, ({ outputs: [output], inputs, feeds }, depth) => {
        const weights = literal(values(output.size, 5), output.shape);
        const results = (y: Node) => [y, ...gradients(sum(multiply(y, weights)), inputs)];
        const plain = results(output);
        const thrifty = results(marked(output, (index) => depth[index % depth.length]));
        const passes = [thrifty, lower(thrifty), fuse(lower(thrifty))];
        again += reachable(lower(thrifty)).length - reachable(lower(plain)).length;
        const expected = interpret(plain, feeds);
        for (const each of passes) expect(interpret(each, feeds)).toEqual(expected);
      }),
      { numRuns: 300, seed: 3 },
    );
    // So many nodes more: the blocks were computed again.
    expect(again).toBeGreaterThan(1000);
  });

  it('computes again what lies inside a block, and once what is small, given from outside, or the output', () => {
    const x = input(spec([64]), 'x');
    const w = input(spec([64]), 'w');
    const inner = exp(multiply(x, exp(w)));
    const output = exp(multiply(inner, exp(sum(inner))));
    const slopes = (y: Node) => lower(gradients(sum(y), [x, w]));
    // exp(w) does not depend on x, exp(sum) is small, the last exp is the output: only exp(x · exp(w)) is there twice.
    expect(count(slopes(output), 'exp')).toBe(4);
    expect(count(slopes(recompute(output, [x])), 'exp')).toBe(5);
  });

  it('can be differentiated again', () => {
    // f = Σ e^(x²): f'' = e^(x²) (4x² + 2)
    const x = input(spec([3]), 'x');
    const [first] = gradients(sum(recompute(exp(recompute(multiply(x, x), [x])), [x])), [x]);
    const [second] = gradients(sum(first), [x]);
    const at = Float64Array.of(-1, 0.5, 1.5);
    interpret([second], new Map([[x, at]]))[0].forEach((value, i) => {
      expect(value).toBeCloseTo(Math.exp(at[i] ** 2) * (4 * at[i] ** 2 + 2), 10);
    });
  });

  it('lets the memory of a chain of blocks grow by one tensor a block, with at most twice the forward operations', () => {
    const BLOCKS = 12;
    const bytes = 4 * 8 * 16 * 64;
    const step = (thrifty: boolean) => {
      const x = input(spec([8, 16, 8, 8]), 'x');
      const parameters: Node[] = [];
      let y = x;
      for (let block = 0; block < BLOCKS; block++) {
        const from = y;
        for (let layer = 0; layer < 3; layer++) {
          const weight = input(spec([16, 1, 1, 16]), `w${block}.${layer}`);
          const [gamma, beta] = ['gamma', 'beta'].map((name) => input(spec([16]), `${name}${block}.${layer}`));
          parameters.push(weight, gamma, beta);
          const z = conv2d(y, weight, {});
          y = relu(batchNorm(z, batchNormStatistics(z), gamma, beta));
        }
        if (thrifty) y = recompute(y, [from]);
      }
      const outputs = fuse(lower([sum(y), ...gradients(sum(y), parameters)]));
      return {
        statistics: count(outputs, 'batchNormStatistics'),
        convolutions: count(outputs, 'conv2d'),
        plan: plan({ name: 'chain', inputs: [x, ...parameters], outputs, donations: [], capabilities }),
      };
    };
    const plain = step(false);
    const thrifty = step(true);
    // Plain: the convolution and the rectified value of each layer. Blocks: one tensor a block, and the working set of one.
    expect(plain.plan.peakBytes).toBeGreaterThan(2 * 3 * BLOCKS * bytes);
    expect(thrifty.plan.peakBytes).toBeLessThan((BLOCKS + 12) * bytes);
    expect(thrifty.convolutions).toBeGreaterThan(plain.convolutions);
    expect(thrifty.convolutions).toBeLessThanOrEqual(2 * plain.convolutions);
    expect(thrifty.statistics).toBe(plain.statistics);
  });
});
