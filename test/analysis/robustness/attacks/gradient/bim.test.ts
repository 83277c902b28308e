import { bim } from '../../../../../src/analysis/robustness/attacks/gradient/bim.ts';
import { testAgainstReference } from '../../../../support/deterministicAttack.ts';

testAgainstReference([
  { name: 'bim', run: (classifier, samples) => bim.run(classifier, samples, { eps: 0.1, epsStep: 0.02, maxIter: 10 }) },
]);
