import { expect, test } from 'vitest';
import type { Attack } from '../../src/analysis/robustness/attacks/defineAttack.ts';
import type { Device } from '../../src/engine/device/device.ts';
import { FEW, foundBy, quartiles, STEPS, useMinimum } from './minimumReference.ts';

/** What an attack of minimal norm is compared by, in one of its norms. */
interface Comparison {
  readonly norm: '0' | '1' | '2' | 'inf';
  /** Steps after which images are compared: minimum.py's `OTHERS`, FEW by default. */
  readonly few?: number;
  /** How far an image may be from that of the reference after these steps, in units of the pixel range. */
  readonly images: number;
  /** By how much a quartile of the distances may be above the reference's, as a share of it. */
  readonly farther: number;
}

/** Samples of each network in tests, of about a hundred whose distances minimum.json has. */
const COUNT = 24;

/**
 * Compares an attack with adv-lib 0.2.8 (test/fixtures/attacks/minimum.py): where a few steps lead, image by image, against float64; and
 * the quartiles of the distances of STEPS steps on a plainly and on an adversarially trained network.
 */
export function compareWithAdvLib(
  device: () => Device,
  attack: Attack,
  comparisons: readonly Comparison[],
  settings: (steps: number) => object = (maxIter) => ({ maxIter }),
): void {
  const open = useMinimum(device);

  test.each(comparisons)(
    'in L$norm it ends where adv-lib does in float64, image by image',
    async ({ norm, images, few = FEW }) => {
      const { samples, classifier, images: expected } = await open('robust', COUNT);
      const given = { norm, ...settings(few) };
      const outcome = await attack.run(classifier, samples, given);
      const wanted = expected(`${attack.name}.${norm}`);
      const farthest = wanted.reduce((most, pixel, i) => Math.max(most, Math.abs(pixel - outcome.images[i])), 0);
      expect(farthest).toBeLessThan(images);
      // Where the reference found something, so that equal images are not the originals.
      expect(wanted.some((pixel, i) => Math.abs(pixel - samples.images[i]) > 0.01)).toBe(true);
    },
  );

  const onNetworks = comparisons.map((each) => ({ ...each, network: 'robust' as const }));
  test.each([...onNetworks, { ...comparisons[0], network: 'convolutional' as const }])(
    'in L$norm on the $network network: no fewer successes than adv-lib, and none of the quartiles farther',
    async ({ norm, network, farther }) => {
      const { samples, classifier, distances } = await open(network, COUNT);
      const given = { norm, ...settings(STEPS) };
      const outcome = await attack.run(classifier, samples, given);
      const [ours, theirs] = [foundBy(outcome, DISTANCE[norm]), distances(`${attack.name}.${norm}`)];
      const found = (all: readonly (number | null)[]) => all.filter((each) => each !== null).length;
      expect(found(ours)).toBeGreaterThanOrEqual(found(theirs));
      quartiles(ours).forEach((quartile, i) => {
        expect(quartile).toBeLessThanOrEqual(quartiles(theirs)[i] * (1 + farther));
      });
    },
  );
}

const DISTANCE = { '0': 'l0', '1': 'l1', '2': 'l2', inf: 'linf' } as const;
