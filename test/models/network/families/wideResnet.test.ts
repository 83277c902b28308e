import { expect, test } from 'vitest';
import { wideResnet } from '../../../../src/models/network/families/wideResnet.ts';
import { parameterCount } from '../../../../src/models/network/model.ts';
import { useDevice } from '../../../support/checkOp.ts';
import { compareWithPyTorch } from '../../../support/familyFixture.ts';

compareWithPyTorch(useDevice(), 'wide-resnet');

/** Millions of parameters: Zagoruyko and Komodakis, table 9 and section 3; of 28-10 also RobustBench's WRN-28-10 with 10 classes. */
test.for([
  [16, 4, 2.7],
  [28, 10, 36.5],
  [40, 2, 2.2],
  [34, 10, 46.2],
] as const)('WRN-%i-%i has %s million parameters', ([depth, widen, millions]) => {
  const count = parameterCount(wideResnet({ depth, widen, inChannels: 3, classes: 10 }));
  expect(count / 1e6).toBeCloseTo(millions, 1);
});
