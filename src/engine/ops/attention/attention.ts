import { ShapeError } from '../../errors.ts';
import type { Node } from '../../graph/op.ts';
import { describe } from '../../graph/shape.ts';
import { add, fill, scale as scaled, where } from '../elementwise/elementwise.ts';
import { matmul } from '../matmul/matmul.ts';
import { softmax } from '../reduce/softmaxCrossEntropy.ts';

export interface AttentionOptions {
  /** Factor of the scores; 1 / √D unless given. */
  readonly scale?: number;
  /** What broadcasts to the scores […, T, S]: numbers are added to them, a bool says which keys take part. */
  readonly mask?: Node;
}

/**
 * Scaled dot-product attention (Vaswani and others, arXiv 1706.03762), as `torch.nn.functional.scaled_dot_product_attention`:
 * softmax(q · kᵀ · scale + mask) · v.
 * @param q […, T, D]: queries, of any number of heads and images in front
 * @param k […, S, D]: keys
 * @param v […, S, E]: values
 * @returns […, T, E]
 * @throws ShapeError
 */
export function attention(q: Node, k: Node, v: Node, { scale, mask }: AttentionOptions = {}): Node {
  const [queries, keys, values] = [q, k, v].map(({ shape }) => shape.slice(-2));
  if (queries.length < 2 || queries[1] !== keys[1] || keys[0] !== values[0])
    throw new ShapeError(
      `attention: ${[q, k, v].map(describe).join(', ')} are no queries [T, D], keys [S, D] and values [S, E]`,
    );
  const scores = matmul(scaled(q, scale ?? 1 / Math.sqrt(queries[1])), k, { transposeB: true });
  return matmul(softmax(mask === undefined ? scores : masked(scores, mask)), v);
}

const masked = (scores: Node, mask: Node): Node =>
  mask.dtype === 'bool' ? where(mask, scores, fill([], Number.NEGATIVE_INFINITY, scores.dtype)) : add(scores, mask);
