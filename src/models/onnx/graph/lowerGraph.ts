import { InputError } from '../../../base/errors.ts';
import { elements, type Node } from '../../../engine/index.ts';
import { quote } from '../../checkpoint/header.ts';
import { isFloating } from '../format/elementType.ts';
import type { NodeProto } from '../format/schema.ts';
import type { HostTensor, TensorSource } from '../format/tensor.ts';
import type { Operator } from '../operators/defineOperator.ts';
import { type Call, callOf, type Lowering, nodeText, withNode } from './call.ts';
import { computed, constant, type Value } from './value.ts';

/** A node with the operator that it applies. */
export interface Applied {
  readonly proto: NodeProto;
  readonly operator: Operator;
  readonly opset: number;
}

/** What may be trained is lowered when it is read, by as many nested calls as it was computed by operators; then it is no longer known. */
const DEEPEST_KNOWN = 100;

/** Tensors up to this size are computed on the host where they are known: shapes, and what is computed from them. */
const MOST_FOLDED = 65_536;

/**
 * Applies nodes in their order.
 * @param values what is there already by name: inputs and initialisers; the outputs of all nodes are added
 * @throws InputError that names the node whose operands do not fit
 */
export function lowerNodes(
  nodes: readonly Applied[],
  values: Map<string, Value>,
  lowering: Lowering,
  source: TensorSource,
): void {
  for (const { proto, operator, opset } of nodes) {
    const inputs = proto.input.map((name) => (name === '' ? undefined : found(values, name, nodes, source)));
    const call = callOf({ proto, inputs, opset, lowering, source });
    const results = withNode(call, () => apply(operator, call));
    checkSizes(results, call);
    proto.output.forEach((name, i) => {
      // An output that nobody reads may be one that is not supported.
      if (name !== '' && results[i] !== undefined) values.set(name, results[i]);
    });
  }
}

/** Refuses what no device could hold, before anything is planned. @throws InputError that names the node */
function checkSizes(
  results: readonly Value[],
  { lowering: { mostElements = Number.POSITIVE_INFINITY }, fail }: Call,
): void {
  const large = results.find((value) => value !== undefined && elements(value.shape) > mostElements);
  if (large === undefined) return;
  const { type, shape } = large;
  fail(
    `it gives ${type}[${shape.join(', ')}], more than 2^30 numbers, which no device holds; no classifier needs so many`,
  );
}

/** A value by its name. @throws InputError for an output that its operator does not give here, and for an input that is not given */
export function found(
  values: ReadonlyMap<string, Value>,
  name: string,
  nodes: readonly Applied[],
  { file }: TensorSource,
): Value {
  const value = values.get(name);
  if (value !== undefined) return value;
  const giver = nodes.find(({ proto }) => proto.output.includes(name));
  if (giver === undefined) throw new InputError(`${file}: the input ${quote(name)} is not given`);
  throw new InputError(
    `${file}: ${nodeText(giver.proto, giver.opset)}: its output ${giver.proto.output.indexOf(name)}, ${quote(name)}, is not supported`,
  );
}

function apply(operator: Operator, call: Call): readonly Value[] {
  const folded = fold(operator, call);
  if (folded === undefined) return lowered(operator, call);
  const value = constant(folded, call.lowering.floats);
  const sources = call.inputs.filter((input) => input !== undefined);
  if (!sources.some(({ trainable }) => trainable)) return [value];
  const depth = 1 + Math.max(...sources.map((source) => source.depth ?? 0));
  if (depth > DEEPEST_KNOWN) return lowered(operator, call);
  let node: Node | undefined;
  let noted = false;
  // Known as long as nobody trains it: whoever reads the numbers makes its sources constants.
  return [
    {
      ...value,
      depth,
      trainable: true,
      node: () => {
        node ??= withNode(call, () => lowered(operator, call)[0].node());
        return node;
      },
      known: () => {
        if (!noted) for (const input of sources) input.known?.();
        noted = true;
        return folded;
      },
    },
  ];
}

function fold(operator: Operator, call: Call): HostTensor | undefined {
  if (operator.fold === undefined) return undefined;
  const { inputs } = call;
  const small = inputs.every(
    (input) => input === undefined || (input.peek !== undefined && elements(input.shape) <= MOST_FOLDED),
  );
  if (!small) return undefined;
  return operator.fold(
    call,
    inputs.map((input) => input?.peek?.()),
  );
}

/** The operator's outputs, those that are computed rounded to what the precision stores. */
function lowered(operator: Operator, call: Call): readonly Value[] {
  const results = [operator.lower(call)].flat() as Value[];
  const { storing } = call.lowering;
  if (storing === null || operator.moves) return results;
  return results.map((value) =>
    isFloating(value.type) && value.known === undefined
      ? computed(value.type, storing.activation(value.node()))
      : value,
  );
}
