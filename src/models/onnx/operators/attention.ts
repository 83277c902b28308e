import {
  attention,
  cast,
  concatenate,
  expand,
  fill,
  literal,
  logicalAnd,
  max,
  type Node,
  reshape,
  transpose,
  where,
} from '../../../engine/index.ts';
import type { Call } from '../graph/call.ts';
import type { Value } from '../graph/value.ts';
import { defineOperator, type Operator } from './defineOperator.ts';

/** Attention of queries over keys and values. */

/** [N, T, heads · D] as [N, heads, T, D]; tensors of four axes are so already. */
function byHeads(call: Call, x: Node, attribute: string): Node {
  if (x.shape.length === 4) return x;
  const [images, length, width] = x.shape;
  const heads = call.int(attribute);
  return transpose(reshape(x, [images, length, heads, width / heads]), [0, 2, 1, 3]);
}

/** Each head of keys or values for as many heads of queries as share it. */
function shared(x: Node, heads: number): Node {
  const [images, count, length, width] = x.shape;
  if (count === heads) return x;
  const apart = reshape(x, [images, count, 1, length, width]);
  return reshape(expand(apart, [images, count, heads / count, length, width]), [images, heads, length, width]);
}

const LARGEST_MASK = 2 ** 26;

/** A mask of bool that lets no query see what comes after it. @param earlier keys before the first query */
function causal(call: Call, queries: number, keys: number, earlier: number): Node {
  if (queries * keys > LARGEST_MASK) call.fail(`a causal mask of ${queries} by ${keys} is too large`);
  const sees = Uint32Array.from({ length: queries * keys }, (_, i) =>
    Number(i % keys <= Math.floor(i / keys) + earlier),
  );
  return literal(sees, [queries, keys], 'bool');
}

/** Whether a query may see any key, [..., T, 1]. */
const someKey = (mask: Node): Node => cast(max(cast(mask, 'f32'), [-1], { keepDims: true }), 'bool');

/** The mask of the node, together with that of `is_causal`. */
function maskOf(call: Call, queries: number, keys: number, earlier: number): Node | undefined {
  const mask = call.has(3) ? call.fixed(3) : undefined;
  if (call.int('is_causal', 0) === 0) return mask;
  const seen = causal(call, queries, keys, earlier);
  if (mask === undefined) return seen;
  if (mask.dtype === 'bool') return logicalAnd(mask, seen);
  return where(seen, mask, fill([], Number.NEGATIVE_INFINITY, mask.dtype));
}

function attended(call: Call): Value[] {
  if (call.float('softcap', 0) !== 0) call.fail('a soft cap of the scores is not supported');
  if (call.has(6)) call.fail('lengths of what is padded (nonpad_kv_seqlen) are not supported');
  if (['left_window_size', 'right_window_size'].some((name) => call.int(name, -1) !== -1))
    call.fail('windows of keys are not supported');
  const flat = call.input(0).shape.length === 3;
  const q = byHeads(call, call.node(0), 'q_num_heads');
  const after = (index: number, past: number) => {
    const current = byHeads(call, call.node(index), 'kv_num_heads');
    return call.has(past) ? concatenate([call.node(past), current], 2) : current;
  };
  const [k, v] = [after(1, 4), after(2, 5)];
  const [images, heads, queries, width] = q.shape;
  const [, , keys] = k.shape;
  const earlier = call.has(4) ? call.input(4).shape[2] : 0;
  const mask = maskOf(call, queries, keys, earlier);
  const y = attention(q, shared(k, heads), shared(v, heads), {
    scale: call.float('scale', 1 / Math.sqrt(width)),
    mask: mask === undefined || mask.dtype === 'bool' ? mask : cast(mask, q.dtype),
  });
  // A query that may see no key gets zeros, not the NaN of 0 / 0.
  const seen = mask?.dtype === 'bool' && call.has(3) ? where(someKey(mask), y, fill([], 0, y.dtype)) : y;
  const out = flat ? reshape(transpose(seen, [0, 2, 1, 3]), [images, queries, heads * v.shape[3]]) : seen;
  return [out, k, v].map((node) => call.output(node));
}

export const attentions: readonly Operator[] = [
  defineOperator({
    name: 'Attention',
    since: [23],
    without: 'soft caps; windows of keys; lengths of what is padded; the scores as an output',
    lower: attended,
  }),
];
