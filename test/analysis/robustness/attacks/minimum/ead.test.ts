import { expect, test } from 'vitest';
import { ead } from '../../../../../src/analysis/robustness/attacks/minimum/ead.ts';
import { useConvolutional } from '../../../../support/attackReference.ts';
import { useDevice } from '../../../../support/checkOp.ts';
import { readQueryReference } from '../../../../support/queryReference.ts';
import { expectAsStrong } from '../../../../support/sampling.ts';

const open = useConvolutional(useDevice());

test('EAD comes as near in L1 as Foolbox’s', async () => {
  const { samples, classifier, total } = await open(12);
  const { ead: reference } = await readQueryReference();
  const settings = { binarySearchSteps: 5, maxIter: 50, learningRate: 0.01, initialConst: 0.1, beta: 0.001 };
  const outcome = await ead.run(classifier, samples, settings);
  expectAsStrong(outcome, reference, total);
  // What beta shrinks to nothing is the original's to the last bit: fewer pixels change than without it.
  const without = await ead.run(classifier, samples, { ...settings, maxIter: 10, beta: 0 });
  const changed = ({ records }: typeof outcome) => records.reduce((sum, { distances }) => sum + distances.l0, 0);
  expect(changed(outcome)).toBeLessThan(changed(without));
});
