import arrangeShader from '../../shaders/exactMatmul.arrange.wgsl';
import gatherShader from '../../shaders/exactMatmul.gather.wgsl';
import longShader from '../../shaders/exactMatmul.long.wgsl';
import productShader from '../../shaders/exactMatmul.product.wgsl';
import rangeShader from '../../shaders/exactMatmul.range.wgsl';
import roundShader from '../../shaders/exactMatmul.round.wgsl';
import specialShader from '../../shaders/exactMatmul.special.wgsl';
import splitShader from '../../shaders/exactMatmul.split.wgsl';
import f64 from '../../shaders/precision/f64.wgsl';
import integer64 from '../../shaders/precision/integer64.wgsl';
import { foldedGrid } from '../grid.ts';
import type { KernelCall, KernelContext, Operand } from '../op.ts';
import { capacities, garnerInverses, moduli, POWERS } from '../precision/residues.ts';

/**
 * A factor as a matrix of [place of the sum k, row or column j]: where its elements lie in a tensor. k and j are numbers of three digits
 * (outer, y, x); see exactMatmul.gather.wgsl.
 */
export interface GatheredMatrix {
  /** Lengths of the digits y and x of k and of j. */
  readonly kLengths: readonly [number, number];
  readonly jLengths: readonly [number, number];
  /** Steps of the outer digits of k and j, and of rows and columns of the tensor. */
  readonly steps: readonly [number, number, number, number];
  /** Rows and columns of the tensor: beyond them are zeros. */
  readonly extent: readonly [number, number];
  /** Row · divisor = y of k · first + y of j · second + offset; so do columns. */
  readonly along: readonly [number, number];
  readonly offset?: readonly [number, number];
  readonly divisor?: number;
  /** Rows or columns of the matrix. */
  readonly length: number;
}

/** An exact product: a [k, m] and b [k, j], summed over k. */
export interface ExactProduct {
  readonly a: GatheredMatrix;
  readonly b: GatheredMatrix;
  readonly depth: number;
  /** Where the result of row m and column j lies: m · rowStep + ⌊j / run⌋ · runStep + j mod run. */
  readonly output: { readonly rowStep: number; readonly run: number; readonly runStep: number };
}

/** A matrix whose elements lie a step of k and a step of j apart. */
export const strided = (length: number, kStep: number, jStep: number): GatheredMatrix => ({
  kLengths: [1, 1],
  jLengths: [1, 1],
  steps: [kStep, jStep, 0, 0],
  extent: [1, 1],
  along: [1, 1],
  length,
});

function viewOf({ kLengths, jLengths, steps, extent, along, offset = [0, 0], divisor = 1, length }: GatheredMatrix) {
  return [...kLengths, ...jLengths, ...steps, ...extent, divisor, length, ...along, ...offset];
}

const TILE = 32;
const PARTS = 1024;
const COUNT = moduli.length;
const padded = (length: number) => Math.ceil(length / TILE) * TILE;
/** Sixteen places of the sum at a time, two in a word. */
const pairsOf = (depth: number) => Math.ceil(depth / 16) * 8;
const constants = { MODULI: COUNT };
const MODULI_LIST = moduli.map((p) => `${p}.0`).join(', ');
const GARNER_LIST = garnerInverses()
  .map((inverse) => `${inverse}.0`)
  .join(', ');
const CAPACITY = capacities()
  .map((bits) => `${bits}u`)
  .join(', ');

/** Bytes that the residues of one factor, or of the results, may take: several such buffers exist at once. */
const LARGEST_SCRATCH = 64 * 2 ** 20;

/** Rows or columns of one part, whose residues fit into a scratch buffer. */
const partLength = (length: number, words: number) =>
  Math.min(length, Math.max(TILE, Math.floor(LARGEST_SCRATCH / (4 * COUNT * words) / TILE) * TILE));

/**
 * Kernels of an exact product: measure how many bits the factors span, choose the moduli, split the tensors into residues, arrange these as matrices, multiply
 * them, and round the integers that they stand for. Which moduli are needed is known only on the device, so that buffers are as large as for all.
 */
