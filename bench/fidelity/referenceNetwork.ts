import { elements, spec } from '../../src/engine/graph.ts';
import type { HostWeights, Model, Specs, TensorSpec } from '../../src/models/model.ts';
import type { Precision } from '../../src/models/precision.ts';
import { resnet } from '../../src/models/resnet.ts';
import { fromPyTorch } from '../../src/models/stateDict.ts';
import data from './referenceNetwork.json';

/**
 * A training run of PyTorch 1.13 in float64 on the CPU, to compare the engine with. The network is ResNet-18 with the 3×3 stem and 16, 32, 64
 * and 128 channels; the batch 8 images 1×28×28 in [-1, 1], not normalised. Weights, images and labels come from an integer hash; gamma is
 * 1, beta and the bias of the last layer are 0.
 */
interface Reference {
  /** Mean cross-entropy before each of 4 steps of SGD, learning rate 0.01, momentum 0.9. */
  readonly losses: readonly number[];
  /** Of the first image, in evaluation mode, before training. */
  readonly logits: readonly number[];
  /** Norm and first 16 elements (PyTorch's order) of the first step's gradient of each parameter, in the model's order. */
  readonly gradNorm: readonly number[];
  readonly gradHead: readonly (readonly number[])[];
}

export const reference: Reference = data;

export const REFERENCE_BATCH = 8;
export const REFERENCE_RATE = 0.01;
export const REFERENCE_MOMENTUM = 0.9;
const SIDE = 28;
const CLASSES = 10;

export const referenceModel = (precision?: Precision): Model =>
  resnet({ depth: 18, width: 16, stem: 'cifar', inChannels: 1, classes: CLASSES, precision });

export const REFERENCE_IMAGES = spec([REFERENCE_BATCH, 1, SIDE, SIDE]);

function hash(seed: number, i: number): number {
  let x = (Math.imul(i, 2654435761) + Math.imul(seed, 40503)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

const fill = (seed: number, count: number, scale: number) =>
  Float32Array.from({ length: count }, (_, i) => ((hash(seed, i) / 2 ** 32) * 2 - 1) * scale);

/** The weight's position among all parameters is the seed of its values. */
export function referenceWeights(model: Model): HostWeights {
  const values = (specs: Specs) =>
    Object.fromEntries(
      Object.entries(specs).map(([name, spec], seed) => [name, fromPyTorch(spec, initial(name, spec, seed))]),
    );
  return { parameters: values(model.parameters), state: values(model.state) };
}

function initial(name: string, { layout, shape }: TensorSpec, seed: number): Float32Array {
  const size = elements(shape);
  if (layout === 'conv') return fill(seed, size, Math.sqrt(6 / (size / shape[3])));
  if (name === 'fc.weight') return fill(seed, size, Math.sqrt(1 / shape[1]));
  const one = name.endsWith('running_var') || (shape.length === 1 && name.endsWith('.weight'));
  return new Float32Array(size).fill(one ? 1 : 0);
}

export const referenceImages = () => fill(1000, elements(REFERENCE_IMAGES.shape), 1);

export const referenceLabels = () => Int32Array.from({ length: REFERENCE_BATCH }, (_, i) => hash(2000, i) % CLASSES);
