import {
  add,
  argmax,
  cast,
  type Device,
  divide,
  equal,
  fill,
  gradients,
  hostArray,
  logicalAnd,
  mean,
  minimum,
  multiply,
  type Node,
  notEqual,
  offset,
  oneHot,
  type Shape,
  scale,
  softmaxCrossEntropy,
  spec,
  sqrt,
  square,
  subtract,
  sum,
  type Tensor,
  type TensorType,
  type TypedArray,
  where,
} from '../../engine/index.ts';
import { checkTrained } from '../network/layerSizes.ts';
import { runningStatistics } from '../network/layers.ts';
import { type ForwardOptions, type HostWeights, type Model, mapValues, type Nodes } from '../network/model.ts';
import { packedSpecs, packNodes, unpackNodes, uploadPacked, type Vectors } from '../network/packed.ts';
import { policyOf } from '../network/precision.ts';
import { type Adversary, lossTermsOf } from './adversary.ts';
import { areFinite, INITIAL_SCALING, nextScaling, SCALING_SPEC, scaleOf, unscaled } from './lossScaling.ts';
import { type OptimiserOptions, optimiserOf } from './optimisers/catalogue.ts';

export interface StepOptions extends OptimiserOptions, Pick<ForwardOptions, 'recompute'> {
  /** Share of each label that is spread evenly over all classes (Szegedy et al., arXiv 1512.00567, section 7). */
  readonly labelSmoothing?: number;
  /** Longest that the gradient of all parameters together may be; a longer one is shortened. */
  readonly clipNorm?: number;
  /** Batches whose mean gradient makes one step of the optimiser: a batch of so many times the size, in the memory of one. */
  readonly accumulate?: number;
  /** Puts other images in place of the batch's: adversarial training. */
  readonly adversary?: Adversary;
}

/** What a batch changes, in vectors (see `packed.ts`). */
export interface TrainingState<T> {
  readonly parameters: Vectors<T>;
  /** What the optimiser remembers, by its slots. */
  readonly slots: Readonly<Record<string, Vectors<T>>>;
  /** The factor on the loss (see `lossScaling.ts`); none in most precisions. */
  readonly scaling: Vectors<T>;
  /** Sum of the gradients since the optimiser's last step; none when it makes a step with every batch. */
  readonly accumulated: Vectors<T>;
  readonly state: Vectors<T>;
}

export interface StepInputs extends TrainingState<Node> {
  /** Scalars that change from batch to batch, by name: see `stepRates`. */
  readonly rates: Nodes;
  /** Images [N, C, H, W], pixels in [0, 1]. */
  readonly x: Node;
  /** i32 [N]. */
  readonly labels: Node;
  /** Random numbers of the batch, u32 [2]; an adversary needs them, and a network that is `random`. */
  readonly key?: Node;
}

/** The types of what a batch changes, to compile a step with. */
export function trainingStateSpecs(
  { precision, parameters, state }: Model,
  options: StepOptions,
): TrainingState<TensorType> {
  const { accumulate = 1 } = options;
  const packed = packedSpecs(parameters);
  return {
    parameters: packed,
    scaling: policyOf({ precision }).lossScaling ? [SCALING_SPEC] : [],
    slots: Object.fromEntries(optimiserOf(options).slots.map((slot) => [slot, packed])),
    accumulated: accumulate > 1 ? packed : [],
    state: packedSpecs(state),
  };
}

/** For `compile`: a step overwrites what it changes. */
export const TRAINING_STATE_DONATED = {
  parameters: 'parameters',
  slots: 'slots',
  scaling: 'scaling',
  accumulated: 'accumulated',
  state: 'state',
} as const;

/**
 * The scalars of a batch, in the format that the model computes in.
 * @param batch of the training, from 0
 * @param strength of the adversary, if there is one: 1 at its whole
 */
export function stepRates(
  model: Model,
  options: StepOptions,
  learningRate: number,
  batch: number,
  strength = 1,
): Record<string, TypedArray> {
  const { accumulate = 1, adversary } = options;
  const { computed } = policyOf(model);
  const rates = {
    ...optimiserOf(options).rates(learningRate, Math.floor(batch / accumulate) + 1),
    ...(accumulate > 1 ? { keep: Number(batch % accumulate > 0), apply: Number((batch + 1) % accumulate === 0) } : {}),
    ...(adversary === undefined ? {} : { strength }),
  };
  return mapValues(rates, (value) => hostArray(computed, 1).fill(value));
}

/** The types of `stepRates`. */
export const stepRateSpecs = (model: Model, options: StepOptions): Record<string, TensorType> =>
  mapValues(stepRates(model, options, 1, 0), () => spec([], policyOf(model).computed));

/** The type of a batch's random numbers. */
export const BATCH_KEY = spec([2], 'u32');

/** The types of all that `trainingStep` takes of a batch of images, to compile it with. @param shape [N, C, H, W] */
export const trainingStepSpecs = (model: Model, options: StepOptions, shape: Shape) => ({
  ...trainingStateSpecs(model, options),
  rates: stepRateSpecs(model, options),
  x: spec(shape),
  labels: spec([shape[0]], 'i32'),
  ...(model.random && { key: BATCH_KEY }),
});

/** All tensors of a training state. */
export const tensorsOf = <T>({ parameters, slots, scaling, accumulated, state }: TrainingState<T>): T[] => [
  ...parameters,
  ...scaling,
  ...Object.values(slots).flat(),
  ...accumulated,
  ...state,
];

