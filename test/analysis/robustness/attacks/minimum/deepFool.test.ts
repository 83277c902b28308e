import { deepFool } from '../../../../../src/analysis/robustness/attacks/minimum/deepFool.ts';
import { testAgainstReference } from '../../../../support/deterministicAttack.ts';

testAgainstReference([
  {
    name: 'deepfool.10',
    // All ten classes are looked at, each by a pass of its own.
    count: 12,
    run: (classifier, samples) => deepFool.run(classifier, samples, { maxIter: 30, epsilon: 0.02, nbGrads: 10 }),
  },
  {
    name: 'deepfool.3',
    count: 24,
    run: (classifier, samples) => deepFool.run(classifier, samples, { maxIter: 30, epsilon: 0.02, nbGrads: 3 }),
  },
]);
