import { defineOp } from '../graph/graph.ts';
import type { Attributes, Node } from '../graph/op.ts';
import { dequantise, quantise, roundTo, type SmallFormat } from '../ops/quantise/quantise.ts';
import { after } from './recompute.ts';

/**
 * Values kept in a smaller format: what reads them computes in f32, and what is remembered of them for the backward pass are codes
 * of 8 or 16 bits.
 */

export interface StorageFormats {
  readonly value: SmallFormat;
  /** null: gradients are not rounded. */
  readonly gradient: SmallFormat | null;
}

/** What derivatives read: the codes of x, or x itself, rounded again, where it is there anyway (a parameter). */
type Remembered = 'codes' | 'source';

type StoredAttributes = Attributes & StorageFormats & { readonly remembered: Remembered };

/** x rounded to a format, and its gradient to another: both are f32, but x itself need not be remembered. */
const storedOp = defineOp<StoredAttributes>({
  name: 'stored',
  infer: ([x]) => x,
  derivative: ({ gradient, attributes: { gradient: format } }) => [
    format === null ? gradient : roundTo(gradient, format),
  ],
  decompose: ([x], { value, remembered }) =>
    remembered === 'source' ? roundTo(x, value) : dequantise(quantise(x, value), x.shape, value),
});

/** f32 x as it would be after being stored in a smaller format; the derivative rounds as if it were 1 (Bengio et al., arXiv 1308.3432). */
export const stored = (x: Node, { value, gradient }: StorageFormats): Node =>
  storedOp([x], { value, gradient, remembered: 'codes' });

/** A parameter as if it were stored in a smaller format; it is rounded where it is read, and no codes are kept. */
export const rounded = (parameter: Node, value: SmallFormat): Node =>
  storedOp([parameter], { value, gradient: null, remembered: 'source' });

export const isStored = ({ op }: Node): boolean => op === storedOp.definition;

/** The values that derivatives do not read when they can read what is remembered of a node of `stored`: itself and, of codes, x. */
export const notRemembered = (node: Node): Node[] =>
  (node.attributes as StoredAttributes).remembered === 'source' ? [node] : [node, node.inputs[0]];

/**
 * What stands for a stored value in derivatives: its codes, decoded again, or what it comes from, rounded again.
 * @param node of `stored`
 * @param gradient that the backward pass has come to: decoding waits for it
 */
export function decodedAgain(node: Node, gradient: Node): Node {
  const [x] = node.inputs;
  const { value, remembered } = node.attributes as StoredAttributes;
  if (remembered === 'source') return roundTo(after(x, gradient), value);
  const { codes, scales } = quantise(x, value);
  return dequantise({ codes: after(codes, gradient), scales }, node.shape, value);
}
