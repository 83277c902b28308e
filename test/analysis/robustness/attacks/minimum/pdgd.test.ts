import { pdgd } from '../../../../../src/analysis/robustness/attacks/minimum/pdgd.ts';
import { useDevice } from '../../../../support/checkOp.ts';
import { compareWithAdvLib } from '../../../../support/minimumChecks.ts';

const device = useDevice();

// Adam makes whole steps of gradients that are rounding: adv-lib's float32 is 4.3e-4 from its float64 after ten steps.
compareWithAdvLib(device, pdgd, [{ norm: '2', few: 10, images: 1e-3, farther: 0.01 }]);
