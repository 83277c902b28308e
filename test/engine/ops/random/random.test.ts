import { errorFunction } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import * as host from '../../../../src/base/philox.ts';
import { ShapeError } from '../../../../src/engine/errors.ts';
import { defineOp, input, spec } from '../../../../src/engine/graph/graph.ts';
import type { Shape } from '../../../../src/engine/graph/shape.ts';
import { randomIntegers, randomNormal, randomUniform } from '../../../../src/engine/ops/random/random.ts';
import { compile } from '../../../../src/engine/run/compile.ts';
import philox from '../../../../src/shaders/parts/philox.wgsl';
import random from '../../../../src/shaders/random/random.wgsl';
import { philoxBlock } from '../../../reference/philox.ts';
import * as reference from '../../../reference/random.ts';
import { integers, run, useDevice } from '../../../support/checkOp.ts';

const device = useDevice();

/** The block function of philox.wgsl alone: counters u32[4n], keys u32[2n] to words u32[4n]. */
const blocks = defineOp<Record<string, never>>({
  name: 'philoxBlocks',
  infer: ([counters]) => counters,
  derivative: null,
  kernel: ({ inputs: [counters, keys], output }) => ({
    shader: `${philox}
      struct Sizes { count: u32 }
      @group(0) @binding(0) var<uniform> sizes: Sizes;
      @group(0) @binding(1) var<storage, read> counters: array<vec4u>;
      @group(0) @binding(2) var<storage, read> keys: array<vec2u>;
      @group(0) @binding(3) var<storage, read_write> words: array<vec4u>;
      @compute @workgroup_size(64)
      fn make_blocks(@builtin(global_invocation_id) id: vec3u) {
        if (id.x < sizes.count) {
          words[id.x] = philox4x32_10(counters[id.x], keys[id.x]);
        }
      }`,
    entry: 'make_blocks',
    bind: { counters, keys, words: output },
    sizes: { count: output.size / 4 },
    grid: [Math.ceil(output.size / 256)],
  }),
  cost: ({ output }) => ({ flops: 0, bytes: output.bytes }),
});

const wordsOf = (counters: number[][], keys: number[][]) =>
  run(device(), ([counter, key]) => blocks([counter, key], {}), [
    integers(counters.flat(), [4 * counters.length], 'u32'),
    integers(keys.flat(), [2 * keys.length], 'u32'),
  ]);

describe('philox.wgsl', () => {
  it('meets the known answers', async () => {
    // Random123 1.14, tests/kat_vectors, the three lines "philox4x32 10".
    const counters = [
      [0, 0, 0, 0],
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    ];
    const keys = [
      [0, 0],
      [0xffffffff, 0xffffffff],
      [0xa4093822, 0x299f31d0],
    ];
    expect([...(await wordsOf(counters, keys))]).toEqual([
      0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd, 0xd16cfe09,
      0x94fdcceb, 0x5001e420, 0x24126ea1,
    ]);
  });

  it('equals the exact-integer reference', async () => {
    const words = host.randomWords({ seed: 9, stream: 9, substream: 9 }, 6 * 1000);
    const counters = Array.from({ length: 1000 }, (_, i) => [...words.subarray(6 * i, 6 * i + 4)]);
    const keys = Array.from({ length: 1000 }, (_, i) => [...words.subarray(6 * i + 4, 6 * i + 6)]);
    const expected = counters.flatMap((counter, i) => philoxBlock(counter, keys[i]));
    expect([...(await wordsOf(counters, keys))]).toEqual(expected);
  });
});

