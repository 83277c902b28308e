import { defineOp } from '../../src/engine/graph/graph.ts';

/** An op whose kernel never ends. */
export const endless = defineOp({
  name: 'endless',
  infer: ([x]) => x,
  derivative: null,
  kernel: ({ inputs: [x], output }) => ({
    shader: `@group(0) @binding(0) var<storage, read> x: array<f32>;
      @group(0) @binding(1) var<storage, read_write> y: array<f32>;
      @compute @workgroup_size(1) fn spin() {
        var i = 0u;
        while (x[i % 4u] < 2.0) { i++; y[i % 4u] = f32(i); }
      }`,
    entry: 'spin',
    bind: { x, y: output },
    grid: [1],
  }),
  cost: () => ({ flops: 0, bytes: 0 }),
});
