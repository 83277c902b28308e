import { describe, expect, test } from 'vitest';
import { ShapeError } from '../../../src/engine/errors.ts';
import { spec } from '../../../src/engine/graph/graph.ts';
import { compile } from '../../../src/engine/run/compile.ts';
import { summarise } from '../../../src/models/inspection/summary.ts';
import { resnet } from '../../../src/models/network/families/resnet.ts';
import { parameterCount, WEIGHTS } from '../../../src/models/network/model.ts';
import { useDevice } from '../../support/checkOp.ts';

const imagenet = { image: [3, 224, 224], batch: 2 } as const;

describe('a ResNet on ImageNet', () => {
  // Billions of multiplications in the documentation of torchvision.models (GFLOPS of the weights), three decimals.
  test.each([
    [18, 1.814],
    [34, 3.664],
    [50, 4.089],
    [101, 7.801],
    [152, 11.514],
  ] as const)('ResNet-%i has the layers, parameters and operations that torchvision tells', (depth, published) => {
    const model = resnet({ depth, inChannels: 3, classes: 1000 });
    const { layers, parameters } = summarise(model, imagenet);
    const linear = layers.filter(({ op }) => op === 'conv2d' || op === 'matmul');
    const multiplications = linear.reduce((sum, { flops }) => sum + flops / 2, 0);
    expect(multiplications / 1e9).toBeCloseTo(published, 3);
    expect(parameters).toBe(parameterCount(model));
    expect(layers.reduce((sum, layer) => sum + layer.parameters, 0)).toBe(parameters);
    // Every layer with weights once: stem, convolutions, projections, the last one, each but the last with its batch norm.
    expect(layers.filter(({ name }) => name !== '')).toHaveLength(
      depth + 4 - Number(depth < 50) + depth + 3 - Number(depth < 50),
    );
  });

  test('shapes are those of the paper’s table 1', () => {
    const { layers } = summarise(resnet({ depth: 50, inChannels: 3, classes: 1000 }), imagenet);
    const shapeOf = (name: string) => layers.find((layer) => layer.name === name)?.shape;
    expect(shapeOf('conv1')).toEqual([2, 64, 112, 112]);
    expect(shapeOf('layer1.2.conv3')).toEqual([2, 256, 56, 56]);
    expect(shapeOf('layer2.3.conv3')).toEqual([2, 512, 28, 28]);
    expect(shapeOf('layer3.5.conv3')).toEqual([2, 1024, 14, 14]);
    expect(shapeOf('layer4.2.conv3')).toEqual([2, 2048, 7, 7]);
    expect(shapeOf('fc')).toEqual([2, 1000]);
  });
});

describe('memory', () => {
  const device = useDevice();
  const model = resnet({ depth: 18, width: 8, stem: 'cifar', inChannels: 1, classes: 10 });
  const options = { image: [1, 28, 28], batch: 16 } as const;

  test('of an inference is what a device allocates', async () => {
    const { memory } = summarise(model, options, device().capabilities).precisions.f32.inference;
    const before = device().allocatedBytes;
    const executable = await compile(
      (inputs) => ({ logits: model.forward(inputs.parameters, inputs.state, inputs.x, { training: false }).logits }),
      { parameters: model.parameters, state: model.state, x: spec([16, 1, 28, 28]) },
      { device: device(), constants: WEIGHTS },
    );
    const { prelude, steps } = executable.plan;
    const uniforms = (prelude.length + steps.length) * 512;
    const allocated = device().allocatedBytes - before;
    // The kernels' sizes come on top, a few hundred bytes each.
    expect(allocated).toBeGreaterThanOrEqual(memory.working);
    expect(allocated).toBeLessThanOrEqual(memory.working + uniforms);
    executable.free();
    expect(memory.parameters).toBe(4 * parameterCount(model));
    expect(memory.batch).toBe(4 * 16 * (28 * 28 + 1));
    expect(memory.largestBuffer).toBeGreaterThanOrEqual(4 * 16 * 8 * 28 * 28);
  });

  test('of training grows with the batch, and shrinks when blocks are computed again', () => {
    const total = (batch: number, recompute?: 'blocks') =>
      summarise(model, { ...options, batch, recompute }).precisions.f32.training.memory;
    const [small, large, again] = [total(16), total(64), total(64, 'blocks')];
    expect(large.working / small.working).toBeGreaterThan(3);
    expect(again.working).toBeLessThan(large.working);
    expect(small.optimiser).toBe(small.parameters);
    expect(small.total).toBeGreaterThan(small.parameters + small.optimiser + small.statistics + small.working);
  });
});

test('images that are too small are refused', () => {
  const model = resnet({ depth: 18, inChannels: 3, classes: 10 });
  expect(() => summarise(model, { image: [4, 32, 32], batch: 1 })).toThrow(ShapeError);
});

// Every activation that is remembered takes 2 bytes or 1 in place of 4; statistics and scales are small.
test.each([
  ['f16', 0.52],
  ['f8', 0.27],
] as const)('a training step in %s remembers so much of what f32 does', (precision, share) => {
  const rememberedIn = (each: 'f32' | typeof precision) => {
    const model = resnet({ depth: 18, width: 16, stem: 'cifar', inChannels: 1, classes: 10, precision: each });
    return summarise(model, { image: [1, 28, 28], batch: 32 }).precisions[each].training.memory.remembered ?? 0;
  };
  const [less, all] = [rememberedIn(precision), rememberedIn('f32')];
  expect(less / all).toBeLessThan(share);
  expect(less / all).toBeGreaterThan(share - 0.03);
});
