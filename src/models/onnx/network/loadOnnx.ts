import { InputError } from '../../../base/errors.ts';
import { elements, hostArray, input, type Node, reshape, spec } from '../../../engine/index.ts';
import { quote } from '../../checkpoint/header.ts';
import type { ImageShape } from '../../evaluation/evaluate.ts';
import { checkNormalisation } from '../../network/layeredModel.ts';
import {
  type HostArray,
  type HostWeights,
  type Model,
  mapValues,
  type Specs,
  type TensorSpec,
} from '../../network/model.ts';
import { policyOf, storingOf } from '../../network/precision.ts';
import { checkWeights, fromPyTorch } from '../../network/stateDict.ts';
import { isFloating } from '../format/elementType.ts';
import { decodeModel } from '../format/model.ts';
import type { Lowering } from '../graph/call.ts';
import { lowerWith } from '../graph/lowerOnnx.ts';
import { metadataOf, type OnnxGraph, openOnnx } from '../graph/open.ts';
import { computed } from '../graph/value.ts';
import { type ImageInput, imageInput, type Squashing, untilLogits } from './ends.ts';
import { readingOf, tellsReading } from './keepOnnx.ts';
import type { LoadOptions, Reading } from './loadOptions.ts';
import { preprocessed } from './preprocess.ts';
import { type Roles, recorderOf } from './roles.ts';

/** A network of an ONNX file with its weights, to be evaluated, attacked and trained as any other. */
export interface OnnxNetwork {
  readonly model: Model;
  readonly weights: HostWeights;
  readonly images: ImageShape;
  readonly classes: number;
  /** What the file ends in that makes probabilities, which is left out: the model's logits are what goes into it. null: nothing. */
  readonly probabilities: Squashing | null;
  /** How it was read, what its file says of that itself included. */
  readonly reading: Reading;
  /** Whether its file says itself how images enter it: one that `keepOnnx` made, or whose pixels are bytes. */
  readonly tellsReading: boolean;
  /** The network in a few words: `ONNX network of opset 17, written by pytorch 2.7.1`. */
  readonly description: string;
}

/**
 * The graph of a classifier, as far as the output goes that the options name, or else the file itself (see `keepOnnx`); without either,
 * with all its outputs.
 * @throws InputError that says in one line what cannot be read
 */
export function openClassifier(bytes: Uint8Array, options: Pick<LoadOptions, 'file' | 'readExternal' | 'output'>) {
  const { file = 'model.onnx', readExternal, output } = options;
  const told = output ?? readingOf(metadataOf(decodeModel(bytes, file)), {}, file).output;
  return openOnnx(bytes, { file, readExternal, outputs: told === undefined ? undefined : [told] });
}

/**
 * Reads a classifier of images. A file that `keepOnnx` made says itself how it is read.
 * @throws InputError that says in one line what cannot be read
 */
export function loadOnnx(bytes: Uint8Array, options: LoadOptions = {}): OnnxNetwork {
  const opened = openClassifier(bytes, options);
  if (opened.outputs.length === 0) throw new InputError(`${opened.file}: has no output; a classifier gives logits`);
  const { inputs, metadata } = opened;
  // Pixels of whole numbers are bytes.
  const takesBytes = inputs.some(({ type }) => type !== undefined && !isFloating(type));
  const read = readingOf(metadata, options, opened.file);
  const reading: LoadOptions = { ...read, range: read.range ?? (takesBytes ? '0..255' : undefined) };
  const { graph, probabilities } = untilLogits({ ...opened, outputs: opened.outputs.slice(0, 1) });
  const ends = imageInput(graph, reading);
  if (reading.normalise !== undefined) checkNormalisation(graph.file, reading.normalise, ends.images[0]);
  const network = { graph, ends, options: { ...reading, layout: ends.layout } };
  const { roles, classes } = examined(network);
  const model = modelOf(network, roles);
  const weights = weightsOf(graph, roles, policyOf(reading).computed === 'f32');
  checkWeights(model, weights, graph.file);
  const written = graph.producer === '' ? '' : `, written by ${graph.producer}`;
  return {
    ...{ model, weights, images: ends.images, classes, probabilities, reading },
    tellsReading: takesBytes || tellsReading(metadata),
    description: `ONNX network of opset ${graph.opset}${written}`,
  };
}

interface Network {
  readonly graph: OnnxGraph;
  readonly ends: ImageInput;
  readonly options: LoadOptions;
}

