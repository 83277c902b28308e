import { describe, expect, it } from 'vitest';
import { spec } from '../../../src/engine/graph/graph.ts';
import type { Node } from '../../../src/engine/graph/op.ts';
import { conv2d } from '../../../src/engine/ops/conv2d/conv2d.ts';
import { add, multiply } from '../../../src/engine/ops/elementwise/elementwise.ts';
import { matmul } from '../../../src/engine/ops/matmul/matmul.ts';
import { sum } from '../../../src/engine/ops/reduce/sum.ts';
import { compile, planFunction } from '../../../src/engine/run/compile.ts';
import { bits, operand, useDevice } from '../../support/checkOp.ts';

const device = useDevice();

const entriesOf = (steps: ReturnType<typeof planFunction>['steps']) =>
  steps.map((step) => (step.kind === 'dispatch' ? step.call.entry : 'copy'));

describe('the plan of a convolution of constants', () => {
  const weights = { w: spec([64, 3, 3, 64]) };
  const specs = { weights, x: spec([2, 64, 8, 8]) };
  const convolution = ({ weights: { w }, x }: { weights: { w: Node }; x: Node }) => ({
    y: conv2d(x, w, { padding: 1 }),
  });
  const capabilities = {
    subgroupsOf8: true,
    maxStorageBufferBindingSize: 2 ** 27,
    maxBufferSize: 2 ** 28,
    fastWorkgroupMemory: false,
    maxComputeWorkgroupsPerDimension: 65_535,
    memoryBudget: 2 ** 33,
  };
  const planned = (memoryBudget: number, constants?: readonly string[]) =>
    planFunction(convolution, specs, { capabilities: { ...capabilities, memoryBudget }, constants });

  it('transforms them apart from its steps, and counts the memory that keeps them', () => {
    const [always, once] = [planned(2 ** 33), planned(2 ** 33, ['weights'])];
    expect(entriesOf(always.prelude)).toEqual([]);
    expect(entriesOf(always.steps)).toEqual(['weights', 'inputs', 'multiply', 'outputs']);
    expect(entriesOf(once.prelude)).toEqual(['weights']);
    expect(entriesOf(once.steps)).toEqual(['inputs', 'multiply', 'outputs']);
    // 36 frequencies of 64 by 64 numbers.
    expect(once.buffers.filter(({ kind }) => kind === 'kept').map(({ bytes }) => bytes)).toEqual([36 * 64 * 64 * 4]);
    expect(once.peakBytes).toBeGreaterThanOrEqual(36 * 64 * 64 * 4);
    expect(once.flops).toBe(always.flops);
  });

  it('transforms them in every run where that memory is more than a quarter of what there is', () => {
    const scarce = planned(4 * (36 * 64 * 64 * 4 - 1), ['weights']);
    expect(entriesOf(scarce.prelude)).toEqual([]);
    expect(entriesOf(scarce.steps)).toEqual(['weights', 'inputs', 'multiply', 'outputs']);
  });

  it('refuses a constant that there is not, and one that a run overwrites', () => {
    expect(() => planned(2 ** 33, ['bias'])).toThrow('has no input bias');
    const step = ({ w }: { w: Node }) => ({ w: add(w, w) });
    expect(() => planFunction(step, { w: spec([2]) }, { capabilities, constants: ['w'], donate: { w: 'w' } })).toThrow(
      'overwrites its input w',
    );
  });
});

describe('what is kept', () => {
  it('has the bits of what is computed in every run, and follows the weights, whoever changes them', async () => {
    // A reduced weight and a packed one: a node of their own, and scratch memory of a product.
    const build = ({ x, w }: { x: Node; w: Node }) => ({
      y: add(matmul(x, w, { transposeB: true }), sum(multiply(w, w))),
    });
    const specs = { x: spec([32, 48]), w: spec([256, 48]) };
    const options = {
      device: device(),
      name: 'product',
      variantOf: ({ op }: Node) => (op.name === 'matmul' ? 'products' : undefined),
    };
    const every = await compile(build, specs, { ...options, guarded: true });
    const once = await compile(build, specs, { ...options, guarded: true, constants: ['w'] });
    const update = await compile(
      ({ w }) => ({ w: add(w, w) }),
      { w: specs.w },
      { device: device(), donate: { w: 'w' } },
    );
    try {
      expect(entriesOf(once.plan.prelude)).toEqual(expect.arrayContaining(['pack']));
      expect(entriesOf(once.plan.steps)).not.toContain('reduce');
      const tensor = (seed: number) => device().tensor(operand([256, 48], seed).data, [256, 48]);
      const { data: x } = operand([32, 48], 1);
      const [first, second] = [tensor(2), tensor(3)];
      const expectSame = async (w: typeof first | Float32Array) => {
        const [expected, actual] = [every, once].map((each) => each.run({ x, w }).y);
        expect(bits(await actual.read())).toEqual(bits(await expected.read()));
      };
      await expectSame(first);
      await expectSame(first);
      await expectSame(second);
      device().write(second, operand([256, 48], 4).data);
      await expectSame(second);
      update.run({ w: second });
      await expectSame(second);
      await expectSame(Float32Array.from(operand([256, 48], 5).data));
      await expectSame(Float32Array.from(operand([256, 48], 6).data));
      await once.checkGuards();
    } finally {
      for (const each of [every, once, update]) each.free();
    }
  });
});
