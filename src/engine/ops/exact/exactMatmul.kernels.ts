import longShader from '../../../shaders/exact/matmul.long.wgsl';
import productShader from '../../../shaders/exact/matmul.product.wgsl';
import roundShader from '../../../shaders/exact/matmul.round.wgsl';
import splitShader from '../../../shaders/exact/matmul.split.wgsl';
import type { KernelCall, KernelContext, Operand } from '../../graph/op.ts';
import { describe } from '../../graph/shape.ts';
import { foldedGrid, gridOver } from '../../kernels/grid.ts';
import {
  digitFactors,
  FACTORS,
  LIMB_BITS,
  LIMBS,
  moduli,
  POWERS,
  placeValues,
  powerResidues,
} from '../../numbers/residues.ts';
import { type GatheredMatrix, layoutOf, viewOf } from './matrix.ts';
import { rangeKernels } from './range.ts';

/** An exact product: a [k, m] and b [k, j], summed over k, whose digits have the same lengths in both. */
export interface ExactProduct {
  readonly a: GatheredMatrix;
  readonly b: GatheredMatrix;
  readonly depth: number;
  readonly output: Target;
}

/** Where the result of row m and column j lies, j having three digits (outer, y, x): base + m · rowStep + digits · steps. */
export interface Target {
  readonly base?: number;
  readonly rowStep: number;
  /** Lengths of the digits y and x. */
  readonly lengths: readonly [number, number];
  readonly steps: readonly [number, number, number];
}

type Scratch = KernelContext<unknown>['scratch'];

/** Columns of a tile of products. */
const TILE_COLUMNS = 64;

/** Rows of a tile: 32 are a fifth quicker for each row, where there are subgroups. */
const tileRows = (rows: number, subgroups: boolean) =>
  subgroups && 4 * upTo(rows, 32) <= 5 * upTo(rows, 16) ? 32 : 16;

const COUNT = moduli.length;
const upTo = (length: number, step: number) => Math.ceil(length / step) * step;
const list = (values: readonly number[]) => values.join(', ');
const constants = { MODULI: COUNT, MODULI_LIST: list(moduli) };
const splitConstants = {
  ...constants,
  POWERS,
  C14_LIST: list(powerResidues(14)),
  C28_LIST: list(powerResidues(28)),
  C42_LIST: list(powerResidues(42)),
};
const roundConstants = {
  ...constants,
  FACTORS,
  LIMBS,
  LIMB_BITS,
  FACTORS_LIST: list(digitFactors()),
  PLACES_LIST: list(placeValues()),
};

/** Bytes that the residues of one factor, or of the results, may take: several such buffers exist at once. */
const LARGEST_SCRATCH = 64 * 2 ** 20;

/**
 * Kernels of exact products of the same two tensors: measure how many bits the factors span, choose the moduli, and for
 * each product split the tensors into residues, multiply these, and round the integers that they stand for. Which
 * moduli are needed is known only on the device, so that buffers are as large as for all.
 */
export function exactProductKernels(
  context: Pick<KernelContext<unknown>, 'capabilities' | 'scratch'>,
  a: Operand,
  b: Operand,
  powers: Operand,
  y: Operand,
  products: readonly ExactProduct[],
): KernelCall[] {
  const { scratch } = context;
  const plan = scratch({ shape: [8], dtype: 'u32' });
  const depth = Math.max(...products.map((product) => product.depth));
  const shared = sharedScratch(scratch);
  return [
    ...rangeKernels({ a, b, plan, depth, scratch }),
    ...products.flatMap((product) =>
      productKernels({ ...context, scratch: shared() }, { a, b, powers, y, plan }, product),
    ),
  ];
}

/** Scratch memory that products use one after the other: the n-th that one asks for is that of the others, if it is of one type. */
function sharedScratch(scratch: Scratch): () => Scratch {
  const reserved = new Map<string, Operand>();
  return () => {
    let count = 0;
    return (type) => {
      const key = `${count++} ${describe(type)}`;
      const operand = reserved.get(key) ?? scratch(type);
      reserved.set(key, operand);
      return operand;
    };
  };
}

