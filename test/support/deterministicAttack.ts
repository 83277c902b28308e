import { describe, expect, test } from 'vitest';
import type { AttackOutcome } from '../../src/analysis/robustness/attacks/run/attack.ts';
import type { Samples } from '../../src/analysis/robustness/attacks/run/batch.ts';
import type { Classifier } from '../../src/analysis/robustness/classifier/classifier.ts';
import { first, readReference, useNetworks } from './attackReference.ts';
import { useDevice } from './checkOp.ts';

/** An attack by its name in the reference file, and how many samples it is given; all unless said. */
interface Case {
  readonly name: string;
  readonly count?: number;
  run(classifier: Classifier, samples: Samples): Promise<AttackOutcome>;
}

/** Balls and steps of the reference, by norm. */
export const REFERENCE_BALLS = {
  inf: { eps: 0.1, epsStep: 0.02 },
  '2': { eps: 1.5, epsStep: 0.25 },
  '1': { eps: 15, epsStep: 2.5 },
} as const;

/** Tests of attacks without random numbers: they do to two networks what ART, Foolbox and torchattacks do (test/fixtures/attacks). */
export function testAgainstReference(cases: readonly Case[]): void {
  const openNetwork = useNetworks(useDevice());
  describe.each(['convolutional', 'resnet'] as const)('%s', (network) => {
    test.each(cases)('$name: the same successes, and images within 1e-4', async ({ name, count, run }) => {
      const { samples, ...reference } = await readReference(network);
      const { success, images } = reference.deterministic(name);
      const outcome = await run(await openNetwork(network), count === undefined ? samples : first(samples, count));
      const ours = outcome.records.map((record) => record.success);
      expect(ours).toHaveLength(count ?? success.length);
      const differences = ours.flatMap((is, i) => (is === success[i] ? [] : [i]));
      expect(differences).toEqual([]);
      let far = 0;
      for (let i = 0; i < images.length; i++) if (Math.abs(outcome.images[i] - images[i]) > 1e-4) far++;
      expect(far).toBe(0);
    });
  });
}
