import type { Device, Tensor } from '../engine/device.ts';
import { elements, type Node, type Shape, spec, type TensorType } from '../engine/graph.ts';
import { type Packing, pack, packingOf, unpack } from '../engine/ops/pack.ts';
import { type HostWeights, type Model, mapValues, type Nodes, type Specs, type Weights } from './model.ts';

/**
 * A model's tensors in two vectors, parameters and state: an optimiser's step is a kernel or two, however many layers there are, and
 * every other kernel binds the tensor that it needs where it lies.
 */
export interface PackedWeights {
  readonly parameters: Tensor;
  readonly state: Tensor;
}

/** The tensors by name, in order. */
const shapesOf = (specs: Specs): Shape[] => Object.values(specs).map(({ shape }) => shape);
const packingOfSpecs = (specs: Specs): Packing => packingOf(Object.values(specs));

/** The type of the vector that holds these tensors. */
export const packedSpec = (specs: Specs): TensorType => spec([packingOfSpecs(specs).size]);

/** Nodes by the names of `specs`, as one vector. */
export function packNodes(specs: Specs, nodes: Nodes): Node {
  return pack(
    Object.keys(specs).map((name) => nodes[name]),
    packingOfSpecs(specs),
  );
}

/** The nodes that a vector holds, by name. */
export function unpackNodes(specs: Specs, vector: Node): Record<string, Node> {
  const nodes = unpack(vector, shapesOf(specs), packingOfSpecs(specs));
  return Object.fromEntries(Object.keys(specs).map((name, i) => [name, nodes[i]]));
}

/** Copies a model's values to a device. */
export function uploadPacked(device: Device, model: Model, { parameters, state }: HostWeights): PackedWeights {
  const copy = (specs: Specs, values: HostWeights['parameters']) => {
    const { offsets, size } = packingOfSpecs(specs);
    const vector = new Float32Array(size);
    Object.keys(specs).forEach((name, i) => {
      vector.set(values[name], offsets[i]);
    });
    return device.tensor(vector, [size]);
  };
  return { parameters: copy(model.parameters, parameters), state: copy(model.state, state) };
}

/**
 * The tensors by name, where they lie in the vectors, whose memory is theirs from now on: `release` gives it back. That of a vector
 * without tensors is given back at once.
 */
export function unpacked(model: Model, { parameters, state }: PackedWeights): Weights {
  const parts = (specs: Specs, vector: Tensor) => {
    if (Object.keys(specs).length === 0) vector.device.release(vector.buffer);
    const { offsets } = packingOfSpecs(specs);
    const bytesPerElement = vector.bytes / vector.size;
    const starts = new Map(Object.keys(specs).map((name, i) => [name, offsets[i] * bytesPerElement]));
    return mapValues(specs, (type, name) =>
      vector.device.wrap(vector.buffer, type, vector.offset + (starts.get(name) as number)),
    );
  };
  return { parameters: parts(model.parameters, parameters), state: parts(model.state, state) };
}

/** The values that a packed vector holds, by name, as a model's tensors are laid out on the device. */
export function unpackedValues(specs: Specs, vector: Float32Array): Record<string, Float32Array> {
  const { offsets } = packingOfSpecs(specs);
  return Object.fromEntries(
    Object.entries(specs).map(([name, { shape }], i) => [name, vector.slice(offsets[i], offsets[i] + elements(shape))]),
  );
}
