import packShader from '../../shaders/matmul.pack.wgsl';
import portableShader from '../../shaders/matmul.portable.wgsl';
import subgroupShader from '../../shaders/matmul.subgroup.wgsl';
import { ShapeError } from '../errors.ts';
import { describe, type Node, type TensorType } from '../graph.ts';
import { foldedGrid } from '../grid.ts';
import { defineOp, type KernelCall, type KernelContext, type Operand } from '../op.ts';
import { add } from './elementwise.ts';

export interface MatmulOptions {
  /** `a` is given as [K, M]. */
  readonly transposeA?: boolean;
  /** `b` is given as [N, K]. */
  readonly transposeB?: boolean;
}

type MatmulAttributes = Required<MatmulOptions>;

/**
 * Matrix product: a [M, K] · b [K, N] → [M, N]. Transposed operands cost little or nothing.
 * @throws ShapeError
 */
export function matmul(a: Node, b: Node, { transposeA = false, transposeB = false }: MatmulOptions = {}): Node {
  return multiply([a, b], { transposeA, transposeB });
}

/**
 * A fully connected layer, x · weightᵀ + bias: x [N, in], weight [out, in] (PyTorch's layout), bias [out] → [N, out].
 * @throws ShapeError
 */
export function linear(x: Node, weight: Node, bias: Node): Node {
  const product = matmul(x, weight, { transposeB: true });
  if (bias.shape.length !== 1 || bias.shape[0] !== product.shape[1])
    throw new ShapeError(`linear: the bias of ${product.shape[1]} outputs is not ${describe(bias)}`);
  return add(product, bias);
}

const multiply = defineOp<MatmulAttributes>({
  name: 'matmul',
  infer: ([a, b], attributes) => {
    const { rows, columns } = measure(a, b, attributes);
    return { shape: [rows, columns], dtype: 'f32' };
  },
  derivative: ({ inputs: [a, b], gradient, attributes: { transposeA, transposeB } }) => [
    transposeA
      ? matmul(b, gradient, { transposeA: transposeB, transposeB: true })
      : matmul(gradient, b, { transposeB: !transposeB }),
    transposeB
      ? matmul(gradient, a, { transposeA: true, transposeB: transposeA })
      : matmul(a, gradient, { transposeA: !transposeA }),
  ],
  kernel: kernels,
  cost: ({ inputs: [a, b], output, attributes }) => {
    const { rows, columns, depth } = measure(a, b, attributes);
    return { flops: 2 * rows * columns * depth, bytes: a.bytes + b.bytes + output.bytes };
  },
});

interface Product {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
}

function measure(a: TensorType, b: TensorType, attributes: MatmulAttributes): Product {
  const { transposeA, transposeB } = attributes;
  const wrong = (why: string) =>
    new ShapeError(`matmul(${describe(a)}${transposeA ? 'ᵀ' : ''}, ${describe(b)}${transposeB ? 'ᵀ' : ''}): ${why}`);
  if (a.shape.length !== 2 || b.shape.length !== 2) throw wrong('both operands are matrices');
  if (a.dtype !== 'f32' || b.dtype !== 'f32') throw wrong('both operands are f32');
  const [rows, depth] = transposeA ? [a.shape[1], a.shape[0]] : a.shape;
  const [depthOfB, columns] = transposeB ? [b.shape[1], b.shape[0]] : b.shape;
  if (depth !== depthOfB) throw wrong(`the inner lengths are ${depth} and ${depthOfB}`);
  return { rows, columns, depth };
}

/** Side of a tile of sums; small products have half of it where a subgroup computes a tile. */
const TILE = 32;
/** Fewer tiles would leave cores of a small device idle. */
const ENOUGH_TILES = 8;
const tiles = (length: number, tile: number) => Math.ceil(length / tile);

/**
 * Large products read both operands as vec4s of neighbouring rows or columns, [K, M] and [K, N]; an operand that lies otherwise is
 * packed first, which reads it once where the product reads it many times. Small ones read through the strides, in tiles that waste less.
 */
function kernels({ inputs, output, attributes, capabilities, scratch }: KernelContext<MatmulAttributes>): KernelCall[] {
  const [a, b] = inputs;
  const { rows, columns, depth } = measure(a, b, attributes);
  const large = Math.min(rows, columns) >= TILE && tiles(rows, TILE) * tiles(columns, TILE) >= ENOUGH_TILES;
  const subgroups = capabilities.subgroupSize === 8;
  const packs: KernelCall[] = [];
  const read = (side: Layout) => (large && !isPacked(side) ? pack(side, depth, scratch, packs) : side);
  const left = read(layout(a, !attributes.transposeA, rows, depth));
  const right = read(layout(b, attributes.transposeB, columns, depth));
  const unit = large ? 4 : 1;
  const tile = subgroups && !large ? TILE / 2 : TILE;
  const columnTiles = tiles(columns, tile);
  const count = columnTiles * tiles(rows, tile);
  const product: KernelCall = {
    shader: subgroups ? subgroupShader : portableShader,
    entry: 'multiply',
    constants: { VEC4: large ? 1 : 0, ...(subgroups ? { TILE: tile } : {}) },
    bind: { a: left.operand, b: right.operand, output },
    sizes: {
      rows,
      columns,
      depth,
      columnTiles,
      tiles: count,
      aRow: left.step,
      aDepth: left.depthStep / unit,
      bDepth: right.depthStep / unit,
      bColumn: right.step,
    },
    grid: foldedGrid(count),
  };
  return [...packs, product];
}

/** How the elements of an operand lie: `length` rows or columns for each of K positions, with their strides. */
interface Layout {
  readonly operand: Operand;
  readonly length: number;
  readonly step: number;
  readonly depthStep: number;
}

const layout = (operand: Operand, alongDepth: boolean, length: number, depth: number): Layout =>
  alongDepth ? { operand, length, step: depth, depthStep: 1 } : { operand, length, step: 1, depthStep: length };

const isPacked = ({ length, step }: Layout) => step === 1 && length % 4 === 0;

/** Adds the call that packs an operand to `calls`. @returns where its elements then lie */
function pack(
  { operand, length, step, depthStep }: Layout,
  depth: number,
  scratch: KernelContext<MatmulAttributes>['scratch'],
  calls: KernelCall[],
): Layout {
  const padded = 4 * Math.ceil(length / 4);
  const result = scratch({ shape: [depth, padded], dtype: 'f32' });
  calls.push({
    shader: packShader,
    entry: 'pack',
    bind: { source: operand, result },
    sizes: { length, padded, depth, step, depthStep },
    grid: [Math.ceil(padded / 64), Math.ceil(depth / 64)],
    auxiliary: true,
  });
  return { operand: result, length, step: 1, depthStep: padded };
}
