import { describe, expect, it } from 'vitest';
import { spec } from '../../../src/engine/graph/graph.ts';
import type { Node } from '../../../src/engine/graph/op.ts';
import { chromeTrace, profile } from '../../../src/engine/measure/profiler.ts';
import { measureRoofline } from '../../../src/engine/measure/roofline.ts';
import { conv2d } from '../../../src/engine/ops/conv2d/conv2d.ts';
import { relu } from '../../../src/engine/ops/elementwise/elementwise.ts';
import { compile } from '../../../src/engine/run/compile.ts';
import { useDevice } from '../../support/checkOp.ts';
import { values } from '../../support/values.ts';

const device = useDevice();

/** Two equal convolutions and a ReLU: operations known by hand. */
const network = ({ x, w }: { readonly x: Node; readonly w: Node }) => ({
  y: relu(conv2d(conv2d(x, w, { padding: 1 }), w, { padding: 1 })),
});
const specs = { x: spec([2, 16, 8, 8]), w: spec([16, 3, 3, 16]) };
const convolution = 2 * (2 * 16 * 8 * 8) * (16 * 9);

describe('profile', () => {
  it('counts calls, operations and bytes of every kernel, and its timeline is the plan', async () => {
    const executable = await compile(network, specs, { device: device() });
    const feeds = { x: values(2048, 1), w: values(2304, 2) };
    const result = await profile(device(), executable, feeds, { gflops: 100, gbs: 10 });
    const convolutions = result.kernels.find(({ name }) => name === 'conv2d.bands');
    expect(convolutions?.calls).toBe(2);
    const { gflops = 0, milliseconds = 0 } = convolutions ?? {};
    expect(gflops * milliseconds * 1e6).toBeCloseTo(2 * convolution, 3);
    expect(result.flops).toBe(2 * convolution + 2048);
    expect(result.dispatches).toBe(3);
    expect(result.timeline.map(({ name }) => name)).toEqual(['conv2d.bands', 'conv2d.bands', 'relu.rows']);
    const events = (chromeTrace(result) as { traceEvents: { ts: number; dur: number }[] }).traceEvents;
    expect(events).toHaveLength(3);
    events.slice(1).forEach(({ ts }, i) => {
      expect(ts).toBeCloseTo(events[i].ts + events[i].dur, 6);
    });
    executable.free();
  });

  it('measures a roofline', async () => {
    const { gflops, gbs } = await measureRoofline(device());
    expect(gflops).toBeGreaterThan(0);
    expect(gbs).toBeGreaterThan(0);
  });
});
