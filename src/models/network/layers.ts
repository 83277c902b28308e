import {
  add,
  batchNorm,
  batchNormInference,
  batchNormStatistics,
  conv2d,
  divide,
  globalAveragePool,
  hostArray,
  linear,
  literal,
  maxPool2d,
  type Node,
  recompute,
  relu,
  reshape,
  type Shape,
  scale,
  slice,
  subtract,
} from '../../engine/index.ts';
import type { ForwardOptions, Initial, Nodes, Specs, TensorSpec } from './model.ts';
import type { Storing } from './precision.ts';

/** A piece of a network: the tensors that it needs, under their names in the whole network, and what it computes. */
export interface Layer {
  readonly parameters: Specs;
  readonly state: Specs;
  /** @returns the output, and what the batch was observed to have, by the names of the state that remembers it */
  forward(x: Node, values: LayerValues): LayerOutput;
}

export interface LayerValues extends ForwardOptions {
  readonly parameters: Nodes;
  readonly state: Nodes;
  readonly storing: Storing;
}

export interface LayerOutput {
  readonly output: Node;
  readonly observed: Nodes;
}

/** A tensor of a model, in f32 until its precision is known. */
export const tensor = (shape: Shape, initial: Initial, layout: TensorSpec['layout'] = 'plain'): TensorSpec => ({
  shape,
  dtype: 'f32',
  layout,
  initial,
});

const constant = (value: number): Initial => ({ kind: 'constant', value });

/** A layer without tensors. */
export const pure = (compute: (x: Node) => Node): Layer => ({
  parameters: {},
  state: {},
  forward: (x, { storing }) => ({ output: storing.activation(compute(x)), observed: {} }),
});

/** One layer after the other. */
export function sequential(layers: readonly Layer[]): Layer {
  return {
    parameters: Object.assign({}, ...layers.map(({ parameters }) => parameters)),
    state: Object.assign({}, ...layers.map(({ state }) => state)),
    forward: (x, values) =>
      layers.reduce<LayerOutput>(
        ({ output, observed }, layer) => {
          const next = layer.forward(output, values);
          return { output: next.output, observed: { ...observed, ...next.observed } };
        },
        { output: x, observed: {} },
      ),
  };
}

/**
 * relu(norm(body(x)) + shortcut(x)); without a shortcut, x itself. He et al., arXiv 1512.03385, equations 1 and 2.
 * @param norm adds the residual that it is given, and has the ReLU
 */
export function residual(body: Layer, norm: BatchNormalisation, shortcut: Layer | null): Layer {
  return {
    parameters: { ...body.parameters, ...norm.parameters, ...shortcut?.parameters },
    state: { ...body.state, ...norm.state, ...shortcut?.state },
    forward: (x, values) => {
      const long = body.forward(x, values);
      const short = shortcut?.forward(x, values) ?? { output: x, observed: {} };
      const { output, observed } = norm.forward(long.output, values, short.output);
      return {
        output: values.recompute === 'blocks' ? recompute(output, [x]) : output,
        observed: { ...long.observed, ...observed, ...short.observed },
      };
    },
  };
}

interface ConvolutionOptions {
  readonly kernel: number;
  readonly stride?: number;
  /** ⌊kernel / 2⌋ unless given: at stride 1 the plane keeps its size. */
  readonly padding?: number;
  readonly bias?: boolean;
  /** Channels are convolved in so many groups; as many as there are channels: each by itself. */
  readonly groups?: number;
  /**
   * What training starts from. `fan out` unless given: Kaiming normal, standard deviation √(2 / (out · kernel²)), and biases of 0, as
   * torchvision's networks (He et al., arXiv 1502.01852, equation 14). `fan in`: weight and bias uniform within 1 / √(in · kernel²), as
   * PyTorch's `nn.Conv2d` without more.
   */
  readonly initial?: 'fan out' | 'fan in';
}

/** Convolution, without bias unless asked for. */
export function convolution(
  name: string,
  from: number,
  to: number,
  {
    kernel,
    stride = 1,
    padding = Math.floor(kernel / 2),
    bias = false,
    groups = 1,
    initial = 'fan out',
  }: ConvolutionOptions,
): Layer {
  const uniform: Initial = { kind: 'uniform', bound: 1 / Math.sqrt((from / groups) * kernel * kernel) };
  const normal: Initial = { kind: 'normal', standardDeviation: Math.sqrt((2 * groups) / (to * kernel * kernel)) };
  const [ofWeight, ofBias] = initial === 'fan in' ? [uniform, uniform] : [normal, constant(0)];
  return {
    parameters: {
      [`${name}.weight`]: tensor([from / groups, kernel, kernel, to], ofWeight, 'conv'),
      ...(bias && { [`${name}.bias`]: tensor([to], ofBias) }),
    },
    state: {},
    forward: (x, { parameters, storing }) => {
      const kernels = storing.weight(parameters[`${name}.weight`]);
      const product = conv2d(x, kernels, groups === 1 ? { stride, padding } : { stride, padding, groups });
      const output = bias ? add(product, reshape(parameters[`${name}.bias`], [1, to, 1, 1])) : product;
      return { output: storing.activation(output), observed: {} };
    },
  };
}