/** The functions of random.wgsl alone. */
const probe = defineOp<{ entry: string }>({
  name: 'randomProbe',
  infer: ([n]) => ({ shape: n.shape, dtype: 'f32' }),
  derivative: null,
  kernel: ({ inputs: [n], output, attributes: { entry } }) => ({
    shader: `${random}
      @group(0) @binding(3) var<storage, read> n: array<u32>;
      @compute @workgroup_size(64)
      fn logs(@builtin(global_invocation_id) id: vec3u) {
        if (id.x < sizes.size) { y[id.x] = -logarithm(vec2f(f32(n[id.x]) * 0x1p-24), vec2f(0.0), vec2f(0.0)).y; }
      }
      @compute @workgroup_size(64)
      fn cosines(@builtin(global_invocation_id) id: vec3u) {
        if (id.x < sizes.size) { y[id.x] = cos_sin(n[id.x]).x; }
      }
      @compute @workgroup_size(64)
      fn sines(@builtin(global_invocation_id) id: vec3u) {
        if (id.x < sizes.size) { y[id.x] = cos_sin(n[id.x]).y; }
      }`,
    entry,
    bind: { n, y: output },
    sizes: { size: output.size, stream: 0, substream: 0 },
    grid: [Math.ceil(output.size / 64)],
  }),
  cost: ({ output }) => ({ flops: 0, bytes: output.bytes }),
});

const seed = 0x1234567890abc;
const stream = host.streamId('test');
const key = () => integers(host.keyOf(seed), [2], 'u32');
const shapes: Shape[] = [[1], [3], [4], [5], [64, 4], [257], [3, 1000, 7]];
const size = (shape: Shape) => shape.reduce((a, b) => a * b, 1);

describe('randomUniform', () => {
  it.each(shapes.map((shape) => [shape]))('%j: bit for bit the numbers of the host', async (shape) => {
    const options = { stream, substream: 2 ** 32 - 1 };
    const actual = await run(device(), ([k]) => randomUniform(k, shape, options), [key()]);
    expect(actual).toEqual(host.drawUniform({ seed, ...options }, size(shape)));
    expect(Float64Array.from(actual)).toEqual(reference.randomUniform(seed, stream, options.substream, size(shape)));
  });
});

describe('randomIntegers', () => {
  it.each([1, 2, 9, 1000, 2 ** 31 - 1, 2 ** 31])('below %i: bit for bit the numbers of the host', async (bound) => {
    const options = { stream, substream: 7 };
    const actual = await run(device(), ([k]) => randomIntegers(k, [9, 29], bound, options), [key()]);
    expect(actual).toEqual(host.drawIntegers({ seed, ...options }, bound, 261));
    expect(Float64Array.from(actual)).toEqual(reference.randomIntegers(seed, stream, 7, bound, 261));
  });

  it('refuses a bound that no i32 is below', () => {
    const k = input(spec([2], 'u32'), 'key');
    for (const bound of [0, 1.5, 2 ** 31 + 1]) {
      const why = `bound is ${bound}`;
      expect(() => randomIntegers(k, [3], bound, { stream })).toThrow(why);
      expect(() => host.drawIntegers({ seed, stream, substream: 0 }, bound, 3)).toThrow(why);
    }
  });
});

describe('randomNormal', () => {
  it.each(shapes.map((shape) => [shape]))('%j: the numbers of the host, as f32 computes them', async (shape) => {
    const actual = await run(device(), ([k]) => randomNormal(k, shape, { stream }), [key()]);
    const expected = reference.randomNormal(seed, stream, 0, size(shape));
    // Some dozen operations, each rounded to half an ulp (the quotient in the logarithm to 2.5 on some devices), on the way
    // to a product. Measured on lavapipe over four million numbers: 4.7 times 2^-24.
    actual.forEach((value, i) => {
      expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(16 * 2 ** -24 * Math.abs(expected[i]));
    });
  });

  it('is accurate for the rarest words too', async () => {
    // u = 1 (radius 0) and u = 2^-24 (the largest radius) each come once in 2^24 blocks: the functions by themselves.
    const ends = [1, 2, 3, 2 ** 22, 11_863_283, 11_863_284, 2 ** 23, 2 ** 24 - 2, 2 ** 24 - 1, 2 ** 24];
    const logs = await run(device(), ([n]) => probe([n], { entry: 'logs' }), [integers(ends, [ends.length], 'u32')]);
    ends.forEach((n, i) => {
      const exact = -Math.log(n / 2 ** 24);
      expect(Math.abs(logs[i] - exact)).toBeLessThanOrEqual(8 * 2 ** -24 * exact);
    });
    const angles = [0, 1, 2 ** 21 - 1, 2 ** 21, 2 ** 22, 2 ** 22 + 1, 2 ** 23, 3 * 2 ** 22, 2 ** 24 - 1];
    for (const [entry, meaning] of [['cosines', Math.cos] as const, ['sines', Math.sin] as const]) {
      const found = await run(device(), ([n]) => probe([n], { entry }), [integers(angles, [angles.length], 'u32')]);
      angles.forEach((n, i) => {
        // Exactly 0 at multiples of a quarter, where Math.cos has the rounding of its argument, 2e-16.
        expect(Math.abs(found[i] - meaning((2 * Math.PI * n) / 2 ** 24))).toBeLessThanOrEqual(2 ** -23);
      });
    }
  });

  it('has the standard normal distribution, by Kolmogorov and Smirnov', async () => {
    const n = 200_000;
    const sorted = Float64Array.from(await run(device(), ([k]) => randomNormal(k, [n], { stream }), [key()])).sort();
    const distance = sorted.reduce((largest, value, i) => {
      const expected = 0.5 * (1 + errorFunction(value / Math.SQRT2));
      return Math.max(largest, Math.abs(expected - i / n), Math.abs(expected - (i + 1) / n));
    }, 0);
    // P(sqrt(n) D > 1.95) = 0.001 for the right distribution; the key is fixed.
    expect(Math.sqrt(n) * distance).toBeLessThan(1.95);
  });
});

