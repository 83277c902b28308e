import { describe, expect, it } from 'vitest';
import { exactSum } from '../../../../bench/fidelity/exactReferences.ts';
import { input, spec } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import { averagePool2d } from '../../../../src/engine/ops/pool/averagePool2d.ts';
import { maxPool2d } from '../../../../src/engine/ops/pool/pool.ts';
import { gradients } from '../../../../src/engine/passes/gradients.ts';
import {
  maximaOf,
  averagePool2d as reference,
  type WindowsReferenceOptions,
  windowsOf,
} from '../../../reference/averagePool2d.ts';
import { checkDerivative, checkForward, operand, run, useDevice } from '../../../support/checkOp.ts';

const device = useDevice();

const none = [
  [0, 0],
  [0, 0],
] as const;
const plain: Omit<WindowsReferenceOptions, 'kernel' | 'stride'> = { padding: none, dilation: [1, 1], ceilMode: false };

/** [N, C, H, W], and windows that touch, overlap, leave gaps, hang over and look at every second or third pixel. */
const cases: { name: string; shape: number[]; options: WindowsReferenceOptions }[] = [
  { name: '2×2', shape: [2, 3, 8, 8], options: { ...plain, kernel: [2, 2], stride: [2, 2] } },
  { name: '3×2, stride [1, 2]', shape: [1, 2, 7, 9], options: { ...plain, kernel: [3, 2], stride: [1, 2] } },
  {
    name: '3×3, uneven padding',
    shape: [2, 1, 6, 10],
    options: {
      ...plain,
      kernel: [3, 3],
      stride: [2, 2],
      padding: [
        [0, 1],
        [2, 1],
      ],
    },
  },
  {
    name: '3×3, ceil mode: the last windows hang over',
    shape: [1, 2, 6, 8],
    options: { ...plain, kernel: [3, 3], stride: [2, 2], ceilMode: true },
  },
  {
    name: '2×2, padding 1, stride 3, ceil mode: a window that would start behind the plane is none',
    shape: [1, 3, 5, 6],
    options: {
      ...plain,
      kernel: [2, 2],
      stride: [3, 3],
      padding: [
        [1, 1],
        [1, 1],
      ],
      ceilMode: true,
    },
  },
  {
    name: '2×3, dilation [3, 2]',
    shape: [1, 2, 9, 11],
    options: { ...plain, kernel: [2, 3], stride: [2, 1], dilation: [3, 2] },
  },
  {
    name: '3×3, dilation 2, padding, ceil mode',
    shape: [1, 2, 12, 9],
    options: {
      kernel: [3, 3],
      stride: [3, 2],
      padding: [
        [2, 1],
        [1, 2],
      ],
      dilation: [2, 2],
      ceilMode: true,
    },
  },
  { name: '2×2, stride 5', shape: [3, 1, 12, 12], options: { ...plain, kernel: [2, 2], stride: [5, 5] } },
  {
    name: 'one plane of many rows',
    shape: [1, 1, 300, 3],
    options: {
      ...plain,
      kernel: [5, 1],
      stride: [1, 1],
      padding: [
        [2, 2],
        [0, 0],
      ],
    },
  },
];

describe.each(cases)('averagePool2d, $name', ({ shape, options }) => {
  it.each([true, false])('counting the padding: %s, with gradients', async (countIncludePad) => {
    const x = operand(shape, 1);
    const build = ([a]: Node[]) => averagePool2d(a, { ...options, countIncludePad });
    const expected = ([a]: ArrayLike<number>[]) => reference(a, shape, { ...options, countIncludePad });
    const area = options.kernel[0] * options.kernel[1];
    const tolerance = {
      absolute: (area + 1) * 2 ** -24 + 1e-9,
      why: `a sum of at most ${area} numbers below 1 in f32`,
    };
    await checkForward(device(), build, [x], expected([x.data]), tolerance);
    await checkDerivative(device(), build, [x], expected, tolerance, { samples: 30 });
  });

  it('has a gradient of its gradient', async () => {
    const outer = operand(windowsOf(shape, options).shape, 2);
    const gradient = ([g]: Node[]) => {
      const x = input(spec(shape), 'x');
      return gradients(averagePool2d(x, options), [x], g)[0];
    };
    const { windows } = windowsOf(shape, options);
    const expected = ([g]: ArrayLike<number>[]) => {
      const dx = new Float64Array(operand(shape, 1).data.length);
      windows.forEach(({ elements, padded }, i) => {
        for (const at of elements) dx[at] += g[i] / padded;
      });
      return dx;
    };
    const tolerance = { absolute: 16 * 2 ** -24 + 1e-9, why: 'at most 9 quotients below 1 are added in f32' };
    await checkForward(device(), gradient, [outer], expected([outer.data]), tolerance);
    await checkDerivative(device(), gradient, [outer], expected, tolerance);
  });

  it('of f64 is the exact sum by the number of elements; f32x2 to 2^-44', async () => {
    const wide = operand(shape, 1, 'f64');
    const expected = Float64Array.from(windowsOf(shape, options).windows, ({ elements, padded }) => {
      const [sum] = exactSum(
        elements.map((i) => wide.data[i]),
        [1, elements.length, 1, 1],
      );
      return sum / padded;
    });
    expect(await run(device(), ([a]) => averagePool2d(a, options), [wide])).toEqual(expected);
    const x = operand(shape, 1, 'f32x2');
    const means = reference(x.data, shape, { ...options, countIncludePad: true });
    const why = 'at most 9 sums to 3 · 2^-48 of terms below 1, and a quotient';
    await checkForward(device(), ([a]) => averagePool2d(a, options), [x], means, { absolute: 2 ** -43, why });
  });

  it('of f64 has exact gradients', async () => {
    const { windows, shape: pooled } = windowsOf(shape, options);
    const outer = operand(pooled, 2, 'f64');
    const terms = Array.from({ length: operand(shape, 1).data.length }, (): number[] => []);
    windows.forEach(({ elements, padded }, i) => {
      for (const at of elements) terms[at].push(outer.data[i] / padded);
    });
    const expected = Float64Array.from(terms, (numbers) => exactSum(numbers, [1, numbers.length, 1, 1])[0]);
    const gradient = ([g]: Node[]) => {
      const x = input(spec(shape, 'f64'), 'x');
      return gradients(averagePool2d(x, options), [x], g)[0];
    };
    expect(await run(device(), gradient, [outer])).toEqual(expected);
  });
});

