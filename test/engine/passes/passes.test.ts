import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spec } from '../../../src/engine/graph/graph.ts';
import type { Node } from '../../../src/engine/graph/op.ts';
import { relu, scale } from '../../../src/engine/ops/elementwise/elementwise.ts';
import { mean } from '../../../src/engine/ops/reduce/reduce.ts';
import { sum } from '../../../src/engine/ops/reduce/sum.ts';
import { gradients } from '../../../src/engine/passes/gradients.ts';
import type { Pass } from '../../../src/engine/passes/pass.ts';
import { applyPasses, PASSES } from '../../../src/engine/passes/passes.ts';
import { plan } from '../../../src/engine/plan/plan.ts';
import { compile } from '../../../src/engine/run/compile.ts';
import { CompiledPlan } from '../../../src/engine/run/executable.ts';
import { interpret } from '../../reference/interpreter.ts';
import { bits, useDevice } from '../../support/checkOp.ts';
import { type RandomGraph, randomGraph } from '../../support/randomGraph.ts';
import { randomNetwork } from '../../support/randomNetwork.ts';

const device = useDevice();

/** The outputs before the first pass and after each. */
function stages(outputs: readonly Node[]): { readonly by: string; readonly outputs: readonly Node[] }[] {
  const made: { by: string; outputs: readonly Node[] }[] = [{ by: 'tracing', outputs }];
  applyPasses(outputs, { capabilities: device().capabilities }, ({ name }, after) => {
    made.push({ by: name, outputs: after });
  });
  return made;
}

/** The values of outputs on the device, in guarded memory, and the kernels that it took. */
async function evaluated({ inputs, feeds }: RandomGraph, outputs: readonly Node[]) {
  const { capabilities } = device();
  const planned = plan({ name: 'random network', inputs, outputs, donations: [], capabilities });
  const executable = new CompiledPlan(device(), planned, outputs, true);
  try {
    const tensors = executable.run(inputs.map((node) => Float32Array.from(feeds.get(node) as Float64Array)));
    const values: (number | string)[][] = [];
    for (const tensor of tensors) values.push(bits(await tensor.read()));
    await executable.checkGuards();
    return { values, kernels: planned.steps.length };
  } finally {
    executable.free();
  }
}

describe('every pass', () => {
  it('keeps what a graph means, and its outputs in their places', () => {
    fc.assert(
      fc.property(randomGraph(), ({ outputs, inputs, feeds }) => {
        const returned = [...outputs, ...gradients(mean(outputs[0]), inputs)];
        // In float64 by the references, the same operations on the same operands: equal to the last bit.
        const expected = interpret(returned, feeds);
        for (const { by, outputs: after } of stages(returned))
          expect({ by, values: interpret(after, feeds) }).toEqual({ by, values: expected });
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  it('keeps every bit that a network computes on the device, in fewer kernels', async () => {
    const kernels = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(randomNetwork(), async (network) => {
        // Composite ops cannot run: what the first pass makes of them is what they mean.
        const [, lowered, ...others] = stages(network.outputs);
        const expected = await evaluated(network, lowered.outputs);
        const count = (by: string, more: number) => kernels.set(by, (kernels.get(by) ?? 0) + more);
        count(lowered.by, expected.kernels);
        for (const { by, outputs } of others) {
          const { values, kernels: needed } = await evaluated(network, outputs);
          expect({ by, values }).toEqual({ by, values: expected.values });
          count(by, needed);
        }
      }),
      { numRuns: 25, seed: 2 },
    );
    const counts = [...kernels.values()];
    expect([...kernels.keys()]).toEqual(PASSES.map(({ name }) => name));
    // Else the graphs give a pass nothing to do, and the test does not test it.
    for (const [i, count] of counts.slice(1).entries()) expect(count).toBeLessThan(counts[i]);
  });

  it('gives the same nodes when it runs again on what it made', () => {
    fc.assert(
      fc.property(randomNetwork(), ({ outputs }) => {
        const context = { capabilities: device().capabilities };
        const again = (pass: Pass, made: readonly Node[]) =>
          expect([pass.name, pass.run(made, context)]).toEqual([pass.name, made]);
        applyPasses(outputs, context, again);
      }),
      { numRuns: 50, seed: 3 },
    );
  });
});

it('OUTLAST_DEBUG shows the passes from 2 on, and from 3 on the graphs between them', async () => {
  const shown = async (debug: number) => {
    const texts: string[] = [];
    const { platform } = device();
    const told = Object.assign(Object.create(device()), {
      platform: { ...platform, debug, print: (text: string) => texts.push(text) },
    });
    const executable = await compile(
      ({ x }) => ({ y: sum(relu(scale(x, 2))) }),
      { x: spec([4]) },
      { device: told, name: 'f' },
    );
    executable.free();
    return texts;
  };
  const passes = PASSES.map(({ name }) => expect.stringMatching(new RegExp(`^f: ${name}, [34] nodes, [0-9.]+ ms$`)));
  expect(await shown(1)).toEqual(['f: 2 steps, 0.0 MiB, 0.000 GFLOP']);
  expect(await shown(2)).toEqual([...passes, 'f: 2 steps, 0.0 MiB, 0.000 GFLOP']);
  const graphs = (await shown(3)).filter((text) => text.startsWith('f('));
  expect(graphs.length).toBe(1 + PASSES.length);
  expect(graphs[0]).toContain('relu(%1)');
  expect(graphs.at(-1)).toContain('relu(scale(');
});
