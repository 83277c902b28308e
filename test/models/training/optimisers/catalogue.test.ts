import { expect, test } from 'vitest';
import { InputError } from '../../../../src/base/errors.ts';
import { OPTIMISERS, optimiserOf } from '../../../../src/models/training/optimisers/catalogue.ts';
import { useDevice } from '../../../support/checkOp.ts';
import { checkOptimiser, optimiserCases } from '../../../support/checkOptimiser.ts';

const device = useDevice();

// PyTorch in float64; see test/fixtures/training/optimisers.py.
test.each(optimiserCases('optimisers.json'))('six batches end where PyTorch does in float64: $options', (each) =>
  checkOptimiser(device(), each),
);

test('a name that no optimiser has is refused', () => {
  expect(() => optimiserOf({ optimiser: 'adan' as 'adam' })).toThrow(
    new InputError(
      `optimiser: "adan" is not known here; did you mean "adam"? Known: ${OPTIMISERS.map(({ name }) => name).join(', ')}`,
    ),
  );
});