/** Gives its memory back. */
export function releaseTrainingState(state: TrainingState<Tensor>): void {
  for (const { device, buffer } of tensorsOf(state)) device.release(buffer);
}

/** What training starts from, on a device. @throws InputError when the device does not bind one of the model's parameters */
export function uploadTrainingState(
  device: Device,
  model: Model,
  weights: HostWeights,
  options: StepOptions,
): TrainingState<Tensor> {
  checkTrained(model, device.capabilities);
  const { slots, scaling, accumulated } = trainingStateSpecs(model, options);
  const zeros = (types: Vectors<TensorType>) => types.map((type) => device.zeros(type));
  return {
    ...uploadPacked(device, model, weights),
    slots: mapValues(slots, zeros),
    scaling: scaling.map(({ shape }) => device.tensor(Float32Array.from(INITIAL_SCALING), shape)),
    accumulated: zeros(accumulated),
  };
}

/**
 * One batch of training as a graph: forward pass, mean cross-entropy, its gradients, the optimiser's step and running statistics.
 * @returns what replaces the inputs of the same names; the gradients that the optimiser uses, laid out as the parameters; the loss
 *   before the step, without smoothing of labels and an adversary's penalty; how many images were classified rightly
 */
export function trainingStep(model: Model, inputs: StepInputs, options: StepOptions) {
  const { parameters, slots, scaling, accumulated, state, labels, rates } = inputs;
  const { labelSmoothing = 0, clipNorm, accumulate = 1 } = options;
  const named = unpackNodes(model.parameters, parameters);
  const ofAdversary = { ...inputs, rates: mapValues(rates, (rate) => cast(rate, 'f32')) };
  const { logits, passes, penalty } = lossTermsOf(model, named, unpackNodes(model.state, state), ofAdversary, options);
  const losses = softmaxCrossEntropy(logits, labels);
  const smooth = labelSmoothing === 0 ? losses : smoothed(losses, logits, labels, labelSmoothing);
  const objective = mean(penalty === undefined ? smooth : add(smooth, penalty));
  const share = accumulate === 1 ? objective : scale(objective, 1 / accumulate);
  const scaled = scaling.reduce((loss, each) => multiply(loss, scaleOf(each)), share);
  const slopes = gradients(scaled, Object.values(named));
  const bySlope = Object.fromEntries(Object.keys(named).map((name, i) => [name, slopes[i]]));
  const packed = scaling.reduce<readonly Node[]>(unscaled, packNodes(model.parameters, bySlope));
  const sums = accumulated.map((vector, i) => add(multiply(vector, rates.keep), packed[i]));
  const whole = accumulate === 1 ? packed : sums;
  const used = clipNorm === undefined ? whole : clipped(whole, clipNorm);
  const finite = scaling.map(() => areFinite(used));
  const optimiser = optimiserOf(options);
  const updated = parameters.map((vector, i) => {
    const ofSlots = mapValues(slots, (vectors) => vectors[i]);
    const after = optimiser.update({ parameters: vector, gradients: used[i], slots: ofSlots, rates });
    const conditions = [
      ...(accumulate === 1 ? [] : [notEqual(rates.apply, fill([], 0, rates.apply.dtype))]),
      ...finite,
    ];
    if (conditions.length === 0) return after;
    const ready = conditions.reduce(logicalAnd);
    return {
      parameters: where(ready, after.parameters, vector),
      slots: mapValues(after.slots, (value, slot) => where(ready, value, ofSlots[slot])),
    };
  });
  const observed = passes.map((pass) => packNodes(model.state, pass));
  return {
    parameters: updated.map((each) => each.parameters),
    slots: mapValues(slots, (_, slot) => updated.map((each) => each.slots[slot])),
    scaling: scaling.map((each, i) => nextScaling(each, finite[i])),
    accumulated: sums,
    state: state.map((vector, i) => observed.reduce((running, pass) => runningStatistics(running, pass[i]), vector)),
    gradients: used,
    loss: mean(losses),
    correct: sum(cast(equal(argmax(logits, 1), labels), 'f32')),
  };
}

/**
 * Cross-entropy with labels of which a share is spread over all classes. With z the logits, y the label and l its cross-entropy
 * log Σ exp z − z_y, the mean of the cross-entropies over all classes is l + z_y − mean z.
 */
function smoothed(losses: Node, logits: Node, labels: Node, share: number): Node {
  const atLabels = sum(multiply(logits, cast(oneHot(labels, logits.shape[1]), logits.dtype)), [1]);
  return add(losses, scale(subtract(atLabels, mean(logits, [1])), share));
}

/** As PyTorch's `clip_grad_norm_`, which keeps clear of dividing by zero. */
const CLIP_EPSILON = 1e-6;

/** The gradient, shortened to `most` where its norm over all vectors is longer (Pascanu et al., arXiv 1211.5063, algorithm 1). */
function clipped(vectors: Vectors<Node>, most: number): Vectors<Node> {
  const norm = sqrt(vectors.map((vector) => sum(square(vector))).reduce(add));
  const number = (value: number) => fill([], value, norm.dtype);
  const factor = minimum(divide(number(most), offset(norm, CLIP_EPSILON)), number(1));
  return vectors.map((vector) => multiply(vector, factor));
}
