import { expect, test } from 'vitest';
import { hopSkipJump } from '../../../../../src/analysis/robustness/attacks/query/hopSkipJump.ts';
import { first, useConvolutional } from '../../../../support/attackReference.ts';
import { useDevice } from '../../../../support/checkOp.ts';
import { expectAsStrong } from '../../../../support/sampling.ts';

const open = useConvolutional(useDevice());

test.each(['inf', '2'] as const)('HopSkipJump in L%s: as near as ART’s after as many iterations', async (norm) => {
  const { samples, rate, classifier, total } = await open(40);
  const options = { norm, maxIter: 5, initEval: 20, maxEval: 1000, initSize: 100, seed: 1 };
  const outcome = await hopSkipJump.run(classifier, samples, options);
  expectAsStrong(outcome, rate(`hopskipjump.${norm}.5`), total);
  const few = first(samples, 5);
  const parts = await hopSkipJump.run(classifier, few, { ...options, maxIter: 1, batchSize: 2 });
  expect(parts.images).toEqual((await hopSkipJump.run(classifier, few, { ...options, maxIter: 1 })).images);
});
