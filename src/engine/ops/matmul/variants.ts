import packShader from '../../../shaders/matmul/pack.wgsl';
import portableShader from '../../../shaders/matmul/portable.wgsl';
import stridedShader from '../../../shaders/matmul/strided.wgsl';
import subgroupShader from '../../../shaders/matmul/subgroup.wgsl';
import { movedType } from '../../graph/dtype.ts';
import type { KernelCall, KernelContext, Operand, VariantContext } from '../../graph/op.ts';
import { foldedGrid } from '../../kernels/grid.ts';
import type { Variant } from '../../kernels/variants.ts';
import { BLOCKS } from './blocks.ts';
import { batchConstant, countOf, type Layout, layouts, type MatmulAttributes, type Product } from './layout.ts';
import { products } from './products.ts';
import { preferredBlock, shared } from './shared.ts';

/** Most workgroups in one dimension of a grid, which WebGPU promises: the index of a product in a batch may be one. */
const MOST_OF_BATCH = 65_535;

/** Side of a tile of sums; small products have half of it where a subgroup computes a tile. */
const TILE = 32;
/** Fewer tiles would leave cores of a small device idle. */
const ENOUGH_TILES = 8;
const tiles = (length: number, tile: number) => Math.ceil(length / tile);
const tileCount = ({ rows, columns }: Product, tile: number) => tiles(rows, tile) * tiles(columns, tile);
const allTiles = (product: Product, tile: number) => countOf(product) * tileCount(product, tile);

const isLarge = (product: Product) =>
  Math.min(product.rows, product.columns) >= TILE &&
  allTiles(product, TILE) >= ENOUGH_TILES &&
  countOf(product) <= MOST_OF_BATCH;

/**
 * A linear layer of one to four images: 64 columns and 4 rows a tile read the weights four at a time, packed. An inference packs weights
 * once, and otherwise packing costs less than reading them one by one for tiles that stand empty. The second copy of large weights is not
 * worth its memory: without it VGG-19 takes 0.8 of the memory and 1.07 of the processor time, to the same bits.
 */
const FEW_ROWS = 4;
/** Most elements of weights that are packed for few rows: 64 MiB. */
const MOST_PACKED = 2 ** 24;
const hasFewRows = ({ rows, columns, depth, dtype, batch }: Product) =>
  dtype === 'f32' &&
  batch === undefined &&
  rows <= FEW_ROWS &&
  Math.min(columns, depth) >= 2 * TILE &&
  columns * depth <= MOST_PACKED;

type Context = KernelContext<MatmulAttributes>;

export const variants: readonly Variant<MatmulAttributes, Product>[] = [
  ...BLOCKS.map((block) => ({
    name: block.name,
    applies: ({ dtype }: Product, { capabilities }: VariantContext<MatmulAttributes>) =>
      dtype === 'f32' && capabilities.fastWorkgroupMemory,
    preferred: (product: Product) => preferredBlock(product) === block,
    kernels: (product: Product, context: Context) => shared(product, context, block),
  })),
  {
    name: 'products',
    applies: (product, { capabilities }) =>
      capabilities.subgroupsOf8 &&
      (product.rows % 4 === 0 || hasFewRows(product)) &&
      product.columns % 4 === 0 &&
      countOf(product) <= MOST_OF_BATCH,
    preferred: (product) => isLarge(product) || hasFewRows(product) || product.dtype === 'f32x2',
    kernels: (product, context) => {
      const { columns, depth, batch } = product;
      const rows = 4 * Math.ceil(product.rows / 4);
      const stored = rows === product.rows ? undefined : product.rows;
      const [packs, a, b] = packed(product, context);
      const apart = batch && { count: batch.count, a: a.apart, b: b.apart, c: rows * columns };
      return [
        ...packs,
        products({ rows, stored, columns, depth, a: a.operand, b: b.operand, c: context.output, batch: apart }),
      ];
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

/** What all product kernels have in common; `unit` is how many elements they load at once. */
function product(
  given: Product,
  output: Operand,
  [left, right]: readonly [Layout, Layout],
  tile: number,
  unit: number,
) {
  const count = tileCount(given, tile);
  const { batch } = given;
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
      ...(batch && { batch: batch.count, aBatch: left.apart / unit, bBatch: right.apart / unit }),
    },
    grid: foldedGrid(allTiles(given, tile)),
  };
}

/** Tiles in the registers of each invocation, of any format, read through the operands' strides. */
function strided(given: Product, context: Context): KernelCall {
  const T = given.dtype;
  const call = product(given, context.output, layouts(given, context), TILE, 1);
  return {
    ...call,
    shader: stridedShader,
    constants: { T, ...batchConstant(given) },
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
    constants: { VEC4: large ? 1 : 0, ...(subgroups ? { TILE: tile } : {}), ...batchConstant(given) },
  };
  return [...packs, multiplied];
}

const isPacked = ({ length, step }: Layout) => step === 1 && length % 4 === 0;

/** Adds the call that packs an operand to `calls`. @returns where its elements then lie */
function pack(
  { operand, length, step, depthStep, matrices }: Layout,
  depth: number,
  scratch: Context['scratch'],
  calls: KernelCall[],
): Layout {
  const padded = 4 * Math.ceil(length / 4);
  const result = scratch({ shape: [matrices, depth, padded], dtype: operand.dtype });
  const several = matrices > 1;
  calls.push({
    shader: packShader,
    entry: 'pack',
    constants: { STORED: movedType(operand.dtype), ...(several ? { BATCH: 1 } : {}) },
    bind: { source: operand, result },
    sizes: { length, padded, depth, step, depthStep },
    grid: [Math.ceil(padded / 64), Math.ceil(depth / 64), ...(several ? [matrices] : [])],
    auxiliary: true,
  });
  const apart = several ? depth * padded : 0;
  return { operand: result, length, step: 1, depthStep: padded, matrices, apart };
}
