import { alma } from '../../../../../src/analysis/robustness/attacks/minimum/alma.ts';
import { useDevice } from '../../../../support/checkOp.ts';
import { compareWithAdvLib } from '../../../../support/minimumChecks.ts';

const device = useDevice();

// Of 24 samples a quartile is one sample's distance, which turns on the steps at which rounding decides that it is found.
const farther = 0.03;
// In L1 a pixel's slope is a sign, which rounding turns around the original: adv-lib's float32 is 0.022 from its float64 after twenty
// steps, in L2 4.2e-7.
compareWithAdvLib(device, alma, [
  { norm: '2', images: 1e-3, farther },
  { norm: '1', images: 0.04, farther },
]);
