import { expect, test } from 'vitest';
import { InputError } from '../../../../src/base/errors.ts';
import { OPTIMISERS, optimiserOf } from '../../../../src/models/training/optimisers/catalogue.ts';

test('a name that no optimiser has is refused', () => {
  expect(() => optimiserOf({ optimiser: 'adan' as 'adam' })).toThrow(
    new InputError(
      `optimiser: "adan" is not known here; did you mean "adam"? Known: ${OPTIMISERS.map(({ name }) => name).join(', ')}`,
    ),
  );
});