describe.each(cases)('maxPool2d, $name', ({ shape, options }) => {
  it.each(['f32', 'f32x2', 'f64'] as const)('of %s, with its gradient', async (dtype) => {
    const x = operand(shape, 1, dtype);
    const maxima = maximaOf(x.data, shape, options);
    const build = ([a]: Node[]) => maxPool2d(a, options);
    await checkForward(
      device(),
      build,
      [x],
      maxima.map((i) => x.data[i]),
      { why: 'a maximum is one of its operands' },
    );
    const outer = operand(windowsOf(shape, options).shape, 2, dtype);
    const dx = new Float64Array(x.data.length);
    maxima.forEach((at, i) => {
      dx[at] += outer.data[i];
    });
    const gradient = ([a, g]: Node[]) => gradients(maxPool2d(a, options), [a], g)[0];
    const why = 'at most 9 gradients below 1 are added';
    await checkForward(device(), gradient, [x, outer], dx, {
      absolute: 9 * 9 * 2 ** (dtype === 'f32' ? -24 : -46),
      why,
    });
  });
});

describe('as PyTorch 2.15.0 pools whole numbers in ceil mode', () => {
  const data = Float32Array.of(
    ...[-5, 3, -5, 5, -2, -3, 3, 3, -2, 0, -4, -2, -4, -1, -3, 2, 1, -5, -4, 2, 3, 0, 2, -1, 3, 1, 5, 5, -1, -1],
  );
  const x = { data, shape: [1, 1, 5, 6] };
  const hanging = { kernel: [3, 2], stride: 2, padding: 1, ceilMode: true } as const;
  // A third window of rows would start behind the plane: there is none.
  const gaps = { kernel: 2, stride: 3, padding: 1, ceilMode: true } as const;

  it.each([
    [hanging, true, [-4, -2, -2, -10, -10, 4, 2, -16, -2, 22, 12, -4].map((sum) => sum / 12)],
    [hanging, false, [-12, -3, -3, -30, -20, 4, 2, -32, -6, 33, 18, -12].map((sum) => sum / 12)],
    [gaps, true, [-5, 0, -3, -8, 2, -6].map((sum) => sum / 4)],
    [gaps, false, [-20, 0, -12, -16, 2, -12].map((sum) => sum / 4)],
  ] as const)('means of %j, counting the padding: %s', async (options, countIncludePad, expected) => {
    const why = 'one quotient of whole numbers, rounded to f32';
    await checkForward(device(), ([a]) => averagePool2d(a, { ...options, countIncludePad }), [x], expected, {
      relative: 2 ** -24,
      why,
    });
  });

  it('and maxima with a dilation', async () => {
    const options = { kernel: [3, 2], stride: [2, 3], padding: 1, dilation: [1, 2], ceilMode: true } as const;
    const y = await run(device(), ([a]) => maxPool2d(a, options), [x]);
    expect([...y]).toEqual([3, -2, -2, 3, 3, -1, 2, 5, -1]);
  });
});

it('averages numbers of f16 whose sum is beyond f16', async () => {
  const x = { data: Float32Array.of(60_000, 60_000, 60_000, 0), shape: [1, 1, 2, 2], dtype: 'f16' } as const;
  expect([...(await run(device(), ([a]) => averagePool2d(a, { kernel: 2 }), [x]))]).toEqual([44_992]);
});

it('refuses windows that do not fit, naming them', () => {
  const x = input(spec([1, 1, 4, 5]), 'x');
  expect(() => averagePool2d(x, { kernel: [2, 6] })).toThrow(
    'averagePool2d(f32[1, 1, 4, 5]), kernel [2, 6], stride [2, 6], padding 0: the kernel is larger than the padded input',
  );
  expect(() =>
    averagePool2d(x, {
      kernel: 2,
      padding: [
        [0, 2],
        [0, 0],
      ],
    }),
  ).toThrow('the padding is smaller than the window');
  expect(() =>
    averagePool2d(input(spec([1, 1, 2, 2]), 'x'), { kernel: 2, dilation: 3, padding: 1, stride: 1 }),
  ).toThrow('a window lies in the padding alone');
  expect(() => averagePool2d(x, { kernel: 0 })).toThrow('the kernel is a whole number from 1');
  expect(() => maxPool2d(x, { kernel: 2, stride: [1, 0] })).toThrow(
    'maxPool2d(f32[1, 1, 4, 5]), kernel [2, 2], stride [1, 0]',
  );
  expect(() => maxPool2d(input(spec([4, 4]), 'x'), { kernel: [2, 1] })).toThrow('the input is [N, C, H, W]');
});
