import { describe, expect, it } from 'vitest';
import { input, spec } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import { conv2d } from '../../../../src/engine/ops/conv2d/conv2d.ts';
import { gradients } from '../../../../src/engine/passes/gradients.ts';
import {
  conv2dGradientInput,
  conv2dGradientWeight,
  outputShape,
  conv2d as reference,
} from '../../../reference/conv2d.ts';
import {
  checkDerivative,
  checkForward,
  checkVariants,
  type Operand,
  operand,
  run,
  useDevice,
} from '../../../support/checkOp.ts';

const device = useDevice();

/** [N, C, H, W, O, kernel, stride, padding]: below, at and above the tiles of 16 and 32 channels, 30, 32 and 46 pixels. */
const shapes = [
  { name: '3×3, fewer channels than a tile', sizes: [2, 3, 9, 7, 5, 3, 1, 1] },
  { name: '3×3, one tile of 16', sizes: [2, 16, 14, 14, 16, 3, 1, 1] },
  { name: '3×3, more than one tile of 16', sizes: [1, 8, 7, 7, 24, 3, 1, 1] },
  { name: '3×3, tiles of 32', sizes: [3, 32, 5, 6, 64, 3, 1, 1] },
  { name: '3×3, Winograd tiles, even planes', sizes: [2, 64, 6, 4, 96, 3, 1, 1] },
  { name: '3×3, Winograd tiles, odd planes', sizes: [1, 96, 13, 11, 64, 3, 1, 1] },
  { name: '3×3, Winograd tiles as rows of 28', sizes: [1, 64, 32, 36, 64, 3, 1, 1] },
  { name: '3×3 on planes of one pixel', sizes: [5, 16, 1, 1, 32, 3, 1, 1] },
  { name: '3×3, stride 2', sizes: [2, 16, 14, 13, 32, 3, 2, 1] },
  { name: '3×3, stride 2, without padding, pieces of rows', sizes: [1, 3, 5, 67, 32, 3, 2, 0] },
  { name: '3×3, stride 2, on one pixel', sizes: [2, 8, 1, 1, 16, 3, 2, 1] },
  { name: '3×3, bands of whole planes', sizes: [3, 5, 8, 8, 16, 3, 1, 1] },
  { name: '3×3, bands that end below the plane, rows not a whole load', sizes: [2, 8, 7, 12, 8, 3, 1, 1] },
  { name: '3×3, bands of two rows', sizes: [2, 3, 5, 32, 8, 3, 1, 1] },
  { name: '3×3 without padding', sizes: [2, 4, 6, 6, 9, 3, 1, 0] },
  { name: '1×1, stride 2', sizes: [2, 16, 8, 8, 32, 1, 2, 0] },
  { name: '3×3, stride 2, odd planes', sizes: [3, 12, 14, 14, 20, 3, 2, 1] },
  { name: '1×1', sizes: [2, 32, 4, 4, 40, 1, 1, 0] },
  { name: '1×1, pixels as rows of 28', sizes: [1, 66, 10, 8, 64, 1, 1, 0] },
  { name: '1×1, packed pixels as rows of 28', sizes: [1, 65, 9, 9, 64, 1, 1, 0] },
  { name: '1×1, stride 2, more than one tile of 64', sizes: [3, 72, 12, 8, 68, 1, 2, 0] },
  { name: '7×7, stride 2, padding 3, one channel', sizes: [2, 1, 28, 28, 16, 7, 2, 3] },
  { name: '2×2, stride 3', sizes: [2, 3, 11, 10, 6, 2, 3, 0] },
  { name: '5×5, stride 1, padding 2', sizes: [1, 2, 9, 11, 17, 5, 1, 2] },
] as const;

/** Kernels for subgroups of 8, for no subgroups, and with tiles in workgroup memory, whichever of them this device would choose. */
const settings = [{}, { subgroupsOf8: false }, { fastWorkgroupMemory: true }];
const names = new Map(['forward', 'by input', 'by weight'].map((pass) => [pass, new Set<string>()]));

/**
 * The large and the small block of sums have the text of the middle one, with other lengths, and take a second each to compile: they are
 * compared where blocks end within channels and pixels, by fours and one by one, with few channels and with many.
 */
const ofAllBlocks = ['3×3, fewer channels than a tile', '3×3, tiles of 32', '1×1, stride 2, more than one tile of 64'];
const isMiddle = (variant: string) => variant !== 'shared128' && variant !== 'shared32';

