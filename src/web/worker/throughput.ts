import { add, compile, conv2d, type Device, matmul, spec } from '../../engine/index.ts';
import { pageDevice } from './pageDevice.ts';

/** How fast a kernel is on the wall's clock. */
export interface Rate {
  readonly what: string;
  readonly value: number;
  readonly unit: 'GFLOP/s' | 'GB/s';
}

/** Milliseconds that a timing takes at least: browsers tell time to a tenth of a millisecond, or to a whole one. */
const SLICE = 300;

const SIDE = 1024;

/** 64 MiB: far more than caches hold. */
const LONG = 2 ** 24;

const types = {
  square: spec([SIDE, SIDE]),
  images: spec([16, 64, 32, 32]),
  // [C, kH, kW, O]
  filters: spec([64, 3, 3, 64]),
  long: spec([LONG]),
};

/** Measures the kernels that networks spend their time in. */
export async function throughput(tell: (rate: Rate) => void): Promise<void> {
  const device = await pageDevice();
  const { square, images, filters, long } = types;
  const product = await compile(({ a, b }) => matmul(a, b), { a: square, b: square }, { device, name: 'matmul' });
  const [a, b] = [device.zeros(square), device.zeros(square)];
  const productSeconds = await secondsOf(device, () => product.run({ a, b }));
  product.free();
  tell({ what: `matmul of ${SIDE} × ${SIDE}`, value: (2 * SIDE ** 3) / productSeconds / 1e9, unit: 'GFLOP/s' });
  const convolution = await compile(
    ({ x, weight }) => conv2d(x, weight, { padding: 1 }),
    { x: images, weight: filters },
    { device, name: 'conv2d' },
  );
  const [x, weight] = [device.zeros(images), device.zeros(filters)];
  const convolutionSeconds = await secondsOf(device, () => convolution.run({ x, weight }));
  convolution.free();
  const flops = 2 * 16 * 64 * 32 * 32 * 64 * 9;
  const what = 'conv2d of 16 × 64 × 32 × 32 by 64 filters of 3 × 3';
  tell({ what, value: flops / convolutionSeconds / 1e9, unit: 'GFLOP/s' });
  const sum = await compile(({ y }) => add(y, y), { y: long }, { device, name: 'add' });
  const y = device.zeros(long);
  const sumSeconds = await secondsOf(device, () => sum.run({ y }));
  sum.free();
  tell({ what: 'x + x of 64 MiB, read and written', value: (2 * 4 * LONG) / sumSeconds / 1e9, unit: 'GB/s' });
  for (const { buffer } of [a, b, x, weight, y]) device.release(buffer);
}

/** Seconds of one call, from as many as take a slice. */
async function secondsOf(device: Device, run: () => unknown): Promise<number> {
  run();
  await device.settle();
  for (let times = 1; ; times *= 2) {
    const began = performance.now();
    for (let i = 0; i < times; i++) run();
    await device.settle();
    const milliseconds = performance.now() - began;
    if (milliseconds >= SLICE) return milliseconds / 1000 / times;
  }
}
