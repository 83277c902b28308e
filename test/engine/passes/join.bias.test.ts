import { describe, expect, it } from 'vitest';
import { spec } from '../../../src/engine/graph/graph.ts';
import type { Node } from '../../../src/engine/graph/op.ts';
import type { Shape } from '../../../src/engine/graph/shape.ts';
import { conv2d } from '../../../src/engine/ops/conv2d/conv2d.ts';
import { relu6 } from '../../../src/engine/ops/elementwise/activation.ts';
import { add, relu, scale } from '../../../src/engine/ops/elementwise/elementwise.ts';
import { reshape } from '../../../src/engine/ops/shape/shape.ts';
import { planFunction } from '../../../src/engine/run/compile.ts';
import { bits, operand, run, useDevice } from '../../support/checkOp.ts';

/**
 * What a convolution's kernel adds and bounds must have the bits of what is stored first and goes through kernels of its own: the ops run
 * one after the other, over the host.
 */
const device = useDevice();

interface Sizes {
  readonly name: string;
  readonly x: Shape;
  readonly channels: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly groups?: number;
}

/** Winograd's outputs of many and of few tiles, packed planes of a product, bands, rows, rows of stride 2, depthwise. */
const sizes: readonly Sizes[] = [
  { name: 'Winograd', x: [2, 64, 12, 24], channels: 64, kernel: 3 },
  { name: 'Winograd, few tiles', x: [2, 64, 8, 8], channels: 68, kernel: 3 },
  { name: 'a product of packed planes', x: [2, 20, 7, 7], channels: 36, kernel: 1 },
  { name: 'bands', x: [3, 5, 8, 8], channels: 16, kernel: 3 },
  { name: 'rows', x: [2, 8, 7, 9], channels: 32, kernel: 3 },
  { name: 'rows of 20 channels', x: [2, 3, 5, 7], channels: 20, kernel: 3 },
  { name: 'stride 2', x: [2, 3, 6, 32], channels: 32, kernel: 3, stride: 2 },
  { name: 'depthwise', x: [2, 6, 7, 9], channels: 6, kernel: 3, groups: 6 },
];

const ends = [
  { end: 'alone', activation: (x: Node) => x },
  { end: 'through ReLU', activation: relu },
  { end: 'through bounds', activation: relu6 },
];

/** A bias of each channel as an operand of the elementwise ops, which broadcasts over [N, C, H, W]. */
const biasOf = (bias: Node): Node => reshape(bias, [1, bias.size, 1, 1]);

describe.each(sizes)('$name computes along', ({ name, x: shape, channels, kernel, stride = 1, groups = 1 }) => {
  const [n, c, h, w] = shape;
  const convolution = ([a, b]: readonly Node[]) => conv2d(a, b, { padding: (kernel - 1) / 2, stride, groups });
  const x = operand(shape, 1);
  const weight = operand([c / groups, kernel, kernel, channels], 2);
  const bias = operand([channels], 3);
  const residual = operand([n, channels, h / stride, w / stride], 4);

  it.each(ends)('a bias $end', async ({ activation }) => {
    for (const residuals of [[], [residual]]) {
      const tail = (y: Node, [b, ...rest]: readonly Node[]) =>
        activation(rest.reduce((sum, each) => add(sum, each), add(y, biasOf(b))));
      const build = ([a, k, ...rest]: Node[]) => tail(convolution([a, k]), rest);
      const operands = [x, weight, bias, ...residuals];
      const joined = await run(device(), build, operands);
      const y = await run(device(), convolution, [x, weight]);
      const between = { ...residual, data: Float32Array.from(y) };
      const apart = await run(device(), ([a, ...rest]) => tail(a, rest), [between, bias, ...residuals]);
      expect(bits(joined)).toEqual(bits(apart));
      expect(new Set(joined).size).toBeGreaterThan(channels);
      const { steps } = planFunction(
        (inputs) => build(Object.values(inputs)),
        Object.fromEntries(operands.map((each, i) => [`input${i}`, spec(each.shape)])),
        { capabilities: { ...device().capabilities, subgroupsOf8: true, fastWorkgroupMemory: false } },
      );
      const entries = steps.map((step) => (step.kind === 'dispatch' ? step.call.entry : 'copy'));
      expect(entries.filter((entry) => entry === 'rows')).toEqual(name.startsWith('rows') ? ['rows'] : []);
    }
  });
});

describe('a convolution keeps to itself', () => {
  const kernels = (build: (y: Node, inputs: Record<'x' | 'weight' | 'bias' | 'residual', Node>) => Node, side = 5) =>
    planFunction(
      (inputs) => build(conv2d(inputs.x, inputs.weight), inputs),
      {
        x: spec([1, 8, side, side]),
        weight: spec([8, 1, 1, 32]),
        bias: spec([32]),
        residual: spec([1, 32, side, side]),
      },
      { capabilities: { ...device().capabilities, subgroupsOf8: true, fastWorkgroupMemory: false } },
    ).steps.map((step) => (step.kind === 'dispatch' ? step.call.entry : 'copy'));
  const packed = ['packPlanes', 'multiply', 'unpackPlanes'];

  it('where something else reads it, or the kernel does anything but add a bias and a residual and bound', () => {
    expect(kernels((y, { bias, residual }) => relu(add(add(y, biasOf(bias)), residual)))).toEqual(packed);
    expect(kernels((y, { bias }) => add(add(y, biasOf(bias)), relu(y)))).toEqual([...packed, 'rows']);
    expect(kernels((y, { residual }) => add(y, residual))).toEqual([...packed, 'rows']);
    expect(kernels((y, { bias }) => relu(relu(add(y, biasOf(bias)))))).toEqual([...packed, 'rows']);
    expect(kernels((y, { bias }) => scale(add(y, biasOf(bias)), 2))).toEqual([...packed, 'rows']);
  });

  it('where its product stores whole planes', () => {
    expect(kernels((y, { bias }) => add(y, biasOf(bias)), 4)).toEqual(['multiply', 'rows']);
  });
});
