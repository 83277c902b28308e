import { describe, expect, it } from 'vitest';
import { spec } from '../../../src/engine/graph/graph.ts';
import type { Node } from '../../../src/engine/graph/op.ts';
import type { Shape } from '../../../src/engine/graph/shape.ts';
import { batchNormInference, type Tail } from '../../../src/engine/ops/batchNorm/batchNorm.ts';
import { conv2d } from '../../../src/engine/ops/conv2d/conv2d.ts';
import { add } from '../../../src/engine/ops/elementwise/elementwise.ts';
import { planFunction } from '../../../src/engine/run/compile.ts';
import { bits, type Operand, operand, run, useDevice } from '../../support/checkOp.ts';

/**
 * What a convolution's kernel normalises must have the bits of what is stored first and normalised by a kernel of its own: the two ops
 * run one after the other, over the host.
 */
const device = useDevice();

/**
 * [N, C, H, W], output channels and groups: planes that bands fill, and that they do not; rows, of channels in whole vec4s or not;
 * Winograd's outputs; depthwise convolutions.
 */
const sizes: readonly (readonly [Shape, number, number])[] = [
  [[3, 5, 8, 8], 16, 1],
  [[2, 8, 7, 12], 8, 1],
  [[2, 3, 5, 32], 24, 1],
  [[2, 8, 7, 9], 32, 1],
  [[2, 3, 5, 7], 20, 1],
  [[2, 64, 8, 8], 64, 1],
  [[2, 6, 7, 9], 6, 6],
  [[1, 4, 13, 5], 12, 4],
];

interface Case {
  readonly name: string;
  readonly relu: boolean;
  readonly withResidual: boolean;
}

const cases: readonly Case[] = [
  { name: 'alone', relu: false, withResidual: false },
  { name: 'through ReLU', relu: true, withResidual: false },
  { name: 'with a residual', relu: false, withResidual: true },
  { name: 'with a residual through ReLU', relu: true, withResidual: true },
];

const positive = ({ data, ...type }: Operand): Operand => ({ ...type, data: data.map((value) => 1.5 + value / 2) });
const epsilon = 1e-3;

function operandsOf([n, c, h, w]: Shape, channels: number, groups: number) {
  const ofChannels = (seed: number) => operand([channels], seed);
  return {
    x: operand([n, c, h, w], 1),
    weight: operand([c / groups, 3, 3, channels], 2),
    gamma: ofChannels(3),
    beta: ofChannels(4),
    mean: ofChannels(5),
    variance: positive(ofChannels(6)),
    residual: operand([n, channels, h, w], 7),
  };
}

const convolution = ([x, weight]: readonly Node[], groups = 1) => conv2d(x, weight, { padding: 1, groups });
const normalisation = (x: Node, [gamma, beta, mean, variance]: readonly Node[], tail: Tail) =>
  batchNormInference(x, gamma, beta, mean, variance, { epsilon, ...tail });

describe.each(sizes)('a convolution that normalises, %j to %i channels, %i groups', (shape, channels, groups) => {
  it.each(cases)('$name', async ({ relu, withResidual }) => {
    const { x, weight, gamma, beta, mean, variance, residual } = operandsOf(shape, channels, groups);
    const others = [gamma, beta, mean, variance, residual];
    const tailOf = (nodes: readonly Node[]) => (withResidual ? { relu, residual: nodes[4] } : { relu });
    const build = ([a, b, ...rest]: Node[]) => normalisation(convolution([a, b], groups), rest, tailOf(rest));
    const joined = await run(device(), build, [x, weight, ...others]);
    const y = await run(device(), (nodes) => convolution(nodes, groups), [x, weight]);
    const between = { ...residual, data: Float32Array.from(y) };
    const apart = await run(device(), ([a, ...rest]) => normalisation(a, rest, tailOf(rest)), [between, ...others]);
    expect(bits(joined)).toEqual(bits(apart));
    expect(new Set(joined).size).toBeGreaterThan(channels);
  });
});

describe('the plan', () => {
  const specs = {
    x: spec([2, 4, 8, 8]),
    weight: spec([4, 3, 3, 8]),
    gamma: spec([8]),
    beta: spec([8]),
    mean: spec([8]),
    variance: spec([8]),
  };
  const kernelsOf = (build: (y: Node, z: Node) => Node, capabilities = {}, variant?: string) =>
    planFunction(
      ({ x, weight, gamma, beta, mean, variance }) => {
        const y = convolution([x, weight]);
        return build(y, normalisation(y, [gamma, beta, mean, variance], {}));
      },
      specs,
      {
        capabilities: { ...device().capabilities, subgroupsOf8: true, ...capabilities },
        variantOf: (node) => (node.op.name === 'conv2d' ? variant : undefined),
      },
    ).steps.flatMap((step) => (step.kind === 'dispatch' ? [step.call.entry] : []));

  it('has one kernel for both', () => {
    expect(kernelsOf((_, z) => z)).toEqual(['bands']);
    expect(kernelsOf((_, z) => z, {}, 'rows')).toEqual(['rows']);
  });

  it('has one kernel for a depthwise convolution as well, unless another kernel computes it', () => {
    const build = ({ x, weight, channel }: Record<'x' | 'weight' | 'channel', Node>) =>
      normalisation(convolution([x, weight], 4), Array(4).fill(channel), {});
    const kernels = (variant?: string) =>
      planFunction(
        build,
        { x: spec([2, 4, 8, 8]), weight: spec([1, 3, 3, 4]), channel: spec([4]) },
        {
          capabilities: device().capabilities,
          variantOf: ({ op }) => (op.name === 'groupedConv2d' ? variant : undefined),
        },
      ).steps.flatMap((step) => (step.kind === 'dispatch' ? [step.call.entry] : []));
    expect(kernels()).toEqual(['depthwise']);
    expect(kernels('portable')).toEqual(['tap', 'normalise']);
  });

  it('keeps a convolution that something else reads', () => {
    expect(kernelsOf((y, z) => add(y, z))).toEqual(['bands', 'normalise', 'rows']);
  });

  it('keeps a convolution that is computed in another way', () => {
    expect(kernelsOf((_, z) => z, { subgroupsOf8: false })).toEqual(['tap', 'normalise']);
    expect(kernelsOf((_, z) => z, {}, 'tap')).toEqual(['tap', 'normalise']);
  });
});
