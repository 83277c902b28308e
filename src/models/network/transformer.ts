import {
  add,
  attention,
  gelu,
  layerNorm,
  linear,
  type Node,
  recompute,
  reshape,
  slice,
  transpose,
} from '../../engine/index.ts';
import { fullyConnected, type Layer, type LayerValues, tensor } from './layers.ts';

/** torchvision's, not PyTorch's default. */
const EPSILON = 1e-6;

/** Layer normalisation of the last axis (Ba et al., arXiv 1607.06450): [N, tokens, width] as it came. */
export function layerNormalisation(name: string, width: number): Layer {
  const [weight, bias] = [`${name}.weight`, `${name}.bias`];
  return {
    parameters: {
      [weight]: tensor([width], { kind: 'constant', value: 1 }),
      [bias]: tensor([width], { kind: 'constant', value: 0 }),
    },
    state: {},
    forward: (x, { parameters, storing }) => ({
      output: storing.activation(
        layerNorm(x, { weight: parameters[weight], bias: parameters[bias], epsilon: EPSILON }),
      ),
      observed: {},
    }),
  };
}

interface EncoderOptions {
  readonly width: number;
  readonly heads: number;
  /** Units of the hidden layer. */
  readonly hidden: number;
}

/**
 * x + attention(norm(x)), and of that y + layers(norm(y)): a block of a transformer with normalisation first, GELU between the two
 * fully connected layers (Dosovitskiy et al., arXiv 2010.11929, equations 2 and 3). [N, tokens, width] as it came.
 */
export function encoderBlock(name: string, { width, heads, hidden }: EncoderOptions): Layer {
  const layers = [
    layerNormalisation(`${name}.ln_1`, width),
    selfAttention(`${name}.self_attention`, width, heads),
    layerNormalisation(`${name}.ln_2`, width),
    fullyConnected(`${name}.mlp.0`, width, hidden),
    fullyConnected(`${name}.mlp.3`, hidden, width),
  ];
  const [first, attending, second, widen, narrow] = layers.map(outputOf);
  return {
    parameters: Object.assign({}, ...layers.map(({ parameters }) => parameters)),
    state: {},
    forward: (x, values) => {
      const { storing } = values;
      const y = storing.activation(add(x, attending(first(x, values), values)));
      const rows = reshape(second(y, values), [y.size / width, width]);
      const inner = storing.activation(gelu(widen(rows, values)));
      const output = storing.activation(add(y, reshape(narrow(inner, values), y.shape)));
      return { output: values.recompute === 'blocks' ? recompute(output, [x]) : output, observed: {} };
    },
  };
}

const outputOf =
  (layer: Layer) =>
  (x: Node, values: LayerValues): Node =>
    layer.forward(x, values).output;

/** Attention of tokens to each other in several heads, as `nn.MultiheadAttention`: [N, tokens, width] as it came. */
function selfAttention(name: string, width: number, heads: number): Layer {
  const [weight, bias] = [`${name}.in_proj_weight`, `${name}.in_proj_bias`];
  const out = fullyConnected(`${name}.out_proj`, width, width);
  return {
    parameters: {
      // Xavier's bound over one of the three projections' inputs and the outputs of all.
      [weight]: tensor([3 * width, width], { kind: 'uniform', bound: Math.sqrt(6 / (4 * width)) }),
      [bias]: tensor([3 * width], { kind: 'constant', value: 0 }),
      ...out.parameters,
    },
    state: {},
    forward: (x, values) => {
      const { parameters, storing } = values;
      const [images, length] = x.shape;
      const rows = reshape(x, [images * length, width]);
      const projected = storing.activation(linear(rows, storing.weight(parameters[weight]), parameters[bias]));
      const parts = transpose(reshape(projected, [images, length, 3, heads, width / heads]), [2, 0, 3, 1, 4]);
      const [q, k, v] = [0, 1, 2].map((i) => {
        const part = slice(parts, [i, 0, 0, 0, 0], [i + 1, ...parts.shape.slice(1)]);
        return reshape(part, parts.shape.slice(1));
      });
      const joined = transpose(storing.activation(attention(q, k, v)), [0, 2, 1, 3]);
      const mixed = out.forward(reshape(joined, [images * length, width]), values).output;
      return { output: reshape(mixed, x.shape), observed: {} };
    },
  };
}
