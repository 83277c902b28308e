import packShader from '../../../shaders/matmul/pack.wgsl';
import portableShader from '../../../shaders/matmul/portable.wgsl';
import sharedShader from '../../../shaders/matmul/shared.wgsl';
import stridedShader from '../../../shaders/matmul/strided.wgsl';
import subgroupShader from '../../../shaders/matmul/subgroup.wgsl';
import { ShapeError } from '../../errors.ts';
import { type DType, formats, movedType } from '../../graph/dtype.ts';
import { defineOp } from '../../graph/graph.ts';
import type { KernelCall, KernelContext, Node, Operand, VariantContext } from '../../graph/op.ts';
import { describe, type TensorType } from '../../graph/shape.ts';
import { foldedGrid } from '../../kernels/grid.ts';
import { chosenFrom, type Variant } from '../../kernels/variants.ts';
import { add } from '../elementwise/elementwise.ts';
import { exactMatmul } from '../exact/exactMatmul.ts';
import { products } from './products.ts';

export interface MatmulOptions {
  /** Whether `a` is [K, M]. */
  readonly transposeA?: boolean;
  /** Whether `b` is [N, K]. */
  readonly transposeB?: boolean;
}

type MatmulAttributes = Required<MatmulOptions>;

/**
 * Matrix product: a [M, K] · b [K, N] → [M, N]. Transposed operands cost little or nothing. In f64 every element is the exact sum rounded
 * once: see `exactMatmul`.
 * @throws ShapeError
 */
