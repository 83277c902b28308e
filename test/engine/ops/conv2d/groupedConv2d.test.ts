import { describe, expect, it } from 'vitest';
import type { DType } from '../../../../src/engine/graph/dtype.ts';
import { input, spec } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import { conv2d } from '../../../../src/engine/ops/conv2d/conv2d.ts';
import { gradients } from '../../../../src/engine/passes/gradients.ts';
import {
  exactGroupedConv2d,
  type GroupedReferenceOptions,
  groupedOutputShape,
  groupedConv2d as reference,
} from '../../../reference/groupedConv2d.ts';
import { checkDerivative, checkForward, checkVariants, operand, run, useDevice } from '../../../support/checkOp.ts';
import { errorsOfVariants } from '../../../support/relativeErrors.ts';

const device = useDevice();

type Options = Partial<GroupedReferenceOptions>;
interface Case {
  readonly name: string;
  /** Groups are channels; or the padding alone is what the kernels of squares do not know. */
  readonly is: 'depthwise' | 'grouped' | 'padded';
  /** N, C, H, W; kH, kW, O. */
  readonly x: readonly [number, number, number, number];
  readonly kernel: readonly [number, number, number];
  readonly options: Options;
}

/** Strips of 4 to 8 columns, whole and broken; bands; any sliding. */
const depthwise: Omit<Case, 'is'>[] = [
  { name: '3×3', x: [2, 5, 9, 11], kernel: [3, 3, 5], options: around(1) },
  { name: '3×3, stride 2, odd', x: [1, 4, 13, 9], kernel: [3, 3, 4], options: { stride: [2, 2], ...around(1) } },
  { name: '5×5, stride 2', x: [1, 3, 11, 12], kernel: [5, 5, 3], options: { stride: [2, 2], ...around(2) } },
  { name: '3×3, dilation 2', x: [1, 3, 9, 12], kernel: [3, 3, 3], options: { dilation: [2, 2], ...around(2) } },
  {
    name: '2×3, stride [3, 1], dilation [2, 3], uneven padding',
    x: [2, 2, 13, 10],
    kernel: [2, 3, 2],
    options: {
      stride: [3, 1],
      dilation: [2, 3],
      padding: [
        [0, 1],
        [4, 2],
      ],
    },
  },
  { name: '1×1, stride 2', x: [1, 6, 7, 6], kernel: [1, 1, 6], options: { stride: [2, 2] } },
  { name: '3×3 on one pixel', x: [3, 4, 1, 1], kernel: [3, 3, 4], options: around(1) },
  { name: '3×3, two outputs of a channel', x: [2, 3, 6, 5], kernel: [3, 3, 6], options: around(1) },
  { name: 'many bands: tall planes', x: [1, 2, 70, 5], kernel: [3, 3, 2], options: around(1) },
];

const others: (Omit<Case, 'is'> & Partial<Pick<Case, 'is'>>)[] = [
  { name: '3×3 in 2 groups', x: [2, 6, 7, 6], kernel: [3, 3, 10], options: { groups: 2, ...around(1) } },
  {
    name: '1×3, dilation 2, 64 channels',
    x: [1, 2, 3, 9],
    kernel: [1, 3, 64],
    options: { groups: 1, dilation: [1, 2] },
  },
  { name: '1×1 in 3 groups', x: [1, 12, 5, 7], kernel: [1, 1, 6], options: { groups: 3 } },
  {
    name: '3×3 in 4 groups, stride 2, dilation 2',
    x: [2, 8, 9, 10],
    kernel: [3, 3, 8],
    options: { groups: 4, stride: [2, 2], dilation: [2, 2], ...around(2) },
  },
  {
    name: '3×3, dilation 2',
    x: [1, 5, 9, 8],
    kernel: [3, 3, 6],
    options: { groups: 1, dilation: [2, 2], ...around(2) },
  },
  {
    name: '3×2, stride [1, 2], dilation [1, 3]',
    x: [2, 3, 8, 11],
    kernel: [3, 2, 5],
    options: {
      groups: 1,
      stride: [1, 2],
      dilation: [1, 3],
      padding: [
        [1, 0],
        [2, 3],
      ],
    },
  },
  {
    name: '4×4, stride 3, dilation 6',
    x: [1, 2, 21, 20],
    kernel: [4, 4, 3],
    options: { groups: 1, stride: [3, 3], dilation: [6, 6] },
  },
  {
    name: '2×2, stride 3: pixels that no tap sees',
    x: [1, 4, 8, 9],
    kernel: [2, 2, 2],
    options: { groups: 2, stride: [3, 3] },
  },
  {
    name: '1×5, padding of one axis',
    is: 'padded',
    x: [2, 3, 4, 9],
    kernel: [1, 5, 4],
    options: {
      groups: 1,
      padding: [
        [0, 0],
        [2, 2],
      ],
    },
  },
  {
    name: '3×3, stride 2, padding behind alone',
    is: 'padded',
    x: [1, 3, 8, 8],
    kernel: [3, 3, 4],
    options: {
      groups: 1,
      stride: [2, 2],
      padding: [
        [0, 1],
        [0, 1],
      ],
    },
  },
];

