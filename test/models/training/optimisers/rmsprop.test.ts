import { test } from 'vitest';
import { useDevice } from '../../../support/checkOp.ts';
import { checkOptimiser, optimiserCases } from '../../../support/checkOptimiser.ts';

const device = useDevice();

// PyTorch in float64; see test/fixtures/training/rmsprop.py.
test.each(optimiserCases('rmsprop.json'))('six batches end where PyTorch does in float64: $options', (each) =>
  checkOptimiser(device(), each),
);
