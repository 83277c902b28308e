import { networkOf } from '../peers/network.mjs';
import data from './referenceNetwork.json';

/**
 * A training run of PyTorch 1.13 in float64 on the CPU, to compare the engine with. The network, with its weights,
 * images in [-1, 1], which are not normalised, and labels, is that of the comparisons with other systems, with a smaller batch.
 */
interface Reference {
  /** Mean cross-entropy before each of 4 steps of SGD, learning rate 0.01, momentum 0.9. */
  readonly losses: readonly number[];
  /** Logits of the first image, in evaluation mode, before training. */
  readonly logits: readonly number[];
  /** Norm and first 16 elements (PyTorch's order) of the first step's gradient of each parameter, in the model's order. */
  readonly gradNorm: readonly number[];
  readonly gradHead: readonly (readonly number[])[];
}

export const reference: Reference = data;

/** ResNet-18 of width 16. */
export const referenceNetwork = { ...networkOf('W4m'), batch: 8 };