function productKernels(
  { capabilities, scratch }: Pick<KernelContext<unknown>, 'capabilities' | 'scratch'>,
  { a, b, powers, y, plan }: Record<'a' | 'b' | 'powers' | 'y' | 'plan', Operand>,
  product: ExactProduct,
): KernelCall[] {
  const { a: aMatrix, b: bMatrix, depth } = product;
  const calls: KernelCall[] = [];
  const layouts = [layoutOf(aMatrix, depth), layoutOf(bMatrix, depth)] as const;
  const most = Math.max(layouts[0].words, layouts[1].words);
  // Moduli whose residues exist at a time.
  const together = Math.min(COUNT, Math.max(4, Math.floor(LARGEST_SCRATCH / (16 * most)) * 4));
  const factors = ([0, 1] as const).map((which) => {
    const { words } = layouts[which];
    return {
      residues: scratch({ shape: [together, words], dtype: 'u32' }),
      low: scratch({ shape: [2, words], dtype: 'u32' }),
    };
  });

  // Columns of one part, whose products fit into a scratch buffer.
  const subgroups = capabilities.subgroupsOf8;
  const TILE_ROWS = tileRows(aMatrix.length, subgroups);
  const rows = upTo(aMatrix.length, TILE_ROWS);
  const partRows = Math.min(rows, 1024);
  const fitting = Math.floor(LARGEST_SCRATCH / (2 * COUNT * partRows * TILE_COLUMNS)) * TILE_COLUMNS;
  const partColumns = Math.min(upTo(bMatrix.length, TILE_COLUMNS), fitting);
  const residues = scratch({ shape: [COUNT, (partRows * partColumns) / 2], dtype: 'u32' });
  const low = scratch({ shape: [partRows * partColumns], dtype: 'u32' });

  const splitKernel = (which: 0 | 1, first: number): KernelCall => {
    const { steps, extent, base = 0 } = which === 0 ? aMatrix : bMatrix;
    return {
      shader: splitShader,
      entry: 'split',
      constants: splitConstants,
      bind: { x: which === 0 ? a : b, plan, powers, ...factors[which] },
      sizes: {
        ...layouts[which].split,
        extent,
        steps,
        base,
        factor: which,
        firstModulus: first,
        moduli: together,
      },
      grid: gridOver(layouts[which].words),
      auxiliary: true,
    };
  };

  const whole = together === COUNT;
  if (whole) calls.push(splitKernel(0, 0), splitKernel(1, 0));
  for (let row = 0; row < rows; row += partRows) {
    const paddedRows = Math.min(partRows, rows - row);
    for (let column = 0; column < bMatrix.length; column += partColumns) {
      const paddedColumns = Math.min(partColumns, upTo(bMatrix.length - column, TILE_COLUMNS));
      const productKernel = (first: number, WRAP: 0 | 1): KernelCall => ({
        shader: productShader,
        entry: 'multiply',
        constants: { ...constants, WRAP, TILE_ROWS, SUBGROUP: Number(subgroups) },
        bind:
          WRAP === 1
            ? { plan, a: factors[0].low, b: factors[1].low, output: low }
            : { plan, a: factors[0].residues, b: factors[1].residues, output: residues },
        sizes: {
          aLane: layouts[0].lane,
          bLane: layouts[1].lane,
          aLast: layouts[0].last,
          bLast: layouts[1].last,
          aSteps: layouts[0].steps,
          bSteps: layouts[1].steps,
          kLengths: aMatrix.kLengths,
          words: Math.ceil(layouts[0].split.outerK / 2) * aMatrix.kLengths[0] * aMatrix.kLengths[1],
          rows: aMatrix.length,
          columns: bMatrix.length,
          firstRow: row,
          firstColumn: column,
          paddedRows,
          paddedColumns,
          firstModulus: first,
        },
        grid: [...foldedGrid((paddedRows / TILE_ROWS) * (paddedColumns / TILE_COLUMNS)), WRAP === 1 ? 1 : together],
      });
      for (let first = 0; first < COUNT; first += together) {
        if (!whole) calls.push(splitKernel(0, first), splitKernel(1, first));
        calls.push(productKernel(first, 0));
        if (first === 0) calls.push({ ...productKernel(0, 1), auxiliary: true });
      }
      const here = {
        rows: Math.min(paddedRows, aMatrix.length - row),
        columns: Math.min(paddedColumns, bMatrix.length - column),
      };
      calls.push({
        shader: roundShader,
        entry: 'reconstruct',
        constants: roundConstants,
        bind: { plan, low, residues, a, b, y },
        sizes: {
          ...places(product),
          ...here,
          paddedRows,
          paddedColumns,
          firstRow: row,
          firstColumn: column,
        },
        grid: gridOver(here.rows * here.columns),
        auxiliary: true,
      });
    }
  }
  calls.push(longKernel({ plan, a, b, y }, product));
  return calls;
}

/** Where `plan` says that the numbers span too many bits: sums in a long accumulator. */
export function longKernel(bind: KernelCall['bind'], product: ExactProduct): KernelCall {
  const [rows, columns] = [product.a.length, product.b.length];
  return {
    shader: longShader,
    entry: 'sum_long',
    bind,
    sizes: { ...places(product), rows, columns },
    // A fixed number of invocations, that end at once nearly always: each has a long accumulator.
    grid: [Math.min(64, Math.ceil((rows * columns) / 64))],
    auxiliary: true,
  };
}

/** Where kernels find the elements of a product. */
const places = ({ a, b, depth, output: { base = 0, rowStep, lengths, steps } }: ExactProduct) => ({
  aView: viewOf(a),
  bView: viewOf(b),
  targetLengths: lengths,
  targetSteps: [...steps, rowStep],
  targetBase: base,
  depth,
});