function around(padding: number): Pick<GroupedReferenceOptions, 'padding'> {
  return {
    padding: [
      [padding, padding],
      [padding, padding],
    ],
  };
}

const ONE = [1, 1] as const;
const cases = [
  ...depthwise.map((each): Case => ({ is: 'depthwise', ...each })),
  ...others.map((each): Case => ({ is: 'grouped', ...each })),
];

type Place = 'y' | 'x' | 'weight';
const places: readonly Place[] = ['y', 'x', 'weight'];

/** The convolution of a case and both gradients: operands, how the engine computes them, and what they mean. */
function passesOf({ x: xShape, kernel: [kH, kW, O], options }: Case, dtype: DType = 'f32') {
  const how = { stride: ONE, dilation: ONE, ...around(0), groups: xShape[1], ...options };
  const weightShape = [xShape[1] / how.groups, kH, kW, O];
  const x = operand(xShape, 1, dtype);
  const weight = operand(weightShape, 2, dtype);
  const gradient = operand(groupedOutputShape(xShape, weightShape, how), 3, dtype);
  const meaning =
    (into: Place, of: typeof reference, first: Place, second: Place) => (a: ArrayLike<number>, b: ArrayLike<number>) =>
      of([xShape, weightShape], how, into, [
        { place: first, data: a },
        { place: second, data: b },
      ]);
  const both = (into: Place, first: Place, second: Place) => ({
    reference: meaning(into, reference, first, second),
    exact: meaning(into, exactGroupedConv2d, first, second),
  });
  return {
    y: {
      operands: [x, weight],
      build: ([a, b]: Node[]) => conv2d(a, b, how),
      terms: weightShape[0] * kH * kW,
      ...both('y', 'x', 'weight'),
    },
    x: {
      operands: [gradient, weight],
      build: ([g, b]: Node[]) => {
        const images = input(spec(xShape, dtype), 'x');
        return gradients(conv2d(images, b, how), [images], g)[0];
      },
      terms: (O / how.groups) * kH * kW,
      ...both('x', 'y', 'weight'),
    },
    weight: {
      operands: [x, gradient],
      build: ([a, g]: Node[]) => {
        const taps = input(spec(weightShape, dtype), 'weight');
        return gradients(conv2d(a, taps, how), [taps], g)[0];
      },
      terms: gradient.data.length / O,
      ...both('weight', 'x', 'y'),
    },
  };
}

/** Kernels for subgroups of 8, and for none. */
const settings = [{}, { subgroupsOf8: false }];

/** The variants that compute a place of a case on a device with subgroups of 8; of one that is padded, those of another op. */
function variantsOf({ is, x, kernel }: Case, into: Place): string[] | undefined {
  if (is === 'padded') return undefined;
  const tiled = [into === 'weight' ? 'outer' : 'tap', 'portable'];
  // The kernel for the gradient by input takes one output channel of each input channel.
  return is === 'depthwise' && (into !== 'x' || kernel[2] === x[1]) ? ['depthwise', ...tiled] : tiled;
}

describe.each(cases)('conv2d, $is $name', (each) => {
  const passes = passesOf(each);
  it.each(places)('into %s, each variant', async (into) => {
    const { operands, build, terms, reference: meaning } = passes[into];
    const expected = meaning(operands[0].data, operands[1].data);
    // Products and sums so far are at most `terms` times 1, each rounded to 2^-24 of itself.
    const tolerance = { absolute: 2 * terms * 2 ** -24 + 2 ** -24, why: `${terms} products, f32 accumulation` };
    await checkForward(device(), build, operands, expected, tolerance);
    const names = await checkVariants(device(), build, operands, expected, tolerance, settings);
    const known = variantsOf(each, into);
    if (known !== undefined && device().capabilities.subgroupsOf8) expect(names).toEqual(known);
  });
});

describe.each(cases.slice(0, 4))('conv2d on devices without subgroups, $is $name', (each) => {
  const passes = passesOf(each);
  it.each(places)('into %s', async (into) => {
    const { operands, build, terms, reference: meaning } = passes[into];
    const tolerance = { absolute: 2 * terms * 2 ** -24 + 2 ** -24, why: `${terms} products, f32 accumulation` };
    const expected = meaning(operands[0].data, operands[1].data);
    await checkForward(device(), build, operands, expected, tolerance, { subgroupsOf8: false });
  });
});

describe.each(cases.filter((_, i) => i % 6 === 1))('conv2d of f32x2, $is $name', (each) => {
  const passes = passesOf(each, 'f32x2');
  it.each(places)('into %s, each variant', async (into) => {
    const { operands, build, reference: meaning } = passes[into];
    const [a, b] = operands.map(({ data }) => data);
    const magnitudes = meaning(Float64Array.from(a, Math.abs), Float64Array.from(b, Math.abs));
    const errors = await errorsOfVariants(device(), build, operands, meaning(a, b), magnitudes, settings);
    // A product is right to 2^-46, each sum so far to 2^-48; the float64 of the reference is better.
    for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThanOrEqual(2 ** -44);
  });
});

