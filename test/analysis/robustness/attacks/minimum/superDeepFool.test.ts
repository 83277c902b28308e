import { superDeepFool } from '../../../../../src/analysis/robustness/attacks/minimum/superDeepFool.ts';
import { useDevice } from '../../../../support/checkOp.ts';
import { compareWithAdvLib } from '../../../../support/minimumChecks.ts';

const device = useDevice();

// A few steps of f32 against float64, then ten halvings of the way: one of the last may fall on the other side, a 2⁻¹⁰ of the way.
compareWithAdvLib(device, superDeepFool, [{ norm: '2', images: 2e-3, farther: 0.01 }], () => ({ maxIter: 10 }));
