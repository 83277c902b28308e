import { expect, test } from 'vitest';
import { largestPlaces, projectOnL1 } from '../../../../../src/analysis/robustness/attacks/steps/thresholds.ts';
import { drawNormal } from '../../../../../src/base/philox.ts';
import { cast, compile, spec } from '../../../../../src/engine/index.ts';
import { expectClose, useDevice } from '../../../../support/checkOp.ts';

const device = useDevice();
const SIZE = 300;

/** Changes of four images: normal, of heavy tails, almost sparse, and one that is short already. */
const normals = Array.from(drawNormal({ seed: 1, stream: 1, substream: 0 }, SIZE));
const changes = [
  normals,
  normals.map((value, i) => value / (Math.abs(normals[(i + 1) % SIZE]) + 1e-3)),
  normals.map((value, i) => (i % 50 === 0 ? value : value * 1e-4)),
  normals.map((value) => value * 1e-3),
];
const shape = [4, 3, 10, 10] as const;

/** Projection on the L1 ball by sorting, in float64: Duchi, Shalev-Shwartz, Singer and Chandra, ICML 2008, figure 1. */
function projected(change: readonly number[], radius: number): number[] {
  if (change.reduce((sum, value) => sum + Math.abs(value), 0) <= radius) return [...change];
  const sorted = change.map(Math.abs).sort((a, b) => b - a);
  let sum = 0;
  let threshold = 0;
  sorted.forEach((value, i) => {
    sum += value;
    if (value > (sum - radius) / (i + 1)) threshold = (sum - radius) / (i + 1);
  });
  return change.map((value) => Math.sign(value) * Math.max(0, Math.abs(value) - threshold));
}

test('projections on the L1 ball and choices of the largest values are those of a sort', async () => {
  const radii = [2, 5, 0.5, 10];
  const counts = [1, 17, 300, 0];
  const perImage = spec([4, 1, 1, 1]);
  const both = await compile(
    ({ change, size, radius, count }) => ({
      projection: projectOnL1(change, radius),
      places: cast(largestPlaces(size, count), 'f32'),
    }),
    { change: spec(shape), size: spec(shape), radius: perImage, count: perImage },
    { device: device() },
  );
  const change = Float32Array.from(changes.flat());
  const size = change.map(Math.abs);
  const { projection, places } = both.run({
    change,
    size,
    radius: Float32Array.from(radii),
    count: Float32Array.from(counts),
  });
  const wanted = radii.flatMap((radius, i) => projected(Array.from(change.slice(i * SIZE, (i + 1) * SIZE)), radius));
  const why = 'a threshold from sums of up to 300 values below 700 in f32';
  expectClose(await projection.read(), wanted, { absolute: 1e-4, why });
  const kept = counts.flatMap((count, i) => {
    const values = Array.from(size.slice(i * SIZE, (i + 1) * SIZE));
    const least = [...values].sort((a, b) => b - a)[Math.max(1, count) - 1];
    return values.map((value) => Number(value >= least));
  });
  expect(Array.from(await places.read())).toEqual(kept);
  both.free();
});
