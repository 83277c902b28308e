import { describe, expect, it } from 'vitest';
import { spec } from '../../../src/engine/graph/graph.ts';
import type { Node } from '../../../src/engine/graph/op.ts';
import type { Shape } from '../../../src/engine/graph/shape.ts';
import { batchNorm, batchNormInference, batchNormStatistics } from '../../../src/engine/ops/batchNorm/batchNorm.ts';
import { add } from '../../../src/engine/ops/elementwise/elementwise.ts';
import { concatenate, reshape } from '../../../src/engine/ops/shape/shape.ts';
import { gradients } from '../../../src/engine/passes/gradients.ts';
import { type StorageFormats, stored } from '../../../src/engine/passes/stored.ts';
import { planFunction } from '../../../src/engine/run/compile.ts';
import { roundF16 } from '../../reference/formats.ts';
import { bits, type Operand, operand, run, useDevice } from '../../support/checkOp.ts';

/**
 * What is computed with codes in the kernels must have the bits of what is computed without them: the same kernels over numbers that
 * were rounded on the host, by the definition of the format, before and after.
 */
const device = useDevice();

const f16: StorageFormats = { value: 'f16', gradient: 'f16' };
const asF16 = ({ data, ...type }: Operand): Operand => ({ ...type, data: Float32Array.from(data, roundF16) });

/** Planes of whole units of four, and not; images that begin with a unit, and (the last) not, which keep their passes. */
const shapes: readonly Shape[] = [
  [6, 8, 4, 4],
  [5, 4, 3, 3],
  [40, 2, 8, 10],
  [3, 5, 3, 5],
];

type Layer = (x: Node, gamma: Node, beta: Node) => Node;
const layers: Readonly<Record<string, Layer>> = {
  training: (x, gamma, beta) => batchNorm(x, batchNormStatistics(x), gamma, beta, { relu: true }),
  'with a residual': (x, gamma, beta) =>
    batchNorm(x, batchNormStatistics(x), gamma, beta, { relu: true, residual: stored(add(x, x), f16) }),
  inference: (x, gamma, beta) => batchNormInference(x, gamma, beta, beta, gamma),
};

describe.each([{ capabilities: {} }, { capabilities: { subgroupsOf8: false } }])(
  'codes in kernels, $capabilities',
  ({ capabilities }) => {
    describe.each(Object.entries(layers))('%s', (_, layer) => {
      it.each(shapes.map((shape) => [shape]))('%j', async (shape) => {
        const x = operand(shape, 1);
        const gamma = { ...operand([shape[1]], 2), data: operand([shape[1]], 2).data.map((value) => 1.5 + value / 2) };
        const beta = operand([shape[1]], 3);
        const seed = operand(shape, 4);
        const flat = (node: Node) => reshape(node, [node.size]);
        const operands = [x, gamma, beta, seed];
        const joined = await run(
          device(),
          ([x, gamma, beta, seed]) => {
            const kept = stored(x, f16);
            const y = stored(layer(kept, gamma, beta), f16);
            return concatenate([y, ...gradients(y, [x, gamma, beta], seed)].map(flat), 0);
          },
          operands,
          capabilities,
        );
        // Without codes: rounded before, and what is stored, which is y and the gradients by y and by x, rounded after.
        const plainly = (build: (nodes: Node[]) => Node, given: readonly Operand[]) =>
          run(device(), build, given, capabilities);
        const given = [asF16(x), gamma, beta, asF16(seed)];
        const y = await plainly(([x, gamma, beta]) => layer(x, gamma, beta), given.slice(0, 3));
        const slopes = await plainly(([x, gamma, beta, seed]) => {
          const result = layer(x, gamma, beta);
          return concatenate(gradients(result, [x, gamma, beta], seed).map(flat), 0);
        }, given);
        const size = x.data.length;
        const expected = [
          ...Array.from(y, roundF16),
          ...Array.from(slopes.subarray(0, size), roundF16),
          ...Array.from(slopes.subarray(size)),
        ];
        expect(bits(joined)).toEqual(bits(expected));
      });
    });
  },
);

describe('passes that only decode or encode', () => {
  const stepsOf = (shape: Shape): string[] => {
    const specs = { x: spec(shape), gamma: spec([shape[1]]), beta: spec([shape[1]]), seed: spec(shape) };
    const { steps } = planFunction(
      ({ x, gamma, beta, seed }) => {
        const y = stored(layers.training(stored(x, f16), gamma, beta), f16);
        return { y, dx: gradients(y, [x], seed)[0] };
      },
      specs,
      { capabilities: device().capabilities },
    );
    return steps.flatMap((step) => (step.kind === 'dispatch' ? [step.call.entry] : []));
  };

  it('are left out where the kernels beside them can do it', () => {
    // x becomes codes; y, which is returned, numbers again; the incoming gradient is rounded.
    expect(stepsOf([6, 8, 4, 4]).sort()).toEqual(
      ['quantise', 'statistics', 'normalise', 'dequantise', 'rows', 'gradient_sums', 'input_gradient'].sort(),
    );
  });

  it('stay where an image does not begin with a unit of four', () => {
    expect(stepsOf([3, 5, 3, 5]).filter((entry) => entry === 'dequantise').length).toBeGreaterThan(1);
  });

  it('stay where numbers are wanted as they are, too', () => {
    const shape = [6, 8, 4, 4];
    const { steps } = planFunction(
      ({ x, gamma, beta }) => {
        const y = batchNormInference(x, gamma, beta, beta, gamma);
        return { y, kept: stored(y, f16) };
      },
      { x: spec(shape), gamma: spec([8]), beta: spec([8]) },
      { capabilities: device().capabilities },
    );
    expect(steps.map((step) => (step.kind === 'dispatch' ? step.call.entry : step.kind))).toEqual([
      'normalise',
      'quantise',
      'dequantise',
    ]);
  });
});
