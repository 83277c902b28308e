import {
  byteLength,
  type Device,
  elements,
  hostArray,
  type Node,
  type Packing,
  pack,
  packingOf,
  spec,
  type Tensor,
  type TensorType,
  unpack,
} from '../../engine/index.ts';
import type { HostArray, HostWeights, Model, Nodes, Specs, TensorSpec, Weights } from './model.ts';

/**
 * A model's tensors in few vectors: an optimiser's step is a kernel or two for each vector, however many layers there are, and every
 * other kernel binds the tensor that it needs where it lies. Mostly there is one vector.
 */
export type Vectors<T> = readonly T[];

/** The parameters and the state of a model on a device. */
export interface PackedWeights {
  readonly parameters: Vectors<Tensor>;
  readonly state: Vectors<Tensor>;
}

/** What every WebGPU device can bind (the default of `maxStorageBufferBindingSize`). */
const MOST_BYTES = 2 ** 27;

/** Tensors that share a vector. */
interface Group {
  readonly entries: readonly (readonly [string, TensorSpec])[];
  readonly packing: Packing;
}

/** Tensors of one format in their order, as many in a vector as a device can bind. */
function groupsOf(specs: Specs): Group[] {
  const groups: [string, TensorSpec][][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const entry of Object.entries(specs)) {
    const added = byteLength(entry[1].dtype, packingOf([entry[1]]).size);
    if (bytes + added > MOST_BYTES) {
      groups.push([]);
      bytes = 0;
    }
    groups[groups.length - 1].push(entry);
    bytes += added;
  }
  return groups.map((entries) => ({ entries, packing: packingOf(entries.map(([, type]) => type)) }));
}

/** The types of the vectors that hold these tensors. */
export const packedSpecs = (specs: Specs): Vectors<TensorType> =>
  groupsOf(specs).map(({ entries: [[, { dtype }]], packing }) => spec([packing.size], dtype));

/** Nodes by the names of `specs`, as vectors. */
export const packNodes = (specs: Specs, nodes: Nodes): Vectors<Node> =>
  groupsOf(specs).map(({ entries, packing }) =>
    pack(
      entries.map(([name]) => nodes[name]),
      packing,
    ),
  );

/** The nodes that vectors hold, by name. */
export function unpackNodes(specs: Specs, vectors: Vectors<Node>): Record<string, Node> {
  const named = groupsOf(specs).flatMap(({ entries, packing }, i) => {
    const nodes = unpack(
      vectors[i],
      entries.map(([, { shape }]) => shape),
      packing,
    );
    return entries.map(([name], k) => [name, nodes[k]] as const);
  });
  return Object.fromEntries(named);
}

/** A model's values on the host as vectors. */
export const packValues = (specs: Specs, values: HostWeights['parameters']): Vectors<HostArray> =>
  groupsOf(specs).map(({ entries, packing: { offsets, size } }) => {
    const vector = hostArray(entries[0][1].dtype, size) as HostArray;
    entries.forEach(([name], i) => {
      vector.set(values[name], offsets[i]);
    });
    return vector;
  });

/** The values that vectors hold, by name. */
export function unpackValues(specs: Specs, vectors: Vectors<HostArray>): Record<string, HostArray> {
  const named = groupsOf(specs).flatMap(({ entries, packing: { offsets } }, i) =>
    entries.map(([name, { shape }], k) => [name, vectors[i].slice(offsets[k], offsets[k] + elements(shape))] as const),
  );
  return Object.fromEntries(named);
}

/** Copies a model's values to a device, one tensor after the other. */
export function uploadPacked(device: Device, model: Model, { parameters, state }: HostWeights): PackedWeights {
  const copy = (specs: Specs, values: HostWeights['parameters']) => {
    const vectors = packedSpecs(specs).map((type) => device.zeros(type));
    for (const [name, tensor] of Object.entries(partsOf(specs, vectors))) device.write(tensor, values[name]);
    return vectors;
  };
  return { parameters: copy(model.parameters, parameters), state: copy(model.state, state) };
}

/** The tensors that lie in vectors, by name. */
function partsOf(specs: Specs, vectors: Vectors<Tensor>): Record<string, Tensor> {
  const named = groupsOf(specs).flatMap(({ entries, packing: { offsets } }, i) => {
    const { device, buffer, offset, bytes, size } = vectors[i];
    return entries.map(
      ([name, type], k) => [name, device.wrap(buffer, type, offset + (offsets[k] * bytes) / size)] as const,
    );
  });
  return Object.fromEntries(named);
}

/** The tensors by name, where they lie in the vectors, whose memory is theirs from now on: `release` gives it back. */
export const unpacked = (model: Model, { parameters, state }: PackedWeights): Weights => ({
  parameters: partsOf(model.parameters, parameters),
  state: partsOf(model.state, state),
});
