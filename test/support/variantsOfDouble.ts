import type { Device } from '../../src/engine/device/device.ts';
import { defineOp, spec } from '../../src/engine/graph/graph.ts';
import { type TuningProblem, tuningProblems } from '../../src/engine/measure/choices.ts';
import { planFunction } from '../../src/engine/run/compile.ts';

/** How each variant of `double` computes element i, not all of them rightly. */
export type Bodies = Readonly<Record<string, string>>;

export const rightBody = 'y[i] = x[i] + x[i];';

const shader = (body: string) => `
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i < LENGTHu) { ${body} }
}`;

/** 2x, by one kernel for each variant; the first is the default. */
export function double(bodies: Bodies) {
  const names = Object.keys(bodies);
  return defineOp<Record<string, never>>({
    name: 'double',
    infer: ([x]) => x,
    derivative: null,
    variants: () => names,
    kernel: ({ inputs: [x], output: y, variant = names[0] }) => ({
      shader: shader(bodies[variant]).replace('LENGTH', String(x.size)),
      entry: 'main',
      bind: { x, y },
      grid: [Math.ceil(x.size / 64)],
    }),
    cost: ({ inputs: [x] }) => ({ flops: x.size, bytes: 2 * x.bytes }),
  });
}

/** The problem of doubling so many numbers. */
export function doubling(device: Pick<Device, 'capabilities'>, bodies: Bodies, length = 100): TuningProblem {
  const { capabilities } = device;
  const op = double(bodies);
  const plan = planFunction(({ x }) => ({ y: op([x], {}) }), { x: spec([length]) }, { capabilities });
  const [problem] = tuningProblems(plan.steps, capabilities);
  return problem;
}
