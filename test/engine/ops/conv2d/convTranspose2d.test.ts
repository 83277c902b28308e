import { describe, expect, it } from 'vitest';
import { input, spec } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import { convTranspose2d } from '../../../../src/engine/ops/conv2d/convTranspose2d.ts';
import {
  type ConvTranspose2dReferenceOptions,
  convTranspose2d as reference,
  transposedShape,
} from '../../../reference/convTranspose2d.ts';
import { checkDerivative, checkForward, operand, run, useDevice } from '../../../support/checkOp.ts';

const device = useDevice();

const none = [
  [0, 0],
  [0, 0],
] as const;
const plain: ConvTranspose2dReferenceOptions = {
  stride: [1, 1],
  dilation: [1, 1],
  padding: none,
  outputPadding: [0, 0],
  groups: 1,
};
const around = (padding: number) => [[padding, padding] as const, [padding, padding] as const] as const;

/** x, and [O / groups, kH, kW, C]. */
const cases: { name: string; x: number[]; weight: number[]; options: Partial<ConvTranspose2dReferenceOptions> }[] = [
  { name: '3×3', x: [2, 3, 5, 4], weight: [4, 3, 3, 3], options: {} },
  { name: '2×2, stride 2, as in a U-Net', x: [1, 6, 4, 5], weight: [3, 2, 2, 6], options: { stride: [2, 2] } },
  {
    name: '4×4, stride 2, padding 1, as in a DCGAN',
    x: [2, 4, 4, 4],
    weight: [5, 4, 4, 4],
    options: { stride: [2, 2], padding: around(1) },
  },
  {
    name: '3×3, stride 2, padding 1, output padding 1',
    x: [1, 3, 4, 5],
    weight: [2, 3, 3, 3],
    options: { stride: [2, 2], padding: around(1), outputPadding: [1, 1] },
  },
  {
    name: 'in 2 groups, uneven',
    x: [1, 4, 3, 5],
    weight: [3, 3, 2, 4],
    options: {
      groups: 2,
      stride: [2, 3],
      padding: [
        [1, 0],
        [0, 1],
      ],
      outputPadding: [1, 2],
    },
  },
  {
    name: 'depthwise, stride 2',
    x: [1, 3, 5, 4],
    weight: [1, 3, 3, 3],
    options: { groups: 3, stride: [2, 2], padding: around(1), outputPadding: [1, 0] },
  },
  {
    name: 'dilation 3, an output padding beyond the stride',
    x: [1, 2, 4, 3],
    weight: [2, 2, 3, 2],
    options: {
      dilation: [3, 3],
      padding: [
        [0, 1],
        [1, 2],
      ],
      outputPadding: [2, 2],
    },
  },
];

describe.each(cases)('convTranspose2d, $name', ({ x: xShape, weight: weightShape, options }) => {
  const how = { ...plain, ...options };
  const build = ([a, b]: Node[]) => convTranspose2d(a, b, options);
  const expected = ([a, b]: ArrayLike<number>[]) => reference(a, xShape, b, weightShape, how);

  it('is the sum of the kernels of all pixels, with gradients', async () => {
    const [x, weight] = [operand(xShape, 1), operand(weightShape, 2)];
    expect(build([input(spec(xShape), 'x'), input(spec(weightShape), 'w')]).shape).toEqual(
      transposedShape(xShape, weightShape, how),
    );
    const tolerance = { absolute: 2 * 80 * 2 ** -24 + 1e-8, why: 'at most 80 products below 1, f32 accumulation' };
    await checkForward(device(), build, [x, weight], expected([x.data, weight.data]), tolerance);
    await checkDerivative(device(), build, [x, weight], expected, tolerance, { samples: 12 });
  });

  it('of f64 agrees to the rounding of the reference', async () => {
    const [x, weight] = [operand(xShape, 1, 'f64'), operand(weightShape, 2, 'f64')];
    const why = 'the reference rounds at most 80 sums below 80 to 2^-53';
    await checkForward(device(), build, [x, weight], expected([x.data, weight.data]), {
      absolute: 80 * 80 * 2 ** -53,
      why,
    });
  });
});

// torch 2.15.0, conv_transpose2d(x, weight, ...) of whole numbers; weight.permute(1, 2, 3, 0) of [2, 2, 2, 2].
it.each([
  {
    options: { stride: [2, 3], padding: [1, 0], outputPadding: [1, 2] },
    expected: [
      ...[-3, 0, 0, -1, -1, 0, 0, -2, 0, 0, 6, -3, 0, -6, 3, 0, -4, 2, 0, 0, 1, -3, 0, 0, 3, 0, -2, 2, 0, 0],
      ...[6, 0, 0, 4, -2, 0, 4, -4, 0, 0, -5, 1, 0, 6, -3, 0, 2, 2, 0, 0, 4, -6, 0, -6, 6, 0, 0, 4, 0, 0],
    ],
  },
  {
    options: { stride: [1, 2], padding: 1, outputPadding: [2, 1], dilation: [3, 1], groups: 2 },
    expected: [
      ...[-2, -6, 3, 0, 0, 0, 0, 0, 0, 0, -3, 0, -2, 0, -2, -2, 0, 3, 0, 0, 0, 0, 0, 0, 0],
      ...[2, 6, -3, 0, 0, 0, 0, 0, 0, 0, -6, 4, -4, 4, -4, -4, -6, 6, 0, 0, 0, 0, 0, 0, 0],
      ...[-1, 0, 0, -4, 2, 0, 0, 0, 0, 0, 3, -1, 1, 0, 0, -1, 0, 0, -2, 2, 0, 0, 0, 0, 0],
      ...[-1, 0, 0, 2, 2, 0, 0, 0, 0, 0, 6, 0, 2, 0, 0, -2, 0, 0, 0, 4, 0, 0, 0, 0, 0],
    ],
  },
] as const)('is what PyTorch computes with $options', async ({ options, expected }) => {
  const x = { data: Float32Array.of(-3, -2, -2, -2, 3, 0, -3, -1, 0, 1, 0, -2), shape: [1, 2, 2, 3] };
  const data = Float32Array.of(-2, 2, 1, -1, 0, 1, 1, -1, 2, -1, -1, -1, -2, 0, 2, -2);
  const y = await run(device(), ([a, b]) => convTranspose2d(a, b, options), [x, { data, shape: [2, 2, 2, 2] }]);
  expect([...y]).toEqual(expected);
});

it('refuses what does not fit, naming both operands', () => {
  const node = (shape: number[]) => input(spec(shape), 'x');
  expect(() => convTranspose2d(node([1, 4, 3, 3]), node([2, 3, 3, 5]))).toThrow(
    'convTranspose2d(f32[1, 4, 3, 3], f32[2, 3, 3, 5]), stride 1, padding 0, output padding [0, 0], 1 groups: the input has 4 channels, the weight 5',
  );
  expect(() => convTranspose2d(node([1, 5, 3, 3]), node([2, 3, 3, 5]), { stride: 2, outputPadding: 2 })).toThrow(
    'the output padding is a whole number from 0 and smaller than the stride or the dilation',
  );
  expect(() => convTranspose2d(node([1, 5, 1, 1]), node([2, 3, 3, 5]), { padding: 2 })).toThrow(
    'the padding leaves nothing of the output',
  );
  expect(() => convTranspose2d(node([5, 1, 1]), node([2, 3, 3, 5]))).toThrow('both operands have 4 axes');
});
