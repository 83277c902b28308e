import { expect, test } from 'vitest';
import { fmn } from '../../../../../src/analysis/robustness/attacks/minimum/fmn.ts';
import { InputError } from '../../../../../src/base/errors.ts';
import { useDevice } from '../../../../support/checkOp.ts';
import { planeClassifier } from '../../../../support/linearClassifier.ts';
import { compareWithAdvLib } from '../../../../support/minimumChecks.ts';

const device = useDevice();

// Twenty steps of f32 against float64, in L0 sixty.
const images = 1e-3;
// The radius turns on which side of the border a step ends, and rounding decides that near it.
const farther = 0.02;
compareWithAdvLib(device, fmn, [
  { norm: '0', few: 60, images, farther },
  { norm: '1', images, farther },
  { norm: '2', images, farther },
  { norm: 'inf', images, farther },
]);

test.each([
  [{ gammaInit: 1 }, 'fmn: gamma_init is 1; it must be above 0 and below 1'],
  [{ alphaDecay: 2 }, 'fmn: alpha_decay is 2; it must be above 0 and at most 1'],
])('%o is refused', async (settings, message) => {
  const samples = { images: Float32Array.of(0.5, 0.5, 0.5, 0.5), labels: Int32Array.of(1) };
  await expect(fmn.run(planeClassifier(device()), samples, settings)).rejects.toThrow(new InputError(message));
});
