import { pdpgd } from '../../../../../src/analysis/robustness/attacks/minimum/pdpgd.ts';
import { useDevice } from '../../../../support/checkOp.ts';
import { compareWithAdvLib } from '../../../../support/minimumChecks.ts';

const device = useDevice();

// Adam makes whole steps of gradients that are rounding: adv-lib's float32 is 7.6e-4, 4.3e-4, 5.3e-3 and 5.3e-3 from its float64 after
// ten steps, in L0, L1, L2 and L∞. After twenty it is 0.36 in L0, where a pixel is changed or is not: a quartile of 24 samples is one's.
const few = 10;
compareWithAdvLib(device, pdpgd, [
  { norm: '0', few, images: 2e-3, farther: 0.1 },
  { norm: '1', few, images: 1e-3, farther: 0.01 },
  { norm: '2', few, images: 1e-2, farther: 0.01 },
  { norm: 'inf', few, images: 1e-2, farther: 0.01 },
]);
