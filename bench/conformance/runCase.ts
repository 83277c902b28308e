import { InputError } from '../../src/base/errors.ts';
import {
  compile,
  type Device,
  formats,
  GpuOutOfMemoryError,
  hostArray,
  type Node,
  spec,
  type TypedArray,
} from '../../src/engine/index.ts';
import {
  decodeTensor,
  ELEMENT_TYPES,
  type HostTensor,
  lowerOnnx,
  type OnnxGraph,
  openOnnx,
  type Value,
} from '../../src/models/index.ts';
import { bytesOf, type ConformanceCase } from './case.ts';
import { difference } from './difference.ts';

/** What became of a case: it passed; the reader refused it, and says why; or it failed. */
export interface Outcome {
  readonly name: string;
  readonly operator: string;
  readonly outcome: 'passed' | 'unsupported' | 'failed';
  /** One line, unless it passed. */
  readonly why?: string;
}

/** Which inputs are computed on the device. The others are known when the graph is lowered, as shapes and axes are in networks. */
type OnDevice = (input: HostTensor, index: number) => boolean;

/**
 * From all inputs to none: operators that need the numbers of an operand before they run refuse the first, and a case counts with the
 * first way that is read.
 */
const WAYS: readonly OnDevice[] = [
  () => true,
  ({ type }) => formats[ELEMENT_TYPES[type].dtype].floating,
  (_, index) => index === 0,
  () => false,
];

/**
 * Runs a case on a device. What the reader refuses (InputError) is unsupported, and a tensor larger than the adapter binds, which is said
 * before anything runs; any other error is a failure.
 */
export async function runCase(device: Device, given: ConformanceCase): Promise<Outcome> {
  const { name, operator } = given;
  try {
    const graph = openOnnx(bytesOf(given.model), { file: name });
    for (const { inputs, outputs } of given.sets) {
      const tensors = inputs.map(read);
      const expected = outputs.map(read);
      const computed = await supported(device, graph, tensors);
      const wrong = expected.map((tensor, i) => difference(computed[i], tensor, given)).find((why) => why !== null);
      if (wrong !== undefined) return { name, operator, outcome: 'failed', why: wrong };
    }
    return { name, operator, outcome: 'passed' };
  } catch (error) {
    const refused = error instanceof InputError || error instanceof GpuOutOfMemoryError;
    const outcome = refused ? 'unsupported' : 'failed';
    return { name, operator, outcome, why: error instanceof Error ? error.message.split('\n')[0] : `${error}` };
  }
}

function read(base64: string | null): HostTensor {
  if (base64 === null) throw new InputError('sequences and optional values are not supported');
  return decodeTensor(bytesOf(base64), 'data');
}

/** The outputs, with as many inputs on the device as the reader supports. @throws InputError of the last way when it supports none */
async function supported(device: Device, graph: OnnxGraph, inputs: readonly HostTensor[]): Promise<HostTensor[]> {
  for (const way of WAYS.slice(0, -1)) {
    try {
      return await computed(device, graph, inputs, way);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
  }
  return computed(device, graph, inputs, WAYS[WAYS.length - 1]);
}

async function computed(
  device: Device,
  graph: OnnxGraph,
  inputs: readonly HostTensor[],
  onDevice: OnDevice,
): Promise<HostTensor[]> {
  const named = inputs.map((tensor, index) => ({
    tensor,
    name: graph.inputs[index].name,
    fed: onDevice(tensor, index),
  }));
  const fed = named.filter(({ fed }) => fed);
  const feeds = Object.fromEntries(fed.map(({ name, tensor }) => [name, deviceNumbers(tensor)]));
  const specs = Object.fromEntries(
    fed.map(({ name, tensor: { type, shape } }) => [name, spec(shape, ELEMENT_TYPES[type].dtype)]),
  );
  let values: Value[] = [];
  const lowered = (nodes: Record<string, Node>): Node[] => {
    const known = named.filter(({ fed }) => !fed).map(({ name, tensor }): [string, HostTensor] => [name, tensor]);
    values = [...lowerOnnx(graph, { ...Object.fromEntries(known), ...nodes }).values()];
    return values.filter(({ known }) => known === undefined).map((value) => value.node());
  };
  const executable = await compile((nodes) => lowered(nodes), specs, { device, name: graph.file });
  try {
    const outputs = executable.run(feeds);
    const read: HostTensor[] = [];
    let next = 0;
    for (const { known, type, shape } of values)
      read.push(known?.() ?? { type, shape, data: await outputs[next++].read() });
    return read;
  } finally {
    executable.free();
  }
}

/** Numbers in the array of the device's format. @throws InputError where it cannot hold them */
function deviceNumbers({ type, data }: HostTensor): TypedArray {
  const { dtype } = ELEMENT_TYPES[type];
  const numbers = hostArray(dtype, data.length);
  if (data.length === 0) throw new InputError('a tensor without elements, which no device holds');
  if (numbers.constructor === data.constructor) return data;
  numbers.set(data);
  const lost = data.find((value, i) => !formats[dtype].floating && value !== numbers[i]);
  if (lost !== undefined)
    throw new InputError(`an input of ${type} holds ${lost}; integers on the device have 32 bits`);
  return numbers;
}
