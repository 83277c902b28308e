/** Runs a kernel that never ends, and prints how the engine says so. A program of its own, because its device is lost to the process. */

import { defineOp, spec } from '../../../src/engine/graph/graph.ts';
import { openDevice } from '../../../src/engine/open.node.ts';
import { compile } from '../../../src/engine/run/compile.ts';

const endless = defineOp({
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

const device = await openDevice();
const executable = await compile(({ x }) => ({ y: endless([x], {}) }), { x: spec([4]) }, { device, name: 'spinning' });
try {
  await executable.run({ x: new Float32Array(4) }).y.read();
  console.log('finished');
} catch (error) {
  console.log(JSON.stringify({ name: (error as Error).name, message: (error as Error).message }));
}
process.exit(0);