describe('conv2d, each variant', () => {
  for (const { name, sizes } of shapes) {
    const [n, c, h, w, o, k, stride, padding] = sizes;
    const options = { stride, padding };
    const x = operand([n, c, h, w], 1);
    const weight = operand([c, k, k, o], 2);
    const gradient = operand(outputShape(x.shape, weight.shape, options), 3);
    const leaf = ({ shape }: Operand) => input(spec(shape), 'operand');
    // Sums of `terms` products of magnitude ≤ 1 in f32: at most terms · 2⁻²⁴ for each of the terms' running sums, in practice its root.
    const tolerance = (terms: number) => ({
      absolute: 2 * terms * 2 ** -24,
      why: `${terms} products, f32 accumulation`,
    });
    const check = async (
      pass: string,
      ...given: Parameters<typeof checkVariants> extends [unknown, ...infer Rest, unknown, unknown?] ? Rest : never
    ) => {
      const isWanted = ofAllBlocks.some((each) => each === name) ? undefined : isMiddle;
      for (const variant of await checkVariants(device(), ...given, settings, isWanted)) names.get(pass)?.add(variant);
    };

    it(`${name}: forward`, async () => {
      const expected = reference(x.data, x.shape, weight.data, weight.shape, options);
      await check('forward', ([a, b]) => conv2d(a, b, options), [x, weight], expected, tolerance(c * k * k));
    });

    it(`${name}: gradient by input`, async () => {
      const build = ([g, b]: Node[]) => {
        const images = leaf(x);
        return gradients(conv2d(images, b, options), [images], g)[0];
      };
      const expected = conv2dGradientInput(gradient.data, x.shape, weight.data, weight.shape, options);
      await check('by input', build, [gradient, weight], expected, tolerance(o * k * k));
    });

    it(`${name}: gradient by weight`, async () => {
      const build = ([a, g]: Node[]) => {
        const taps = leaf(weight);
        return gradients(conv2d(a, taps, options), [taps], g)[0];
      };
      const expected = conv2dGradientWeight(x.data, x.shape, gradient.data, weight.shape, options);
      // Winograd's transforms round values that are up to 18 times as large as pixels, once for each sum: a few units
      // of 2⁻²⁴ times 16 more.
      await check('by weight', build, [x, gradient], expected, tolerance(n * h * w + 48));
    });
  }

  it('leaves none out, on a device with subgroups of 8', () => {
    if (!device().capabilities.subgroupsOf8) return;
    const common = ['shared128', 'shared64', 'shared32', 'winograd', 'columns'];
    expect(names.get('forward')).toEqual(new Set([...common, 'stride2', 'bands', 'rows', 'tap', 'portable']));
    expect(names.get('by input')).toEqual(new Set([...common, 'bands', 'rows', 'tap', 'portable']));
    expect(names.get('by weight')).toEqual(new Set([...common, 'window', 'outer', 'portable']));
  });
});

describe('conv2d', () => {
  const options = { stride: 2, padding: 1 };
  const x = operand([2, 3, 7, 6], 1);
  const weight = operand([3, 3, 3, 8], 2);
  const outer = operand(outputShape(x.shape, weight.shape, options), 3);
  const why = 'up to 84 products, f32 accumulation; a bilinear function';
  const absolute = 2 * 84 * 2 ** -24 + 1e-8;

  it('has gradients by input and weight', async () => {
    const build = ([a, b]: Node[]) => conv2d(a, b, options);
    const expected = ([a, b]: ArrayLike<number>[]) => reference(a, x.shape, b, weight.shape, options);
    await checkDerivative(device(), build, [x, weight], expected, { absolute, why });
  });

  it('differentiates its gradient by input again', async () => {
    const build = ([g, w]: Node[]) => {
      const images = input(spec(x.shape), 'x');
      return gradients(conv2d(images, w, options), [images], g)[0];
    };
    const expected = ([g, w]: ArrayLike<number>[]) => conv2dGradientInput(g, x.shape, w, weight.shape, options);
    await checkForward(device(), build, [outer, weight], expected([outer.data, weight.data]), { absolute, why });
    await checkDerivative(device(), build, [outer, weight], expected, { absolute, why });
  });

  it('differentiates its gradient by weight again', async () => {
    const build = ([a, g]: Node[]) => {
      const taps = input(spec(weight.shape), 'weight');
      return gradients(conv2d(a, taps, options), [taps], g)[0];
    };
    const expected = ([a, g]: ArrayLike<number>[]) => conv2dGradientWeight(a, x.shape, g, weight.shape, options);
    await checkForward(device(), build, [x, outer], expected([x.data, outer.data]), { absolute, why });
    await checkDerivative(device(), build, [x, outer], expected, { absolute, why });
  });

  it('gives the same bits in two runs', async () => {
    const operands = [operand([4, 16, 14, 14], 3), operand([16, 3, 3, 16], 4)];
    const build = ([a, b]: Node[]) => conv2d(a, b, { padding: 1 });
    expect(await run(device(), build, operands)).toEqual(await run(device(), build, operands));
  });

  it('refuses operands that do not fit, naming both', () => {
    const node = (shape: number[]) => input(spec(shape), 'x');
    expect(() => conv2d(node([1, 3, 8, 8]), node([4, 3, 3, 8]))).toThrow(
      'conv2d(f32[1, 3, 8, 8], f32[4, 3, 3, 8]), stride 1, padding 0: the input has 3 channels, the weight 4',
    );
    expect(() => conv2d(node([1, 3, 2, 2]), node([3, 3, 3, 8]))).toThrow('the kernel is larger than the padded input');
    expect(() => conv2d(node([1, 3, 8, 8]), node([3, 3, 3, 8]), { stride: 0 })).toThrow(
      'the stride is a whole number from 1',
    );
  });
});