/** A binding of WebGPU has less than 4 GiB. */
const MOST_ELEMENTS = 2 ** 30;

/** Lowers the graph once for two images, which finds the roles of initialisers, and what does not fit. */
function examined(network: Network): { roles: Roles; classes: number } {
  const { graph, ends, options } = network;
  const recorder = recorderOf(graph, policyOf(options).computed);
  const images = input(spec([2, ...ends.images]), 'x');
  const lowering = { ...recorder.lowering, training: true, observe: () => {}, mostElements: MOST_ELEMENTS };
  const [, classes] = logitsOf(network, images, lowering).shape;
  if (ends.batch !== undefined) checkBatches(network, ends.batch);
  return { roles: recorder.roles(), classes };
}

/** A batch that no other length of a network is a multiple of: where the batch is not the first axis, shapes that follow it fail. */
const ODD_BATCH = 251;

/** @throws InputError where a file for a batch of one size computes batches of others otherwise */
function checkBatches(network: Network, declared: number): void {
  const { graph, ends, options } = network;
  const recorder = recorderOf(graph, policyOf(options).computed);
  const lowering = { ...recorder.lowering, training: false, observe: () => {} };
  try {
    logitsOf(network, input(spec([ODD_BATCH, ...ends.images]), 'x'), lowering);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      `${error.message} (the file is for a batch of ${declared}, and its batch is not the first axis throughout: export it with a dynamic batch)`,
    );
  }
}

type Part = Pick<Lowering, 'trains' | 'parameter' | 'constant' | 'training' | 'observe' | 'mostElements'>;

/** The logits [N, classes] of images. @throws InputError */
function logitsOf({ graph, ends, options }: Network, x: Node, part: Part): Node {
  const policy = policyOf(options);
  const storing = storingOf(policy);
  const images = storing.activation(preprocessed(x, policy.computed, options));
  const batch = ends.batch === undefined ? undefined : { declared: ends.batch, actual: x.shape[0] };
  const lowering: Lowering = { ...part, floats: policy.computed, storing: policy.storage && storing, batch };
  const [[name, value]] = lowerWith(graph, new Map([[ends.name, computed('float', images)]]), lowering);
  const size = elements(value.shape);
  const [count, classes] = value.shape;
  if (count !== x.shape[0] || size !== count * classes)
    throw new InputError(
      `${graph.file}: its output ${quote(name)} is [${value.shape.join(', ')}] for ${x.shape[0]} images; a classifier gives [N, classes]${
        batch === undefined ? '' : `, also for other batches than the ${batch.declared} that the file was written for`
      }`,
    );
  return reshape(value.node(), [count, classes]);
}

function modelOf(network: Network, { parameters, state }: Roles): Model {
  const { graph, options } = network;
  return {
    name: graph.file,
    precision: options.precision,
    parameters,
    state,
    forward: (values, running, x, { training }) => {
      const observed: Record<string, Node> = {};
      const logits = logitsOf(network, x, {
        training,
        trains: (name) => Object.hasOwn(parameters, name),
        parameter: (name, use) => {
          if (use === 'state') return Object.hasOwn(state, name) ? running[name] : null;
          if (!Object.hasOwn(parameters, name)) return null;
          return (use === 'conv') === (parameters[name].layout === 'conv') ? values[name] : null;
        },
        constant: () => {},
        observe: (name, value) => {
          if (Object.hasOwn(state, name)) observed[name] = value;
        },
      });
      return { logits, observed };
    },
  };
}

/**
 * The initialisers in the device's layout. Each is decoded whenever it is read, so that a network takes no more memory than its file and
 * the tensor that is at work, also where the file holds them in fewer bits.
 */
function weightsOf({ initialisers }: OnnxGraph, roles: Roles, inF32: boolean): HostWeights {
  const decoded = (name: string, tensor: TensorSpec): HostArray => {
    const data = initialisers.get(name)?.read().data ?? hostArray(tensor.dtype, elements(tensor.shape));
    const array = inF32 ? Float32Array : Float64Array;
    const numbers = data instanceof array ? data : array.from(data);
    return tensor.layout === 'conv' ? fromPyTorch(tensor, numbers) : numbers;
  };
  const read = (specs: Specs): Record<string, HostArray> => {
    const getters = mapValues(specs, (tensor, name) => ({ enumerable: true, get: () => decoded(name, tensor) }));
    return Object.defineProperties({}, getters);
  };
  return { parameters: read(roles.parameters), state: read(roles.state) };
}
