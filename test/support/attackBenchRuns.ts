import type { ProtocolSample } from '../../src/analysis/robustness/protocol/attackBench.ts';
import type { AttackBenchRun } from '../../src/analysis/robustness/protocol/attackBenchFile.ts';
import { mulberry32 } from './mulberry32.ts';

const PIXELS = 4;
const SAMPLES = 12;

/** A made-up run, the same for the same names. */
export interface MadeUpRun {
  readonly run: AttackBenchRun;
  readonly samples: readonly ProtocolSample[];
  readonly originals: readonly Float32Array[];
}

/**
 * Runs of three attacks on two models: image 0 was wrong before, image 1 is never broken, each attack leaves a few more unbroken, and each
 * is the nearest for some images.
 */
export function attackBenchRuns(): MadeUpRun[] {
  const originals = Array.from({ length: SAMPLES }, (_, i) => new Float32Array(PIXELS).fill(i / 16));
  return ['first', 'second'].flatMap((model, m) =>
    ['pgd', 'ddn', 'fab'].map((attack, a): MadeUpRun => {
      const random = mulberry32(100 * m + a + 1);
      const samples = originals.map((original, i): ProtocolSample => {
        // Word by word whether it is broken, and how far it moved: a whole number of 64ths in one pixel.
        const [luck, far] = [random() / 2 ** 32, 1 + (random() % 16)];
        const isBroken = i > 1 && luck > 0.2 * a;
        const image = original.slice();
        if (isBroken) image[i % PIXELS] += far / 64;
        return {
          ...{ label: 1, predictedBefore: i === 0 ? 2 : 1, predictedAfter: i === 0 || isBroken ? 2 : 1 },
          ...{ image, forwards: 10 + i, backwards: 5 + a, trace: [] },
          distance: i === 0 ? 0 : isBroken ? far / 64 : Infinity,
        };
      });
      return { run: { dataset: 'mnist', model, attack, norm: '2', budget: 2000 }, samples, originals };
    }),
  );
}
