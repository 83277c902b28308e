import shader from '../../shaders/measure/roofline.wgsl';
import type { Device } from '../device/device.ts';
import { defineOp, spec } from '../graph/graph.ts';
import type { Attributes } from '../graph/op.ts';
import { compile } from '../run/compile.ts';

/** The best an adapter does, as far as a simple kernel can show it. */
export interface Roofline {
  /** f32 multiply-adds on registers, in 10⁹ operations a second; a multiply-add counts as two. */
  readonly gflops: number;
  /** A copy through storage bindings, in 10⁹ bytes a second, read and written bytes both counted. */
  readonly gbs: number;
}

const WORKGROUPS = 256;
const ROUNDS = 2000;
const CHAINS = 12;
const UNROLLED = 32;
/** 64 MiB: far more than the caches hold. */
const COPIED = 2 ** 24;
/** A shared machine's speed changes from moment to moment; the best of several attempts is the adapter's. */
const ATTEMPTS = 5;

const arithmetic = defineOp<Attributes>({
  name: 'arithmetic roofline',
  infer: () => ({ shape: [8 * WORKGROUPS * 4], dtype: 'f32' }),
  derivative: null,
  kernel: ({ output: y }) => ({
    shader,
    entry: 'arithmetic',
    constants: { CHAINS, UNROLLED, ROUNDS },
    bind: { y },
    grid: [WORKGROUPS],
  }),
  cost: () => ({ flops: 2 * 8 * WORKGROUPS * ROUNDS * UNROLLED * CHAINS, bytes: 0 }),
});

const transfer = defineOp<Attributes>({
  name: 'copy roofline',
  infer: ([x]) => x,
  derivative: null,
  kernel: ({ inputs: [x], output: y }) => ({ shader, entry: 'transfer', bind: { x, y }, grid: [x.size / 4 / 256] }),
  cost: ({ inputs: [x] }) => ({ flops: 0, bytes: 2 * x.bytes }),
});

/** What the measurement runs: a roofline that was kept holds only for this text. */
export const rooflineSource = shader;

/** The two kernels, ready to run, and what one run of each amounts to. */
export interface RooflineKernels {
  readonly arithmetic: { run(): void; readonly flops: number };
  readonly copy: { run(): void; readonly bytes: number };
  free(): void;
}

/** Compiles the kernels of the roofline, to be timed beside others. */
export async function compileRoofline(device: Device): Promise<RooflineKernels> {
  const peak = await compile(() => ({ y: arithmetic([], {}) }), {}, { device, name: 'arithmetic roofline' });
  const x = device.zeros(spec([COPIED]));
  const copy = await compile(
    (inputs) => ({ y: transfer([inputs.x], {}) }),
    { x: spec([COPIED]) },
    { device, name: 'copy roofline' },
  );
  return {
    arithmetic: { run: () => peak.run({}), flops: peak.plan.flops },
    copy: { run: () => copy.run({ x }), bytes: 2 * x.bytes },
    free: () => {
      peak.free();
      copy.free();
      device.release(x.buffer);
    },
  };
}

/** Measures the roofline; takes about two seconds on a processor that plays a GPU. */
export async function measureRoofline(device: Device): Promise<Roofline> {
  const { arithmetic, copy, free } = await compileRoofline(device);
  try {
    const seconds = await best(device, arithmetic.run);
    const copySeconds = await best(device, copy.run);
    return { gflops: arithmetic.flops / seconds / 1e9, gbs: copy.bytes / copySeconds / 1e9 };
  } finally {
    free();
  }
}

async function best(device: Device, run: () => unknown): Promise<number> {
  let seconds = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt <= ATTEMPTS; attempt++) {
    const start = performance.now();
    run();
    await device.settle('roofline');
    // The first attempt compiles.
    if (attempt > 0) seconds = Math.min(seconds, (performance.now() - start) / 1000);
  }
  return seconds;
}
