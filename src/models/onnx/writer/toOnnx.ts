import { InputError } from '../../../base/errors.ts';
import { input, type Node, reachable, spec } from '../../../engine/index.ts';
import type { ImageShape } from '../../evaluation/evaluate.ts';
import { type HostWeights, type Model, mapValues, type Specs } from '../../network/model.ts';
import { policyOf } from '../../network/precision.ts';
import { encode } from '../format/message.ts';
import { modelProto } from '../format/schema.ts';
import { elementwise } from './elementwise.ts';
import { layers } from './layers.ts';
import { declaredValue, nodeOf } from './protos.ts';
import { shapes } from './shapes.ts';
import { beginWriting } from './writing.ts';

/** Opsets that are written, and the version of the format (IR) that each came with. */
const IR_VERSIONS: Readonly<Record<number, number>> = {
  13: 7,
  14: 7,
  15: 8,
  16: 8,
  17: 8,
  18: 8,
  19: 9,
  20: 9,
  21: 10,
  22: 10,
  23: 11,
};

export const WRITTEN_OPSETS: readonly number[] = Object.keys(IR_VERSIONS).map(Number);

/** Read by all runtimes of the last years. */
export const DEFAULT_OPSET = 17;

export interface OnnxWriteOptions {
  readonly images: ImageShape;
  /** 17 unless given. */
  readonly opset?: number;
  /** Whether batch norm becomes part of the convolution before it; kept unless given. */
  readonly batchNorm?: 'kept' | 'folded';
  /** In the order of the logits. */
  readonly classNames?: readonly string[];
}

const INPUT = 'images';
const OUTPUT = 'logits';

const WRITERS = new Map([...elementwise, ...layers, ...shapes]);

/** The logits of a batch, and the input that they are computed from. */
function tracedFor(model: Model, batch: number, images: ImageShape): Node {
  const inputs = (specs: Specs) => mapValues(specs, ({ shape, dtype }, name) => input(spec(shape, dtype), name));
  const x = input(spec([batch, ...images]), INPUT);
  return model.forward(inputs(model.parameters), inputs(model.state), x, { training: false }).logits;
}

/** Nodes of two graphs at the same places. @throws InputError when the graphs are not of one form */
function twinsOf(model: Model, nodes: readonly Node[], others: readonly Node[]): Map<Node, Node> {
  const isAlike = nodes.length === others.length && nodes.every(({ op }, i) => op.name === others[i].op.name);
  if (!isAlike) throw new InputError(`${model.name}: computes batches of other sizes otherwise, which ONNX cannot say`);
  return new Map(nodes.map((node, i) => [node, others[i]]));
}

function readerCounts(nodes: readonly Node[]): Map<Node, number> {
  const counts = new Map<Node, number>();
  for (const { inputs } of nodes) for (const node of inputs) counts.set(node, (counts.get(node) ?? 0) + 1);
  return counts;
}

/**
 * A network as an ONNX file: pixels in [0, 1], f32 [batch, C, H, W], to logits [batch, classes], for any batch. Normalisation is part of
 * it; parameters have their names.
 * @throws InputError for a model that is not of f32, and for what cannot be written
 */
export function toOnnx(model: Model, weights: HostWeights, options: OnnxWriteOptions): Uint8Array {
  const { images, opset = DEFAULT_OPSET, batchNorm = 'kept', classNames } = options;
  const irVersion = IR_VERSIONS[opset];
  if (irVersion === undefined)
    throw new InputError(
      `opset ${opset}: is not written; it must be ${WRITTEN_OPSETS[0]} to ${WRITTEN_OPSETS[WRITTEN_OPSETS.length - 1]}`,
    );
  const { computed, storage } = policyOf(model);
  if (computed !== 'f32' || storage !== null)
    throw new InputError(`${model.name}: is of ${model.precision}; only networks of f32 are written as ONNX`);
  // Lengths that differ between two batches follow the batch.
  const batch = 2;
  const logits = tracedFor(model, batch, images);
  const nodes = reachable([logits]);
  const twins = twinsOf(model, nodes, reachable([tracedFor(model, batch + 1, images)]));
  const folds = batchNorm === 'folded';
  const counts = readerCounts(nodes);
  const writing = beginWriting({
    ...{ model, weights, opset, folds, counts, twins, writers: WRITERS },
    images: { name: INPUT, batch },
  });
  const result = writing.name(logits);
  return encode(modelProto, {
    irVersion,
    producerName: 'outlast',
    opsetImport: [{ domain: '', version: opset }],
    metadataProps: [
      { key: 'input_range', value: '0..1' },
      ...(classNames === undefined ? [] : [{ key: 'class_names', value: JSON.stringify(classNames) }]),
    ],
    functions: [],
    graph: {
      name: model.name,
      node: [...writing.nodes, nodeOf('Identity', [result], OUTPUT, {})],
      initializer: writing.tensors(),
      input: [declaredValue(INPUT, 'float', ['batch', ...images])],
      output: [declaredValue(OUTPUT, 'float', ['batch', ...logits.shape.slice(1)])],
    },
  });
}
