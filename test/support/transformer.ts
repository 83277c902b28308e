import type { DType } from '../../src/engine/graph/dtype.ts';
import { literal } from '../../src/engine/graph/graph.ts';
import type { Node } from '../../src/engine/graph/op.ts';
import { gradients } from '../../src/engine/passes/gradients.ts';
import fixtures from '../fixtures/ops/transformer.json';

interface Flat {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface Case {
  readonly inputs: Readonly<Record<string, Flat>>;
  readonly y: Flat;
  readonly outer: Flat;
  readonly gradients: Readonly<Record<string, Flat>>;
}

/** What PyTorch computed (test/fixtures/ops/README.md). */
const cases: Readonly<Record<string, Case>> = fixtures;

const nodeOf = ({ shape, data }: Flat, dtype: DType): Node =>
  literal(dtype === 'f32' ? Float32Array.from(data) : Float64Array.from(data), shape, dtype);

/**
 * An op on PyTorch's inputs and the gradients of its result, and what PyTorch says of them.
 * @param build the op of the inputs, by their names in PyTorch
 */
export function againstPyTorch(
  name: keyof typeof fixtures,
  dtype: DType,
  build: (inputs: Readonly<Record<string, Node>>) => Node,
): { readonly nodes: Node[]; readonly expected: readonly (readonly number[])[] } {
  const { inputs, y, outer, gradients: recorded } = cases[name];
  const given = Object.fromEntries(Object.entries(inputs).map(([key, flat]) => [key, nodeOf(flat, dtype)]));
  const result = build(given);
  return {
    nodes: [result, ...gradients(result, Object.values(given), nodeOf(outer, dtype))],
    expected: [y.data, ...Object.keys(inputs).map((key) => recorded[key].data)],
  };
}