export function exactProductKernels(
  { capabilities, scratch }: Pick<KernelContext<unknown>, 'capabilities' | 'scratch'>,
  a: Operand,
  b: Operand,
  table: Operand,
  y: Operand,
  { a: aMatrix, b: bMatrix, depth, output }: ExactProduct,
): KernelCall[] {
  const pairs = pairsOf(depth);
  const aPart = partLength(aMatrix.length, pairs);
  const bPart = Math.min(partLength(bMatrix.length, pairs), partLength(bMatrix.length, padded(aPart) / 2));
  const plan = scratch({ shape: [8], dtype: 'u32' });
  const planes = (words: number) => scratch({ shape: [COUNT, words], dtype: 'u32' });
  const residues = [planes(pairs * padded(aPart)), planes(pairs * padded(bPart))] as const;
  const products = planes((padded(aPart) * padded(bPart)) / 2);
  const calls = rangeKernels({ a, b, plan, depth, scratch });

  const words = [a, b].map(({ size }) => Math.ceil(size / 2));
  const sources = words.map((count) => planes(count));
  for (const factor of [0, 1] as const)
    calls.push({
      shader: `${splitShader}\n${integer64}`,
      entry: 'split',
      constants: { ...constants, POWERS },
      bind: { x: factor === 0 ? a : b, plan, table, residues: sources[factor] },
      sizes: { size: (factor === 0 ? a : b).size, factor },
      grid: foldedGrid(Math.ceil(words[factor] / 64)),
      auxiliary: true,
    });
  const arrangeKernel = (factor: 0 | 1, first: number, length: number): KernelCall => ({
    shader: arrangeShader,
    entry: 'arrange',
    constants: { DIVISOR: (factor === 0 ? aMatrix : bMatrix).divisor ?? 1 },
    bind: { plan, source: sources[factor], residues: residues[factor] },
    sizes: {
      view: viewOf(factor === 0 ? aMatrix : bMatrix),
      depth,
      pairs,
      first,
      padded: padded(length),
      source_plane: words[factor],
    },
    grid: foldedGrid(Math.ceil(((pairs / 8) * padded(length)) / 64)),
    auxiliary: true,
  });
  const views = { a_view: viewOf(aMatrix), b_view: viewOf(bMatrix) };
  const target = { row_step: output.rowStep, column_run: output.run, run_step: output.runStep };

  for (let row = 0; row < aMatrix.length; row += aPart) {
    const rows = Math.min(aPart, aMatrix.length - row);
    calls.push(arrangeKernel(0, row, rows));
    for (let column = 0; column < bMatrix.length; column += bPart) {
      const columns = Math.min(bPart, bMatrix.length - column);
      const tiles = (padded(rows) / TILE) * (padded(columns) / TILE);
      calls.push(arrangeKernel(1, column, columns), {
        shader: productShader,
        entry: 'multiply',
        constants: { SUBGROUP: Number(capabilities.subgroupSize === 8) },
        bind: { plan, table, a: residues[0], b: residues[1], output: products },
        sizes: { rows: padded(rows), columns: padded(columns), pairs, column_tiles: padded(columns) / TILE, tiles },
        grid: [...foldedGrid(tiles), COUNT],
      });
      calls.push({
        shader: [roundShader, gatherShader, specialShader, integer64, f64].join('\n'),
        entry: 'reconstruct',
        constants: { ...constants, MODULI_LIST, GARNER_LIST },
        bind: { plan, table, residues: products, a, b, y },
        sizes: {
          ...views,
          ...target,
          depth,
          rows,
          padded_rows: padded(rows),
          columns,
          padded_columns: padded(columns),
          first_row: row,
          first_column: column,
        },
        grid: foldedGrid(Math.ceil((rows * columns) / 64)),
        auxiliary: true,
      });
    }
  }
  calls.push({
    shader: [longShader, gatherShader, specialShader, integer64, f64].join('\n'),
    entry: 'sum_long',
    bind: { plan, a, b, y },
    sizes: { ...views, ...target, depth, rows: aMatrix.length, columns: bMatrix.length },
    grid: foldedGrid(Math.ceil((aMatrix.length * bMatrix.length) / 64)),
    auxiliary: true,
  });
  return calls;
}

/** What the factors span, and how many moduli that takes. */
function rangeKernels({
  a,
  b,
  plan,
  depth,
  scratch,
}: Pick<KernelContext<unknown>, 'scratch'> & Record<'a' | 'b' | 'plan', Operand> & { depth: number }): KernelCall[] {
  const range = { PARTS, ...constants, CAPACITY };
  const measured = [a, b].map((x) => {
    const ranges = scratch({ shape: [PARTS, 4], dtype: 'u32' });
    const call: KernelCall = {
      shader: rangeShader,
      entry: 'measure',
      constants: range,
      bind: { x, ranges },
      sizes: { size: x.size, depth_bits: 0 },
      grid: [PARTS / 64],
      auxiliary: true,
    };
    return { ranges, call };
  });
  return [
    ...measured.map(({ call }) => call),
    {
      shader: rangeShader,
      entry: 'choose',
      constants: range,
      bind: { a_ranges: measured[0].ranges, b_ranges: measured[1].ranges, plan },
      sizes: { size: 0, depth_bits: Math.ceil(Math.log2(depth)) },
      grid: [1],
      auxiliary: true,
    },
  ];
}
