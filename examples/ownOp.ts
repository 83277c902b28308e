/** A kernel of one's own as an op that has a derivative: softplus, log(1 + exp(x)). */
import { compile, defineOp, divide, exp, gradients, gridOver, negate, offset, spec, sum } from 'outlast/engine';
import { openDevice } from 'outlast/node';

const shader = `
struct Sizes { size: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(64) fn softplus(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) at: u32
) {
  let i = (group.y * groups.x + group.x) * 64u + at;
  if (i < sizes.size) { y[i] = max(x[i], 0.0) + log(1.0 + exp(-abs(x[i]))); }
}`;

const softplus = defineOp<Record<string, never>>({
  name: 'softplus',
  infer: ([x]) => x,
  derivative: ({ inputs: [x], gradient }) => [divide(gradient, offset(exp(negate(x)), 1))],
  kernel: ({ inputs: [x], output: y }) => {
    return { shader, entry: 'softplus', bind: { x, y }, sizes: { size: y.size }, grid: gridOver(y.size) };
  },
  cost: ({ output }) => ({ flops: 5 * output.size, bytes: 2 * output.bytes }),
});

const device = await openDevice();
const specs = { x: spec([3]) };
const value = await compile(({ x }) => ({ y: softplus([x], {}) }), specs, { device });
const slope = await compile(({ x }) => gradients(sum(softplus([x], {})), [x]), specs, { device });
const x = Float32Array.of(-1, 0, 1);
const [y, dy] = [await value.run({ x }).y.read(), await slope.run({ x })[0].read()];
console.log(JSON.stringify({ y: [...y], slope: [...dy] }));
device.destroy();
