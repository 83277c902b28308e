import shader from '../../../shaders/shape/pack.wgsl';
import { ShapeError } from '../../errors.ts';
import { BINDING_ALIGNMENT } from '../../graph/capabilities.ts';
import { formats, movedType } from '../../graph/dtype.ts';
import { defineOp } from '../../graph/graph.ts';
import type { KernelCall, KernelContext, Node } from '../../graph/op.ts';
import { placementOf } from '../../graph/placement.ts';
import { describe, elements, type Shape, type TensorType } from '../../graph/shape.ts';
import { isWhole } from '../../graph/view.ts';
import { WORKGROUP } from '../../kernels/grid.ts';
import { add } from '../elementwise/elementwise.ts';
import { pad, reshape, slice } from './shape.ts';

/**
 * Many tensors in one, each at the alignment of a binding. What is done to all of them alike, an optimiser's step for example, is then
 * one kernel, while every other kernel binds the tensor that it needs where it lies.
 */

/** Where tensors lie in the tensor that holds them all, in elements. Between them are zeros. */
export interface Packing {
  readonly offsets: readonly number[];
  readonly size: number;
}

/** Puts tensors of one dtype one behind the other, each at an offset that a binding may begin at. */
export function packingOf(types: readonly TensorType[]): Packing {
  let size = 0;
  const offsets = types.map(({ shape, dtype }) => {
    const offset = size;
    const step = BINDING_ALIGNMENT / formats[dtype].bytes;
    size += Math.ceil(elements(shape) / step) * step;
    return offset;
  });
  return { offsets, size };
}

/** Some elements of an input, in a row, and where they go. */
interface Part {
  readonly input: number;
  /** First element in the input. */
  readonly from: number;
  /** First element in the output. */
  readonly to: number;
  readonly size: number;
}

type PackAttributes = { readonly parts: readonly Part[]; readonly size: number };

/** Bindings of the kernel, and parts that one dispatch copies. */
const SOURCES = 7;
const PARTS = 32;

const packOp = defineOp<PackAttributes>({
  name: 'pack',
  infer(inputs, { size }) {
    const [{ dtype }] = inputs;
    const other = inputs.find((input) => input.dtype !== dtype);
    if (other !== undefined) throw new ShapeError(`pack: ${describe(other)} does not go with ${describe(inputs[0])}`);
    return { shape: [size], dtype };
  },
  derivative: ({ inputs, gradient, attributes: { parts } }) =>
    inputs.map((x, input) => {
      const received = parts
        .filter((part) => part.input === input)
        .map(({ from, to, size }) => pad(slice(gradient, [to], [to + size]), [from], [x.size - from - size]));
      return reshape(received.reduce(add), x.shape);
    }),
  /** An input that goes to one place as a whole can be computed there. */
  places: (inputs, { parts }) =>
    inputs.map((x, input) => {
      const [first, ...others] = parts.filter((part) => part.input === input);
      return others.length === 0 && first.size === elements(x.shape) ? first.to : null;
    }),
  kernel(context) {
    const left = context.attributes.parts.filter(({ input }) => !context.sharesBuffer(input));
    return inDispatches(left).map((parts) => copies(context, parts));
  },
  cost: ({ output }) => ({ flops: 0, bytes: 2 * output.bytes }),
});

/** Parts in as many dispatches as their number and the number of their inputs take. */
function inDispatches(parts: readonly Part[]): Part[][] {
  const dispatches: Part[][] = [];
  for (const part of parts) {
    const current = dispatches.at(-1);
    const inputs = new Set([...(current ?? []), part].map(({ input }) => input));
    if (current === undefined || inputs.size > SOURCES || current.length === PARTS) dispatches.push([part]);
    else current.push(part);
  }
  return dispatches;
}

function copies({ inputs, output }: KernelContext<PackAttributes>, parts: readonly Part[]): KernelCall {
  const sources = [...new Set(parts.map(({ input }) => input))];
  const bound = Array.from({ length: SOURCES }, (_, i) => [`x${i}`, inputs[sources[i] ?? sources[0]]] as const);
  const longest = Math.max(...parts.map(({ size }) => size));
  return {
    shader,
    entry: 'pack',
    constants: { TYPE: movedType(output.dtype), PARTS },
    bind: { ...Object.fromEntries(bound), y: output },
    sizes: { parts: parts.flatMap(({ input, from, to, size }) => [sources.indexOf(input), from, to, size]) },
    grid: [Math.ceil(longest / WORKGROUP), parts.length],
  };
}

/**
 * Tensors of one dtype as one vector, laid out as `packing` says, with zeros in between. A tensor that is used nowhere else is computed
 * where it goes; rows of a tensor are copied from it.
 * @throws ShapeError
 */
export function pack(tensors: readonly Node[], { offsets, size }: Packing): Node {
  if (tensors.length === 0) throw new ShapeError('pack: no tensors are given');
  if (tensors.length !== offsets.length)
    throw new ShapeError(`pack: ${tensors.length} tensors do not fit a packing of ${offsets.length}`);
  const inputs: Node[] = [];
  const parts = tensors.map((tensor, i): Part => {
    const { source, from } = contiguousSource(tensor);
    const known = inputs.indexOf(source);
    return { input: known === -1 ? inputs.push(source) - 1 : known, from, to: offsets[i], size: tensor.size };
  });
  const overlong = parts.find((part, i) => part.to + part.size > (offsets[i + 1] ?? size));
  if (overlong !== undefined)
    throw new ShapeError(
      `pack: ${overlong.size} elements at ${overlong.to} reach into the next tensor or beyond ${size}`,
    );
  return packOp(inputs, { parts, size });
}

/** The tensor in which a node's elements lie in a row, and the first of them. */
function contiguousSource(node: Node): { source: Node; from: number } {
  const { source, view } = placementOf(node);
  const inRow = isWhole({ ...view, offset: 0 }, node.shape);
  return inRow ? { source, from: view.offset } : { source: node, from: 0 };
}

type UnpackAttributes = { readonly from: number; readonly shape: Shape };

const unpackOp = defineOp<UnpackAttributes>({
  name: 'unpack',
  infer: ([packed], { shape }) => ({ shape, dtype: packed.dtype }),
  derivative: ({ inputs: [packed], gradient, attributes: { from } }) => {
    const vector = reshape(gradient, [gradient.size]);
    return [pad(vector, [from], [packed.size - from - gradient.size])];
  },
  kernel: () => [],
  cost: () => ({ flops: 0, bytes: 0 }),
  aliases: 0,
  aliasOffset: ({ from }) => from,
  anyFormat: true,
});

/** The elements of a tensor from number `from` on, in row-major order, under a shape. Nothing is moved: they begin where a binding may. */
export const part = (x: Node, from: number, shape: Shape): Node => unpackOp([x], { from, shape: [...shape] });

/**
 * The tensors of these shapes in a vector that is laid out as `packing` says. Nothing is moved.
 * @throws ShapeError
 */
export function unpack(packed: Node, shapes: readonly Shape[], { offsets, size }: Packing): Node[] {
  if (packed.shape.length !== 1 || packed.size !== size || shapes.length !== offsets.length)
    throw new ShapeError(`unpack: ${describe(packed)} is no packing of ${offsets.length} tensors in ${size} elements`);
  return shapes.map((shape, i) => {
    if (offsets[i] + elements(shape) > (offsets[i + 1] ?? size))
      throw new ShapeError(
        `unpack: [${shape.join(', ')}] at ${offsets[i]} reaches into the next tensor or beyond ${size}`,
      );
    return part(packed, offsets[i], shape);
  });
}