/** PyTorch's defaults. */
const BATCH_NORM_EPSILON = 1e-5;
const BATCH_NORM_MOMENTUM = 0.1;

/** Running statistics after a batch: they move by a tenth towards what was observed. */
export const runningStatistics = (running: Node, observed: Node): Node =>
  add(running, scale(subtract(observed, running), BATCH_NORM_MOMENTUM));

/** Adds a residual, if it is given one, before its ReLU. */
export interface BatchNormalisation extends Layer {
  forward(x: Node, values: LayerValues, residual?: Node): LayerOutput;
}

/**
 * Batch normalisation over N, H, W (Ioffe and Szegedy, arXiv 1502.03167), followed by ReLU where asked for. Running statistics
 * move by a tenth towards those of the batch, the variance as its unbiased estimate, as in PyTorch.
 */
export function batchNormalisation(name: string, channels: number, { relu = false } = {}): BatchNormalisation {
  const [gamma, beta] = [`${name}.weight`, `${name}.bias`];
  const [runningMean, runningVariance] = [`${name}.running_mean`, `${name}.running_var`];
  return {
    parameters: { [gamma]: tensor([channels], constant(1)), [beta]: tensor([channels], constant(0)) },
    state: { [runningMean]: tensor([channels], constant(0)), [runningVariance]: tensor([channels], constant(1)) },
    forward: (x, { parameters, state, training, storing }, residual) => {
      const epsilon = BATCH_NORM_EPSILON;
      if (!training) {
        const running = [state[runningMean], state[runningVariance]] as const;
        return {
          output: storing.activation(
            batchNormInference(x, parameters[gamma], parameters[beta], ...running, { epsilon, residual, relu }),
          ),
          observed: {},
        };
      }
      const statistics = batchNormStatistics(x, { epsilon });
      const row = (index: number) => reshape(slice(statistics, [index, 0], [index + 1, channels]), [channels]);
      return {
        output: storing.activation(batchNorm(x, statistics, parameters[gamma], parameters[beta], { residual, relu })),
        observed: { [runningMean]: row(0), [runningVariance]: row(3) },
      };
    },
  };
}

/** Fully connected layer, starting as PyTorch's `nn.Linear`: weight and bias uniform within 1 / √from. */
export function fullyConnected(name: string, from: number, to: number): Layer {
  const initial: Initial = { kind: 'uniform', bound: 1 / Math.sqrt(from) };
  return {
    parameters: { [`${name}.weight`]: tensor([to, from], initial), [`${name}.bias`]: tensor([to], initial) },
    state: {},
    // Logits are not rounded: nothing multiplies them.
    forward: (x, { parameters, storing }) => ({
      output: linear(x, storing.weight(parameters[`${name}.weight`]), parameters[`${name}.bias`]),
      observed: {},
    }),
  };
}

/** Mean and standard deviation of each channel of the training images, pixels in [0, 1]. */
export interface Normalisation {
  readonly mean: readonly number[];
  readonly standardDeviation: readonly number[];
}

/** (x − mean) / standard deviation for each channel of x [N, C, H, W]. */
export function normalised(x: Node, { mean, standardDeviation }: Normalisation): Node {
  const perChannel = (values: readonly number[]) => {
    const numbers = hostArray(x.dtype, values.length);
    numbers.set(values);
    return literal(numbers, [1, values.length, 1, 1], x.dtype);
  };
  return divide(subtract(x, perChannel(mean)), perChannel(standardDeviation));
}

/** Normalisation as a layer of the model, so that attacks always speak of pixels. */
export const normalisation = (given: Normalisation): Layer => pure((x) => normalised(x, given));

export const rectifier: Layer = pure(relu);

/** A layer whose activations the backward pass computes again where the network is asked to recompute its blocks. */
export const block = (layer: Layer): Layer => ({
  ...layer,
  forward: (x, values) => {
    const { output, observed } = layer.forward(x, values);
    return { output: values.recompute === 'blocks' ? recompute(output, [x]) : output, observed };
  },
});

/** Max-pool of 2×2, stride 2. A plane of one pixel stays as it is, so that small images go through deep networks. */
export const halvingPool: Layer = pure((x) =>
  x.shape[2] === 1 && x.shape[3] === 1 ? x : maxPool2d(x, { kernel: 2, stride: 2, padding: 0 }),
);

/** [N, C, H, W] → [N, C · H · W]. */
export const flatten: Layer = {
  parameters: {},
  state: {},
  forward: (x) => ({ output: reshape(x, [x.shape[0], x.size / x.shape[0]]), observed: {} }),
};

/** The ImageNet stem's pooling: 3×3, stride 2, padding 1. */
export const stemPool: Layer = pure((x) => maxPool2d(x, { kernel: 3, stride: 2, padding: 1 }));

/** [N, C, H, W] → [N, C]. */
export const averagePool: Layer = pure(globalAveragePool);
