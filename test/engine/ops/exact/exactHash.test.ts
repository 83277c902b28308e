import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { words } from '../../../../bench/fidelity/numbers.ts';
import { exactConv2d } from '../../../../src/engine/ops/conv2d/exactConv2d.ts';
import { exactMatmul } from '../../../../src/engine/ops/exact/exactMatmul.ts';
import { gradients } from '../../../../src/engine/passes/gradients.ts';
import { exactConv2d as convolutionReference } from '../../../reference/exactConv2d.ts';
import { exactMatmul as productReference } from '../../../reference/exactMatmul.ts';
import { run, useDevice } from '../../../support/checkOp.ts';

// One constant for all adapters, of BigInt's results: what an adapter returns may not differ in a bit. No NaN occurs, whose bits are free.
const products = 'd4fe580cf649e62a56458d6be0dc1fbda26cefee';
const convolutions = 'df51580baf9a7139d6d5edc7488d92c8d914ed87';

const device = useDevice();

/** 32 bits each, over 2^±40; made without functions that a JavaScript engine may round as it likes. */
function numbers(count: number, seed: number): Float64Array {
  const next = words(seed);
  return Float64Array.from({ length: count }, () => (next() - 2 ** 31) * 2 ** ((next() % 81) - 71));
}

const sha1 = (...arrays: ArrayLike<number>[]) => {
  const hash = createHash('sha1');
  for (const array of arrays) hash.update(new Uint8Array(Float64Array.from(array).buffer));
  return hash.digest('hex');
};

it.each([undefined, { subgroupsOf8: false }])('products have one hash on every adapter (%o)', async (capabilities) => {
  const [a, b] = [numbers(33 * 70, 1), numbers(70 * 35, 2)];
  const operands = [
    { data: a, shape: [33, 70], dtype: 'f64' as const },
    { data: b, shape: [70, 35], dtype: 'f64' as const },
  ];
  expect(sha1(productReference(a, b, [33, 70, 35]))).toBe(products);
  expect(sha1(await run(device(), ([x, y]) => exactMatmul(x, y), operands, capabilities))).toBe(products);
});

it('convolutions and their gradients have one hash on every adapter', async () => {
  const [xShape, weightShape, shape] = [
    [2, 3, 6, 5],
    [3, 3, 3, 4],
    [2, 4, 6, 5],
  ];
  const options = { stride: 1, padding: 1 };
  const [x, weight, gradient] = [numbers(180, 3), numbers(108, 4), numbers(240, 5)];
  const expected = convolutionReference(x, xShape, weight, weightShape, gradient, options);
  expect(sha1(expected.y, expected.byInput, expected.byWeight)).toBe(convolutions);
  const operands = [
    { data: x, shape: xShape, dtype: 'f64' as const },
    { data: weight, shape: weightShape, dtype: 'f64' as const },
    { data: gradient, shape, dtype: 'f64' as const },
  ];
  const results = [];
  for (const which of [0, 1, 2])
    results.push(
      await run(
        device(),
        ([input, kernel, upstream]) => {
          const y = exactConv2d(input, kernel, options);
          return which === 0 ? y : gradients(y, [input, kernel], upstream)[which - 1];
        },
        which === 0 ? operands.slice(0, 2) : operands,
      ),
    );
  expect(sha1(...results)).toBe(convolutions);
});
