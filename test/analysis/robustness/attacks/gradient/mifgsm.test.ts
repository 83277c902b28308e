import { mifgsm } from '../../../../../src/analysis/robustness/attacks/gradient/mifgsm.ts';
import { testAgainstReference } from '../../../../support/deterministicAttack.ts';

testAgainstReference([
  {
    name: 'mifgsm',
    run: (classifier, samples) =>
      mifgsm.run(classifier, samples, { norm: 'inf', eps: 0.1, epsStep: 0.02, maxIter: 10, decay: 1 }),
  },
]);
