import { InputError } from '../../base/errors.ts';
import { drawNormal, drawUniform, streamId } from '../../base/philox.ts';
import { type Device, elements } from '../../engine/index.ts';
import { checkEvaluated } from './layerSizes.ts';
import {
  type HostArray,
  type HostWeights,
  type Model,
  mapValues,
  type Specs,
  type TensorSpec,
  type Weights,
} from './model.ts';
import { unpacked, uploadPacked } from './packed.ts';
import { fromPyTorch } from './stateDict.ts';

/**
 * The values that training starts from, drawn from Philox: each tensor from a stream of its own name, in PyTorch's order of
 * elements, so that neither the device's layout nor other tensors change them; numbers of f32 in every precision.
 * @throws InputError when a tensor is larger than WebGPU can bind
 */
export function initialWeights(model: Model, seed: number): HostWeights {
  const draw = (specs: Specs) => mapValues(specs, (spec, name) => fromPyTorch(spec, initialValues(spec, name, seed)));
  return { parameters: draw(model.parameters), state: draw(model.state) };
}

/** A binding of WebGPU has less than 4 GiB. */
const MOST_VALUES = 2 ** 30;

function initialValues({ shape, initial }: TensorSpec, name: string, seed: number): Float32Array {
  const size = elements(shape);
  if (size > MOST_VALUES)
    throw new InputError(`${name} of shape ${shape.join(' x ')} has more than 2^30 values, which no device binds`);
  const source = { seed, stream: streamId(`initial.${name}`), substream: 0 };
  switch (initial.kind) {
    case 'constant':
      return new Float32Array(size).fill(initial.value);
    case 'normal':
      return drawNormal(source, size).map((value) => value * initial.standardDeviation);
    case 'uniform':
      return drawUniform(source, size).map((value) => (2 * value - 1) * initial.bound);
  }
}

/** Copies a model's values to a device. @throws InputError when kernels cannot read one of its parameters there */
export function upload(device: Device, model: Model, weights: HostWeights): Weights {
  checkEvaluated(model, device.capabilities);
  return unpacked(model, uploadPacked(device, model, weights));
}

/** Copies a model's values to the host. @throws GpuError of the work that computed them */
export async function download({ parameters, state }: Weights): Promise<HostWeights> {
  const copy = async (tensors: Weights['parameters']) =>
    Object.fromEntries(
      await Promise.all(
        Object.entries(tensors).map(async ([name, tensor]) => [name, (await tensor.read()) as HostArray] as const),
      ),
    );
  return { parameters: await copy(parameters), state: await copy(state) };
}

/** Gives the device's memory back. */
export function release({ parameters, state }: Weights): void {
  const tensors = [...Object.values(parameters), ...Object.values(state)];
  const owners = new Map(tensors.map(({ buffer, device }) => [buffer, device]));
  for (const [buffer, device] of owners) device.release(buffer);
}
