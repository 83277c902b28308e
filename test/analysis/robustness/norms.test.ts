import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type NormName, norms } from '../../../src/analysis/robustness/norms.ts';
import { spec } from '../../../src/engine/graph/graph.ts';
import type { Node } from '../../../src/engine/graph/op.ts';
import { compile } from '../../../src/engine/run/compile.ts';
import { expectClose, run, useDevice } from '../../support/checkOp.ts';
import { values } from '../../support/values.ts';

const device = useDevice();
const NAMES: readonly NormName[] = ['inf', '1', '2'];
const SHAPE = [5, 2, 3, 7];
const PIXELS = 42;
const IMAGES = 5;

/** Norm of one image's values, in float64. */
function measure(name: NormName, values: ArrayLike<number>): number {
  const all = Array.from(values, Math.abs);
  if (name === 'inf') return Math.max(...all);
  return name === '1' ? all.reduce((a, b) => a + b, 0) : Math.hypot(...all);
}

const image = (data: ArrayLike<number>, i: number) => Array.from(data).slice(i * PIXELS, (i + 1) * PIXELS);

describe.each(NAMES)('L%s', (name) => {
  const norm = norms[name];

  test('a direction has norm 1 and the gradient’s signs, whatever its magnitude', async () => {
    const scales = [1, 1e-30, 1e30, 3e-42, 0];
    const gradient = values(IMAGES * PIXELS, 1).map((value, i) => value * scales[Math.floor(i / PIXELS)]);
    const direction = await run(device(), ([g]) => norm.direction(g), [{ data: gradient, shape: SHAPE }]);
    for (let i = 0; i < IMAGES; i++) {
      const [from, to] = [image(gradient, i), image(direction, i)];
      // Sums of 42 in f32.
      if (scales[i] === 0) expect(measure(name, to)).toBe(0);
      else expect(Math.abs(measure(name, to) - 1)).toBeLessThan(3e-6);
      expect(to.map(Math.sign).map((s) => s + 0)).toEqual(from.map(Math.sign).map((s) => s + 0));
      if (name === 'inf' || scales[i] < 1e-40) continue;
      const length = measure(name, from);
      expectClose(
        to,
        from.map((value) => value / length),
        { absolute: 1e-6, why: 'one division and a sum of 42' },
      );
    }
  });

  test('projection leaves the ball alone, and draws what is outside straight back to its surface', async () => {
    const eps = 0.5;
    const centre = values(IMAGES * PIXELS, 2);
    const reach = [0.2, 0.499, 0.6, 2, 0];
    const difference = values(IMAGES * PIXELS, 3);
    const x = centre.map((c, at) => {
      const i = Math.floor(at / PIXELS);
      return c + (difference[at] * reach[i]) / measure(name, image(difference, i));
    });
    const project = await compile(
      (nodes: { x: Node; centre: Node; eps: Node }) => ({ y: norm.project(nodes.x, nodes.centre, nodes.eps) }),
      { x: spec(SHAPE), centre: spec(SHAPE), eps: spec([]) },
      { device: device() },
    );
    const apply = async (from: Float32Array, radius: number) =>
      (await project.run({ x: from, centre, eps: Float32Array.of(radius) }).y.read()) as Float32Array;
    const projected = await apply(x, eps);
    for (let i = 0; i < IMAGES; i++) {
      const from = image(x, i).map((value, at) => value - centre[i * PIXELS + at]);
      const to = image(projected, i).map((value, at) => value - centre[i * PIXELS + at]);
      const length = measure(name, from);
      const expected =
        name === 'inf'
          ? from.map((value) => Math.min(eps, Math.max(-eps, value)))
          : from.map((value) => value * Math.min(1, eps / length));
      // Values around 1 in f32: half a unit in the last place of the sum with the centre, and a factor from a sum of 42.
      expectClose(to, expected, { absolute: 3e-7, why: 'rounding of centre + difference' });
      if (reach[i] < eps) expect(image(projected, i)).toEqual(image(x, i));
    }
    expect(await apply(x, 0)).toEqual(centre);
    project.free();
  });

  test('projection: always in the ball, and twice is once', async () => {
    const project = await compile(
      (nodes: { x: Node; centre: Node; eps: Node }) => ({ y: norm.project(nodes.x, nodes.centre, nodes.eps) }),
      { x: spec([2, 1, 2, 3]), centre: spec([2, 1, 2, 3]), eps: spec([]) },
      { device: device() },
    );
    const pixels = fc.float32Array({ min: -2, max: 2, noNaN: true, minLength: 12, maxLength: 12 });
    const radius = fc.float({ min: 0, max: 3, noNaN: true });
    await fc.assert(
      fc.asyncProperty(pixels, pixels, radius, async (x, centre, eps) => {
        const feeds = { centre, eps: Float32Array.of(eps) };
        const once = (await project.run({ ...feeds, x }).y.read()) as Float32Array;
        for (const i of [0, 1]) {
          const apart = once.map((value, at) => value - centre[at]).subarray(6 * i, 6 * i + 6);
          // Each of six values up to 5 is rounded once: half a unit in the last place, 2.4e-7, each.
          expect(measure(name, apart)).toBeLessThanOrEqual(eps * (1 + 1e-6) + 6 * 2.4e-7);
        }
        const twice = await project.run({ ...feeds, x: once }).y.read();
        expectClose(twice, once, { absolute: 1e-6, why: 'the surface is met up to rounding' });
      }),
      { numRuns: 40 },
    );
    project.free();
  });

  test('random points fill the ball evenly', () => {
    const eps = 0.3;
    const size = 3;
    const count = 4000;
    const radii = Array.from({ length: count }, (_, substream) => {
      const point = norm.randomPoint(size, eps, { seed: 1, stream: 2, substream });
      return measure(name, point) / eps;
    });
    // Uniform in the ball: (radius / eps)^size is uniform on [0, 1], mean ½ ± 5 · 0.289 / √4000 = 0.023.
    const mean = radii.reduce((sum, radius) => sum + radius ** size, 0) / count;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.023);
    expect(Math.max(...radii)).toBeLessThanOrEqual(1 + 1e-6);
    // Each coordinate is as often positive as negative: 5 standard errors of a fair coin.
    for (let axis = 0; axis < size; axis++) {
      const positive = Array.from({ length: count }, (_, substream) =>
        Number(norm.randomPoint(size, eps, { seed: 1, stream: 2, substream })[axis] > 0),
      ).reduce((a, b) => a + b, 0);
      expect(Math.abs(positive / count - 0.5)).toBeLessThan(2.5 / Math.sqrt(count));
    }
  });
});