export function matmul(a: Node, b: Node, { transposeA = false, transposeB = false }: MatmulOptions = {}): Node {
  const options = { transposeA, transposeB };
  return a.dtype === 'f64' ? exactMatmul(a, b, options) : multiply([a, b], options);
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

interface Product {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly dtype: DType;
}

function measure(a: TensorType, b: TensorType, attributes: MatmulAttributes): Product {
  const { transposeA, transposeB } = attributes;
  const wrong = (why: string) =>
    new ShapeError(`matmul(${describe(a)}${transposeA ? 'ᵀ' : ''}, ${describe(b)}${transposeB ? 'ᵀ' : ''}): ${why}`);
  if (a.shape.length !== 2 || b.shape.length !== 2) throw wrong('both operands are matrices');
  if (a.dtype !== b.dtype || !formats[a.dtype].floating) throw wrong('both operands are of one floating-point format');
  const [rows, depth] = transposeA ? [a.shape[1], a.shape[0]] : a.shape;
  const [depthOfB, columns] = transposeB ? [b.shape[1], b.shape[0]] : b.shape;
  if (depth !== depthOfB) throw wrong(`the inner lengths are ${depth} and ${depthOfB}`);
  return { rows, columns, depth, dtype: a.dtype };
}

/** Side of a tile of sums; small products have half of it where a subgroup computes a tile. */
const TILE = 32;
/** Fewer tiles would leave cores of a small device idle. */
const ENOUGH_TILES = 8;
/** Tiles in workgroup memory: the large ones load less, and are worth it when there are enough of them for a GPU. */
const SHARED_TILES = [64, 32] as const;
const ENOUGH_SHARED_TILES = 64;
const tiles = (length: number, tile: number) => Math.ceil(length / tile);
const tileCount = ({ rows, columns }: Product, tile: number) => tiles(rows, tile) * tiles(columns, tile);

const isLarge = (product: Product) =>
  Math.min(product.rows, product.columns) >= TILE && tileCount(product, TILE) >= ENOUGH_TILES;

type Context = KernelContext<MatmulAttributes>;

const variants: readonly Variant<MatmulAttributes, Product>[] = [
  ...SHARED_TILES.map((tile) => ({
    name: `shared${tile}`,
    applies: ({ dtype }: Product, { capabilities }: VariantContext<MatmulAttributes>) =>
      dtype === 'f32' && capabilities.fastWorkgroupMemory,
    preferred: (product: Product) => tile === SHARED_TILES[1] || tileCount(product, tile) >= ENOUGH_SHARED_TILES,
    kernels: (product: Product, context: Context) => [shared(product, context, tile)],
  })),
  {
    name: 'products',
    applies: ({ rows, columns }, { capabilities }) => capabilities.subgroupsOf8 && rows % 4 === 0 && columns % 4 === 0,
    preferred: (product) => isLarge(product) || product.dtype === 'f32x2',
    kernels: (product, context) => {
      const [packs, { operand: a }, { operand: b }] = packed(product, context);
      return [...packs, products({ ...product, a, b, c: context.output })];
    },
  },
  {
    name: 'subgroup',
    applies: ({ dtype }, { capabilities }) => dtype === 'f32' && capabilities.subgroupsOf8,
    kernels: (product, context) => inRegisters(product, context, true),
  },
  {
    name: 'strided',
    applies: ({ dtype }) => dtype === 'f32x2',
    kernels: (product, context) => [strided(product, context)],
  },
  {
    name: 'portable',
    applies: ({ dtype }) => dtype === 'f32',
    kernels: (product, context) => inRegisters(product, context, false),
  },
];

const multiply = defineOp<MatmulAttributes>({
  name: 'matmul',
  infer: ([a, b], attributes) => {
    const { rows, columns } = measure(a, b, attributes);
    return { shape: [rows, columns], dtype: a.dtype };
  },
  derivative: ({ inputs: [a, b], gradient, attributes: { transposeA, transposeB } }) => [
    transposeA
      ? matmul(b, gradient, { transposeA: transposeB, transposeB: true })
      : matmul(gradient, b, { transposeB: !transposeB }),
    transposeB
      ? matmul(gradient, a, { transposeA: true, transposeB: transposeA })
      : matmul(a, gradient, { transposeA: !transposeA }),
  ],
  ...chosenFrom(variants, ({ inputs: [a, b], attributes }) => measure(a, b, attributes)),
  cost: ({ inputs: [a, b], output, attributes }) => {
    const { rows, columns, depth } = measure(a, b, attributes);
    return { flops: 2 * rows * columns * depth, bytes: a.bytes + b.bytes + output.bytes };
  },
});

/** Where a and b lie as they are given. */
const layouts = ({ rows, columns, depth }: Product, { inputs: [a, b], attributes }: Context): [Layout, Layout] => [
  layout(a, !attributes.transposeA, rows, depth),
  layout(b, attributes.transposeB, columns, depth),
];

/** What all product kernels have in common; `unit` is how many elements they load at once. */
function product(
  given: Product,
  output: Operand,
  [left, right]: readonly [Layout, Layout],
  tile: number,
  unit: number,
) {
  const count = tileCount(given, tile);
  return {
    entry: 'multiply',
    bind: { a: left.operand, b: right.operand, output },
    sizes: {
      rows: given.rows,
      columns: given.columns,
      depth: given.depth,
      columnTiles: tiles(given.columns, tile),
      tiles: count,
      aRow: left.step,
      aDepth: left.depthStep / unit,
      bDepth: right.depthStep / unit,
      bColumn: right.step,
    },
    grid: foldedGrid(count),
  };
}

/** Tiles in workgroup memory, read through the operands' strides. */
function shared(given: Product, context: Context, tile: 64 | 32): KernelCall {
  return {
    ...product(given, context.output, layouts(given, context), tile, 1),
    shader: sharedShader,
    constants: { TILE: tile, A_ALONG_DEPTH: 'sizes.aDepth == 1u', B_ALONG_DEPTH: 'sizes.bDepth == 1u' },
  };
}

/** Tiles in the registers of each invocation, of any format, read through the operands' strides. */
function strided(given: Product, context: Context): KernelCall {
  const T = given.dtype;
  const call = product(given, context.output, layouts(given, context), TILE, 1);
  return {
    ...call,
    shader: stridedShader,
    constants: { T },
    sizes: { ...call.sizes, zero: 0 },
  };
}

/** Both operands as vec4s of neighbouring rows or columns, [K, M] and [K, N], and the calls that pack those that lie otherwise. */
function packed(given: Product, context: Context): [KernelCall[], Layout, Layout] {
  const packs: KernelCall[] = [];
  const read = (side: Layout) => (isPacked(side) ? side : pack(side, given.depth, context.scratch, packs));
  const [left, right] = layouts(given, context);
  return [packs, read(left), read(right)];
}

/**
 * Tiles in registers. Large products read packed operands: an operand is packed once where the product reads it many times. Small ones
 * read through the strides, in tiles that waste less.
 */
function inRegisters(given: Product, context: Context, subgroups: boolean): KernelCall[] {
  const large = isLarge(given);
  const [packs, left, right] = large ? packed(given, context) : [[], ...layouts(given, context)];
  const tile = subgroups && !large ? TILE / 2 : TILE;
  const multiplied: KernelCall = {
    ...product(given, context.output, [left, right], tile, large ? 4 : 1),
    shader: subgroups ? subgroupShader : portableShader,
    constants: { VEC4: large ? 1 : 0, ...(subgroups ? { TILE: tile } : {}) },
  };
  return [...packs, multiplied];
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
  scratch: Context['scratch'],
  calls: KernelCall[],
): Layout {
  const padded = 4 * Math.ceil(length / 4);
  const result = scratch({ shape: [depth, padded], dtype: operand.dtype });
  calls.push({
    shader: packShader,
    entry: 'pack',
    constants: { STORED: movedType(operand.dtype) },
    bind: { source: operand, result },
    sizes: { length, padded, depth, step, depthStep },
    grid: [Math.ceil(padded / 64), Math.ceil(depth / 64)],
    auxiliary: true,
  });
  return { operand: result, length, step: 1, depthStep: padded };
}
