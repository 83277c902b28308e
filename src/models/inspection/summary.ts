import {
  byteLength,
  type Capabilities,
  elements,
  input,
  kernelOp,
  lower,
  type Plan,
  reachable,
  type Shape,
  spec,
} from '../../engine/index.ts';
import type { ImageShape } from '../evaluation/evaluate.ts';
import { type Model, mapValues, parameterCount, type Specs } from '../network/model.ts';
import { DEFAULT_PRECISION } from '../network/precision.ts';
import { type PlannedPass, plannedBytes, planPasses } from './plans.ts';

/** A layer with tensors of its own, or an op between such layers. */
export interface LayerSummary {
  /** In the names of the model's tensors; empty for an op that has none. */
  readonly name: string;
  readonly op: string;
  /** The shape of the output, for a whole batch. */
  readonly shape: Shape;
  readonly parameters: number;
  /** Floating-point operations of a forward pass, for one image. */
  readonly flops: number;
}

/** Device memory in bytes. */
export interface PlannedMemory {
  readonly parameters: number;
  /** What the optimiser remembers of each parameter. */
  readonly optimiser: number;
  /** Running statistics. */
  readonly statistics: number;
  /** A batch of images, and its labels. */
  readonly batch: number;
  /** Activations, gradients and scratch memory, as the planner lets them share buffers. */
  readonly working: number;
  /**
   * The part of `working` that a training step remembers of the forward pass for the backward pass; null where it is
   * not known, or there is none.
   */
  readonly remembered: number | null;
  readonly total: number;
  /** The largest buffer, which the adapter must be able to bind. */
  readonly largestBuffer: number;
}

export interface PassSummary {
  readonly memory: PlannedMemory;
  readonly flopsPerImage: number;
  readonly kernels: number;
}

export interface ModelSummary {
  readonly model: string;
  readonly image: ImageShape;
  readonly batch: number;
  readonly layers: readonly LayerSummary[];
  readonly parameters: number;
  readonly statistics: number;
  /** By precision: that of the model. */
  readonly precisions: Readonly<Record<string, { readonly inference: PassSummary; readonly training: PassSummary }>>;
}

/** A WebGPU device of default limits that may bind buffers of any size: the summary says what size it takes. */
export const PLANNED_FOR: Capabilities = {
  subgroupsOf8: false,
  fastWorkgroupMemory: true,
  maxStorageBufferBindingSize: Number.POSITIVE_INFINITY,
  maxBufferSize: Number.POSITIVE_INFINITY,
  maxComputeWorkgroupsPerDimension: 65_535,
  memoryBudget: Number.POSITIVE_INFINITY,
};

/**
 * Layers, operations and planned memory of a model, for inference and for a step of training by SGD with momentum. Needs no device
 * and allocates nothing; `capabilities` are those of a device that it should be planned for. The layers are told as they are in f32,
 * by `inF32`, the same model in that precision.
 * @throws as `planInference` does
 */
export function summarise(
  model: Model,
  { image, batch, recompute }: PlannedPass,
  capabilities: Capabilities = PLANNED_FOR,
  inF32: Model = model,
): ModelSummary {
  const x = spec([batch, ...image]);
  const { inference, training } = planPasses(model, { image, batch, recompute }, capabilities);
  const summaryOf = (plan: Plan, optimiser: number): PassSummary => ({
    memory: memoryOf(plan, model, x.shape, optimiser),
    flopsPerImage: plan.flops / batch,
    kernels: plan.steps.length,
  });
  return {
    model: model.name,
    image,
    batch,
    layers: layersOf(inF32, x.shape),
    parameters: parameterCount(model),
    statistics: Object.values(model.state).reduce((sum, { shape }) => sum + elements(shape), 0),
    precisions: {
      [model.precision ?? DEFAULT_PRECISION]: { inference: summaryOf(inference, 0), training: summaryOf(training, 1) },
    },
  };
}

const FLOAT = 4;

const bytesOf = (specs: Specs) =>
  Object.values(specs).reduce((sum, { shape, dtype }) => sum + byteLength(dtype, elements(shape)), 0);

function memoryOf(plan: Plan, { parameters, state }: Model, images: Shape, copies: number): PlannedMemory {
  const [weights, statistics] = [bytesOf(parameters), bytesOf(state)];
  return {
    parameters: weights,
    optimiser: copies * weights,
    statistics,
    batch: FLOAT * (elements(images) + images[0]),
    working: plan.peakBytes,
    remembered: rememberedBytes(plan),
    total: plannedBytes(plan),
    largestBuffer: Math.max(...plan.buffers.map(({ bytes }) => bytes)),
  };
}

/** What is alive when the backward pass begins, which is small itself then: a gradient for each logit. */
function rememberedBytes({ steps, aliveBytes }: Plan): number | null {
  const begins = steps.findIndex(
    (step) => step.kind === 'dispatch' && step.node.op.name === 'softmaxCrossEntropyGradient',
  );
  return begins === -1 ? null : aliveBytes[begins];
}

/** The ops of a forward pass in order; those of one layer, and what has no output of its own, are joined. */
function layersOf(model: Model, shape: Shape): LayerSummary[] {
  const x = input(spec(shape), 'x');
  const values = { ...model.parameters, ...model.state };
  const named = mapValues(values, input);
  const pick = (specs: Specs) => mapValues(specs, (_, name) => named[name]);
  const { logits } = model.forward(pick(model.parameters), pick(model.state), x, { training: false });
  const layerOf = new Map(Object.entries(named).map(([name, node]) => [node, name.replace(/\.[^.]*$/, '')]));
  const dependent = new Set([x]);
  const layers: LayerSummary[] = [];
  let pending = 0;
  for (const node of reachable(lower([logits]))) {
    const owner = node.inputs.map((each) => layerOf.get(each)).find((name) => name !== undefined);
    if (!node.inputs.some((each) => dependent.has(each))) {
      // A bias that is spread over the batch is still the layer's.
      if (owner !== undefined) layerOf.set(node, owner);
      continue;
    }
    dependent.add(node);
    const op = kernelOp(node);
    if (op.aliases !== undefined) continue;
    const { flops } = op.cost({ inputs: node.inputs, output: node, attributes: node.attributes });
    const name = owner ?? '';
    pending += flops / shape[0];
    // Positions of a maximum and the like are no layer's output.
    if (node.dtype !== 'f32') continue;
    const before = layers.at(-1);
    const joined = name !== '' && before?.name === name;
    if (joined) layers.pop();
    layers.push({
      name,
      op: joined ? before.op : node.op.name,
      shape: node.shape,
      parameters: name === '' ? 0 : parametersOf(model, name),
      flops: pending + (joined ? before.flops : 0),
    });
    pending = 0;
  }
  return layers;
}

const parametersOf = ({ parameters }: Model, layer: string) =>
  Object.entries(parameters).reduce(
    (sum, [name, { shape }]) => (name.replace(/\.[^.]*$/, '') === layer ? sum + elements(shape) : sum),
    0,
  );
