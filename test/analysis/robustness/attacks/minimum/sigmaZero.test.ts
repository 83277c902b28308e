import { sigmaZero } from '../../../../../src/analysis/robustness/attacks/minimum/sigmaZero.ts';
import { useDevice } from '../../../../support/checkOp.ts';
import { compareWithAdvLib } from '../../../../support/minimumChecks.ts';

const device = useDevice();

// Twenty steps of f32 against float64. In a hundred, rounding decides at the threshold whether a pixel stays changed: one of four.
compareWithAdvLib(device, sigmaZero, [{ norm: '0', images: 1e-3, farther: 0.25 }]);
