import {
  decodeSafetensors,
  fromCheckpoint,
  type HostWeights,
  type ImageShape,
  loadOnnx,
  type Model,
  type Precision,
} from '../../models/index.ts';

/** Where a network comes from: beside the page, from the visitor's file, or from the last training in this worker. */
export type NetworkSource =
  | { readonly kind: 'shipped'; readonly name: string }
  | { readonly kind: 'file'; readonly file: File }
  | { readonly kind: 'trained' };

/** A network with its weights on the host. */
export interface ReadNetwork {
  readonly model: Model;
  readonly weights: HostWeights;
  readonly shape: ImageShape;
}

/** What the page tells of a network. */
export interface NetworkFacts {
  readonly shape: ImageShape;
  readonly parameters: number;
}

let trained: ((precision: Precision) => ReadNetwork) | undefined;

/** Keeps the network of a training, to be attacked. */
export function keepTrained(network: (precision: Precision) => ReadNetwork): void {
  trained = network;
}

/** Reads a network, to compute in a precision. @throws InputError that says in one line what cannot be read */
export async function readNetwork(source: NetworkSource, precision: Precision): Promise<ReadNetwork> {
  if (source.kind === 'trained') {
    if (trained === undefined) throw new Error('no network was trained yet: the Training view trains one');
    return trained(precision);
  }
  const [name, bytes] =
    source.kind === 'file'
      ? [source.file.name, await source.file.arrayBuffer()]
      : [source.name, await shipped(source.name)];
  return networkOf(new Uint8Array(bytes), name, precision);
}

function networkOf(bytes: Uint8Array, file: string, precision: Precision): ReadNetwork {
  if (file.endsWith('.onnx')) {
    const { model, weights, images } = loadOnnx(bytes, { file, precision });
    return { model, weights, shape: images };
  }
  const { model, weights, options, trainedOn } = fromCheckpoint(
    decodeSafetensors(bytes, file),
    file,
    undefined,
    precision,
  );
  // A state dict does not tell the size of its images: MNIST's of one channel, else CIFAR's.
  const side = options.inChannels === 1 ? 28 : 32;
  const shape = trainedOn?.shape ?? [options.inChannels, ...(options.imageSize ?? [side, side])];
  return { model, weights, shape: shape as ImageShape };
}

async function shipped(name: string): Promise<ArrayBuffer> {
  const response = await fetch(`models/${name}`);
  if (!response.ok) throw new Error(`${name}: the server answers ${response.status}`);
  return response.arrayBuffer();
}
