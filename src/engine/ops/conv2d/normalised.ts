import { defineOp } from '../../graph/graph.ts';
import type { Node } from '../../graph/op.ts';
import { isBatchNormInference } from '../batchNorm/batchNorm.ts';
import { isConv2d } from './conv2d.ts';
import { bands } from './direct.ts';
import { type Conv2dAttributes, cost, geometry, outputType } from './geometry.ts';

type NormalisedAttributes = Conv2dAttributes & { readonly epsilon: number; readonly relu: boolean };

/**
 * A convolution in bands whose result is normalised by constants before it is stored: inputs x, weight, gamma, beta, mean, variance and
 * possibly a residual.
 */
const conv2dNormalised = defineOp<NormalisedAttributes>({
  name: 'conv2dNormalised',
  derivative: null,
  infer: ([x, weight], attributes) => outputType(x, weight, attributes),
  kernel: ({ inputs: [x, weight, gamma, beta, mean, variance, residual], output, attributes }) => {
    const { epsilon, relu } = attributes;
    const normalisation = { gamma, beta, mean, variance, residual, epsilon, relu };
    return bands(geometry(x, weight, attributes), { x, weight, output }, normalisation);
  },
  cost: ({ inputs: [x, weight, ...others], output, attributes }) => {
    const { flops, bytes } = cost(geometry(x, weight, attributes), x, weight, ...others, output);
    return { flops: flops + (others.length + 2) * output.size, bytes };
  },
});

/** The convolution whose result this node normalises, if a kernel can do both. @param variant which one would compute a convolution */
export function normalisedConvolution(node: Node, variant: (convolution: Node) => string | undefined): Node | null {
  if (!isBatchNormInference(node) || node.dtype !== 'f32') return null;
  const [convolution] = node.inputs;
  return isConv2d(convolution) && variant(convolution) === 'bands' ? convolution : null;
}

/** Both in one. @param inputs the convolution's, then the other ones of batch norm */
export function joinedNormalisation(convolution: Node, normalisation: Node, inputs: readonly Node[]): Node {
  const { stride, padding } = convolution.attributes as Conv2dAttributes;
  const { epsilon, relu } = normalisation.attributes as NormalisedAttributes;
  return conv2dNormalised(inputs, { stride, padding, epsilon, relu });
}
