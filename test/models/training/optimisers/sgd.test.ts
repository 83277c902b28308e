import { expect, test } from 'vitest';
import { useDevice } from '../../../support/checkOp.ts';
import { checkOptimiser, optimiserCases } from '../../../support/checkOptimiser.ts';

const device = useDevice();
const cases = optimiserCases('optimisers.json').filter(({ options: { optimiser = 'sgd' } }) => optimiser === 'sgd');

test('there are trainings plain, with momentum and with that of Nesterov', () => {
  const momenta = cases.map(({ options: { momentum, nesterov = false } }) => `${momentum} ${nesterov}`);
  expect(new Set(momenta)).toEqual(new Set(['0 false', '0.9 false', '0.9 true']));
});

// PyTorch in float64; see test/fixtures/training/optimisers.py.
test.each(cases)('six batches end where PyTorch does in float64: $options', (each) => checkOptimiser(device(), each));
