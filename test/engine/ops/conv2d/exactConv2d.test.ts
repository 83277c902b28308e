import { describe, expect, it } from 'vitest';
import { type Doubles, doubles } from '../../../../bench/fidelity/doubles.ts';
import { input, spec } from '../../../../src/engine/graph/graph.ts';
import type { Shape } from '../../../../src/engine/graph/shape.ts';
import { exactConv2d } from '../../../../src/engine/ops/conv2d/exactConv2d.ts';
import { gradients } from '../../../../src/engine/passes/gradients.ts';
import { compile } from '../../../../src/engine/run/compile.ts';
import { outputShape } from '../../../reference/conv2d.ts';
import { exactConv2d as reference } from '../../../reference/exactConv2d.ts';
import { useDevice } from '../../../support/checkOp.ts';

const device = useDevice();
const size = (shape: Shape) => shape.reduce((product, length) => product * length, 1);

/** Wrong elements of the convolution and of both gradients. */
async function wrong(
  xShape: Shape,
  weightShape: Shape,
  options: { stride: number; padding: number },
  [ofX, ofWeight, ofGradient]: readonly [Doubles, Doubles, Doubles],
  capabilities = {},
) {
  const shape = outputShape(xShape, weightShape, options);
  const x = ofX(size(xShape), 1);
  const weight = ofWeight(size(weightShape), 2);
  const gradient = ofGradient(size(shape), 3);
  const executable = await compile(
    (nodes) => {
      const y = exactConv2d(nodes.x, nodes.weight, options);
      const [byInput, byWeight] = gradients(y, [nodes.x, nodes.weight], nodes.gradient);
      return { y, byInput, byWeight };
    },
    { x: spec(xShape, 'f64'), weight: spec(weightShape, 'f64'), gradient: spec(shape, 'f64') },
    { device: device(), guarded: true, capabilities },
  );
  const outputs = executable.run({ x, weight, gradient });
  const expected = reference(x, xShape, weight, weightShape, gradient, options);
  const found: string[] = [];
  for (const name of ['y', 'byInput', 'byWeight'] as const) {
    const actual = await outputs[name].read();
    expected[name].forEach((value, i) => {
      if (!Object.is(value, actual[i])) found.push(`${name}[${i}]: ${actual[i]}, not ${value}`);
    });
  }
  await executable.checkGuards();
  executable.free();
  return found;
}

describe('convolution and its gradients are exact sums, rounded once (BigInt)', () => {
  const { normal, spread, huge, special, subnormal, halves } = doubles;
  it.each([
    ['3 × 3', [2, 3, 6, 5], [3, 3, 3, 4], { stride: 1, padding: 1 }],
    ['3 × 3, stride 2', [2, 3, 7, 6], [3, 3, 3, 4], { stride: 2, padding: 1 }],
    ['1 × 1, stride 2', [2, 5, 6, 6], [5, 1, 1, 3], { stride: 2, padding: 0 }],
    ['7 × 7, stride 2', [1, 2, 12, 11], [2, 7, 7, 5], { stride: 2, padding: 3 }],
    ['2 × 3 without a border', [1, 2, 5, 5], [2, 2, 3, 33], { stride: 1, padding: 0 }],
  ] as const)('%s', async (_, xShape, weightShape, options) => {
    expect(await wrong(xShape, weightShape, options, [normal, normal, spread])).toEqual([]);
    expect(await wrong(xShape, weightShape, options, [normal, normal, normal], { subgroupsOf8: false })).toEqual([]);
  });

  it.each([
    ['2^±40', [spread, spread, spread]],
    ['beyond all moduli', [huge, normal, normal]],
    ['infinities and NaN', [special, normal, special]],
    ['subnormal', [subnormal, halves, halves]],
  ] as const)('%s', async (_, kinds) => {
    expect(await wrong([2, 3, 6, 5], [3, 3, 3, 4], { stride: 1, padding: 1 }, kinds)).toEqual([]);
  });
});

it('refuses other formats', () => {
  const x = input(spec([1, 1, 4, 4], 'f64'), 'x');
  expect(() => exactConv2d(x, input(spec([1, 3, 3, 1]), 'w'))).toThrow('both operands are f64');
});