describe.each([
  ['f32x2', [24, 24], 2 ** -43],
  ['f64', [27, 26], 2 ** -50],
] as const)('random numbers of %s', (dtype, bits, bound) => {
  it.each(shapes.map((shape) => [shape]))('%j: uniform numbers are those of the words, exactly', async (shape) => {
    const actual = await run(device(), ([k]) => randomUniform(k, shape, { stream, substream: 5, dtype }), [key()]);
    expect(actual).toEqual(reference.randomUniformOfTwoWords(seed, stream, 5, bits, size(shape)));
  });

  it.each(shapes.map((shape) => [shape]))('%j: normal numbers', async (shape) => {
    const actual = await run(device(), ([k]) => randomNormal(k, shape, { stream, dtype }), [key()]);
    const { numbers, radii } = reference.randomNormalOfTwoWords(seed, stream, 0, bits, size(shape));
    // Some two dozen operations of 2^-45 (f32x2) or 2^-53 (f64) each, most of them on terms far below the sum.
    actual.forEach((value, i) => {
      expect(Math.abs(value - numbers[i])).toBeLessThanOrEqual(bound * radii[i]);
    });
  });
});

it('a new key gives new numbers from the same executable, the old key the old ones', async () => {
  const executable = await compile(
    ({ k }) => ({ x: randomUniform(k, [8], { stream }) }),
    { k: spec([2], 'u32') },
    { device: device() },
  );
  const numbers = async (from: number) => [
    ...(await executable.run({ k: Uint32Array.from(host.keyOf(from)) }).x.read()),
  ];
  const [first, second, again] = [await numbers(1), await numbers(2), await numbers(1)];
  executable.free();
  expect(second).not.toEqual(first);
  expect(again).toEqual(first);
});

it('streams and substreams differ', async () => {
  const numbers = async (options: { stream: number; substream?: number }) =>
    (await run(device(), ([k]) => randomUniform(k, [4], options), [key()])).join();
  const found = [{ stream: 1 }, { stream: 2 }, { stream: 1, substream: 1 }].map(numbers);
  expect(new Set(await Promise.all(found)).size).toBe(3);
});

it('mistakes are named', () => {
  const good = input(spec([2], 'u32'), 'key');
  expect(() => randomUniform(input(spec([2]), 'key'), [3], { stream: 1 })).toThrow(
    new ShapeError('randomUniform: the key is f32[2], not u32[2]'),
  );
  expect(() => randomUniform(good, [3], { stream: 1, dtype: 'f16' as 'f32' })).toThrow(
    'randomUniform makes f32, f32x2 or f64, not f16',
  );
  expect(() => randomNormal(good, [3], { stream: -1 })).toThrow(
    'randomNormal: the stream is -1, not an integer from 0 to 2^32 - 1',
  );
  expect(() => randomNormal(good, [3], { stream: 1, substream: 2 ** 32 })).toThrow('the substream is 4294967296');
});
