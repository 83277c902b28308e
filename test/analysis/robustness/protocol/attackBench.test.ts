import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AnySettings } from '../../../../src/analysis/robustness/attacks/defineAttack.ts';
import type { Classifier } from '../../../../src/analysis/robustness/classifier/classifier.ts';
import { runAttackBench } from '../../../../src/analysis/robustness/protocol/attackBench.ts';
import type { Device } from '../../../../src/engine/device/device.ts';
import { openDevice } from '../../../../src/engine/open.node.ts';
import { margin, planeClassifier, SLOPE } from '../../../support/linearClassifier.ts';

/** Images so near the plane that no pixel meets a limit; the second is of class 0, the others of class 1. */
const IMAGES = [
  [0.5, 0.5, 0.5, 0.5],
  [0.4, 0.5, 0.5, 0.3],
  [0.4, 0.4, 0.5, 0.45],
  [0.5, 0.5, 0.5, 0.45],
];
const BIAS = -2;

/** Distance of each image from the plane in L∞: margin / Σ |slope|. */
const EXACT = IMAGES.map(
  (image) => Math.abs(margin(image, BIAS)) / SLOPE.reduce((sum, value) => sum + Math.abs(value), 0),
);

let device: Device;
let classifier: Classifier;
beforeAll(async () => {
  device = await openDevice();
  classifier = planeClassifier(device, { bias: BIAS });
});
afterAll(() => {
  classifier.free();
  device.destroy();
});

const samples = { images: Float32Array.from(IMAGES.flat()), labels: Int32Array.of(1, 0, 1, 1) };

/** The radii of AttackBench's search where an attack succeeds from `exact` on: those that were tried. */
function searched(exact: number, steps: number): { readonly radius: number; readonly isBroken: boolean }[] {
  let [radius, low, best, found] = [1 / 255, 0, 2, false];
  return Array.from({ length: steps }, () => {
    const tried = { radius, isBroken: radius > exact };
    if (tried.isBroken) [best, found] = [radius, true];
    else low = radius;
    radius = found || 2 * low >= best ? (low + best) / 2 : 2 * low;
    return tried;
  });
}

test('an attack within a radius is searched for the smallest, and every pass is counted', async () => {
  const { samples: outcome } = await runAttackBench('fgm', classifier, samples, { norm: 'inf', eps: 0.3 });
  outcome.forEach(({ distance, forwards, backwards, trace }, i) => {
    const tried = searched(EXACT[i], 20);
    const best = Math.min(...tried.filter(({ isBroken }) => isBroken).map(({ radius }) => radius));
    // The last radii differ by 8e-6, which pixels in binary32 may decide otherwise.
    expect(Math.abs(distance - best)).toBeLessThan(1e-5);
    // FGM asks for the gradient at the original and for the class where it leads; the search looks once more.
    expect([forwards, backwards]).toEqual([20 * 3, 20]);
    const broken = tried.flatMap(({ isBroken }, k) => (isBroken ? [k] : []));
    expect(trace[0].passes).toBe(4 * broken[0] + 3);
    expect(trace.at(-1)?.distance).toBe(distance);
  });
});

test('the budget ends the search, and what was found before it counts', async () => {
  const budget = 31;
  const { samples: outcome } = await runAttackBench('fgm', classifier, samples, { norm: 'inf', eps: 0.3 }, { budget });
  outcome.forEach(({ distance, forwards, backwards }, i) => {
    // Steps cost 3 passes and a look: eight are paid, the last without its look.
    const best = Math.min(...searched(EXACT[i], 8).flatMap(({ radius, isBroken }) => (isBroken ? [radius] : [])));
    expect(Math.abs(distance - best)).toBeLessThan(1e-6);
    expect(forwards + backwards).toBe(budget);
  });
});

test('an attack of minimal norm runs once; an image that was wrong before lies at 0', async () => {
  const wrong = { ...samples, labels: Int32Array.of(1, 1, 1, 1) };
  const settings: AnySettings = { norm: '2', maxIter: 30, initEpsilon: 0.1, gamma: 0.05, quantise: false };
  const { samples: outcome } = await runAttackBench('ddn', classifier, wrong, settings);
  const length = Math.hypot(...SLOPE);
  outcome.forEach(({ label, predictedBefore, distance, forwards, backwards, trace }, i) => {
    const nearest = Math.max(0, margin(IMAGES[i], BIAS)) / length;
    if (nearest === 0) expect([predictedBefore === label, distance, forwards]).toEqual([false, 0, 0]);
    else {
      // It cannot lie nearer than the plane; steps that change the norm by 5 % come within 10 % of it.
      expect(distance).toBeGreaterThan(nearest * (1 - 1e-5));
      expect(distance).toBeLessThan(nearest * 1.1);
      expect([forwards, backwards]).toEqual([30, 30]);
      expect(trace.every(({ distance: each }, k) => k === 0 || each < trace[k - 1].distance)).toBe(true);
    }
  });
});

test('a strength that is a count has no radius to search', async () => {
  await expect(runAttackBench('pixel', classifier, samples, { norm: '0', th: 1 })).rejects.toThrow(
    /^pixel: AttackBench's protocol searches for a radius, and its strength counts pixels/,
  );
});
