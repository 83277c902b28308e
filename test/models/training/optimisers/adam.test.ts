import { expect, test } from 'vitest';
import { useDevice } from '../../../support/checkOp.ts';
import { checkOptimiser, optimiserCases } from '../../../support/checkOptimiser.ts';

const device = useDevice();
const cases = optimiserCases('optimisers.json').filter(({ options: { optimiser = 'sgd' } }) => optimiser !== 'sgd');

test('there are trainings of both, with defaults and without', () => {
  const names = cases.map(({ options }) => options.optimiser);
  expect([...names].sort()).toEqual(['adam', 'adam', 'adamw', 'adamw', 'adamw']);
});

// PyTorch in float64; see test/fixtures/training/optimisers.py.
test.each(cases)('six batches end where PyTorch does in float64: $options', (each) => checkOptimiser(device(), each));
