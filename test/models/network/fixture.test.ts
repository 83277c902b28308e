import { expect, test } from 'vitest';
import { measureNetwork } from '../../../bench/fidelity/networks.ts';
import { useDevice } from '../../support/checkOp.ts';

const device = useDevice();

/**
 * ResNet-18 of width 16 against PyTorch in float64: logits, gradients of all parameters, losses of four training steps. One unit of the
 * stem lies 2.9e-8 above ReLU's kink: the batch's mean has to be right to its last digits for it to count.
 */
test.each([
  // 20 layers in f32, each a sum of up to 1152 products, rounding errors of 6e-8 that average out; backward passes through 20 batch
  // norms, whose differences cancel digits.
  ['f32', { logitError: 1e-5, gradientError: 2e-5, lossError: 1e-5 }],
  // 48 bits, 2^-45 an operation.
  ['f32x2', { logitError: 1e-11, gradientError: 1e-10, lossError: 1e-10 }],
  // PyTorch's own rounding: its sums are not exact.
  ['f64', { logitError: 1e-13, gradientError: 1e-12, lossError: 1e-13 }],
  // Units of 2^-11 and 2^-4. A unit near ReLU's kink counts or does not, which changes single elements of gradients altogether.
  ['f16', { logitError: 5e-3, gradientError: 1, lossError: 2e-3 }],
  ['f8', { logitError: 0.3, gradientError: 8, lossError: 0.5 }],
] as const)('%s', async (precision, bounds) => {
  const errors = await measureNetwork(device(), precision);
  for (const [name, bound] of Object.entries(bounds))
    expect(errors[name as keyof typeof errors], name).toBeLessThan(bound);
});