describe.each(cases.filter((_, i) => i % 2 === 1))('conv2d of f64, $is $name', (each) => {
  const passes = passesOf(each, 'f64');
  it('is the exact sum, rounded once, and so are its gradients (BigInt)', async () => {
    for (const into of places) {
      const { operands, build, exact } = passes[into];
      expect(await run(device(), build, operands), into).toEqual(exact(operands[0].data, operands[1].data));
    }
  });
});

describe.each([cases[1], cases[depthwise.length + 3]])('the gradients of conv2d, $is $name', (each) => {
  const passes = passesOf(each);
  it.each(places)('have gradients: of that into %s', async (into) => {
    const { operands, build, terms, reference: meaning } = passes[into];
    const why = 'f32 accumulation of at most 200 products; a bilinear function';
    const absolute = 2 * Math.max(200, terms) * 2 ** -24 + 1e-8;
    const expected = ([a, b]: ArrayLike<number>[]) => meaning(a, b);
    await checkDerivative(device(), build, operands, expected, { absolute, why }, { samples: 8 });
  });
});

it('is what PyTorch 2.15.0 computes', async () => {
  // conv2d(x, weight, stride=(2, 1), padding=(1, 2), dilation=(1, 3), groups=2) of whole numbers, weight.permute(1, 2, 3, 0).
  const x = [-3, -2, -2, -2, 3, 0, -3, -1, 0, 1, 0, -2, 3, -1, 1, 3, 3, 2, 1, -2];
  const y = [
    ...[1, -1, -2, -4, -2, 0, -8, 0, 4, 16, 6, 2, 5, 3, -4, -11, -5, -4, -7, -7, 3, 8, 10, -1],
    ...[6, 4, 7, 4, -3, -1, 0, 7, -7, 5, 6, 3, 6, -2, 7, 7, -4, 0, 6, 4, 0, 10, 5, 0],
  ];
  const operands = [
    {
      data: Float32Array.of(...x, 1, -3, -2, -2, -2, 3, 0, -3, -1, 0, 1, 0, -2, 3, -1, 1, 3, 3, 2, 1),
      shape: [1, 2, 4, 5],
    },
    {
      data: Float32Array.of(-2, -2, -1, 1, 1, 2, -1, 2, 0, 2, 0, -1, 1, -1, -2, -2, 2, 1, 1, 2, -1, -1, 0, 2),
      shape: [1, 3, 2, 4],
    },
  ];
  const options = { stride: [2, 1], padding: [1, 2], dilation: [1, 3], groups: 2 } as const;
  expect([...(await run(device(), ([a, b]) => conv2d(a, b, options), operands))]).toEqual(y);
});

it('gives the same bits in two runs, and whatever the bands', async () => {
  const build = ([a, b]: Node[]) => conv2d(a, b, { padding: 1, groups: 3 });
  const operands = [operand([1, 3, 40, 12], 1), operand([1, 3, 3, 3], 2)];
  const bits = await run(device(), build, operands);
  expect(await run(device(), build, operands)).toEqual(bits);
  // Without subgroups there are more bands, which begin elsewhere.
  expect(await run(device(), build, operands, { subgroupsOf8: false })).toEqual(bits);
});

it('takes f16, computed in f32', async () => {
  const build = ([a, b]: Node[]) => conv2d(a, b, { groups: 2 });
  const x = { data: Float32Array.of(1, 2, 3, 4), shape: [1, 2, 1, 2], dtype: 'f16' } as const;
  const weight = { data: Float32Array.of(0.5, 2), shape: [1, 1, 1, 2], dtype: 'f16' } as const;
  expect([...(await run(device(), build, [x, weight]))]).toEqual([0.5, 1, 6, 8]);
});

it('refuses what does not fit, naming both operands', () => {
  const node = (shape: number[]) => input(spec(shape), 'x');
  const x = node([1, 6, 8, 8]);
  expect(() => conv2d(x, node([2, 3, 3, 8]), { groups: 2 })).toThrow(
    'conv2d(f32[1, 6, 8, 8], f32[2, 3, 3, 8]), stride 1, padding 0, 2 groups: the input has 6 channels, the weight 2 times 2',
  );
  expect(() => conv2d(x, node([3, 3, 3, 7]), { groups: 2 })).toThrow(
    'the groups are a whole number from 1 that divides 6 channels and 7',
  );
  expect(() => conv2d(x, node([6, 3, 3, 7]), { stride: [1, 0] })).toThrow(
    'stride [1, 0], padding 0: the stride is a whole number from 1',
  );
  expect(() =>
    conv2d(x, node([6, 3, 3, 7]), {
      padding: [
        [0, 1.5],
        [0, 0],
      ],
    }),
  ).toThrow('padding [[0, 1.5], [0, 0]]: the padding is a whole number from 0');
  expect(() => conv2d(x, node([6, 3, 3, 7]), { dilation: [4, 4] })).toThrow(
    'dilation 4: the kernel is larger than the padded input',
  );
});
