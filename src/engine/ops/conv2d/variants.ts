import type { KernelCall, KernelContext, KernelOp, VariantContext } from '../../graph/op.ts';
import { chosenFrom, type Variant } from '../../kernels/variants.ts';
import { BLOCKS, type Block, preferredBlockFor } from '../matmul/blocks.ts';
import {
  columnsFit,
  finishesColumns,
  forwardByColumns,
  inputGradientByColumns,
  isProduct,
  weightGradientByColumns,
} from './columns.ts';
import {
  bands,
  bandsFit,
  type ConvolutionOperands,
  exchanged,
  forwardTaps,
  residueClasses,
  rows,
  stride2,
  stride2Fits,
  stride2Pays,
  type TapKernel,
  tap,
  transposed,
} from './direct.ts';
import { isFinished } from './finished.ts';
import { type Conv2dAttributes, type Geometry, geometry, is3x3, taps } from './geometry.ts';
import { sharedForward, sharedInputGradient } from './shared.ts';
import { sharedWeightGradient } from './sharedWeight.ts';
import { outer, window } from './weight.ts';
import {
  winograd,
  winogradFits,
  winogradPays,
  winogradPaysByWeight,
  winogradPaysForward,
  winogradPaysInF32x2,
  winogradWeightGradient,
} from './winograd.ts';

type Context = VariantContext<Conv2dAttributes>;
type Kernels = (g: Geometry, context: KernelContext<Conv2dAttributes>) => ReturnType<Row['kernels']>;
type Row = Variant<Conv2dAttributes, Geometry>;

/** Tiles in workgroup memory, for each block of sums. @param sizeOf rows and columns of the sums that are computed */
const sharedVariants = (
  sizeOf: (g: Geometry) => readonly [rows: number, columns: number],
  kernels: (g: Geometry, context: KernelContext<Conv2dAttributes>, block: Block) => readonly KernelCall[],
): readonly Row[] =>
  BLOCKS.map((block) => ({
    name: block.name,
    applies: (_, { capabilities }) => capabilities.fastWorkgroupMemory,
    preferred: (g) => preferredBlockFor(sizeOf(g)) === block,
    kernels: (g, context) => kernels(g, context, block),
  }));

const withSubgroups = ({ capabilities }: Context) => capabilities.subgroupsOf8;
const columnsApply = (g: Geometry, { output, capabilities }: Context) => columnsFit(g, output.dtype, capabilities);
const winogradApplies = (g: Geometry, { output, capabilities }: Context) =>
  is3x3(g) && winogradFits(g, output.dtype, capabilities);
/** By rows, or bands of them. */
const rowsApply = (g: Geometry, context: Context) => withSubgroups(context) && is3x3(g);
/** Lanes are channels: eight of them. */
const windowFits = (g: Geometry) => is3x3(g) && g.channels % 8 === 0;

const forwardBy =
  (forward: typeof rows): Kernels =>
  (g, { inputs: [x, weight], output }) => [forward(g, { x, weight, output })];

const forwardByTaps =
  (kernel: TapKernel): Kernels =>
  (g, { inputs: [x, weight], output }) => [
    tap(kernel, { x, weight, output }, forwardTaps(g), g.channels, g.outChannels),
  ];

const pixels = ({ images, outHeight, outWidth }: Geometry) => images * outHeight * outWidth;

const forwardVariants: readonly Row[] = [
  ...sharedVariants((g) => [g.outChannels, pixels(g)], sharedForward),
  {
    name: 'winograd',
    applies: winogradApplies,
    preferred: winogradPaysForward,
    epilogue: isFinished,
    kernels: (g, { inputs: [x, weight], output, scratch }) => winograd(g, x, weight, output, false, scratch),
  },
  {
    name: 'stride2',
    applies: (g, context) => withSubgroups(context) && stride2Fits(g),
    preferred: stride2Pays,
    epilogue: isFinished,
    kernels: forwardBy(stride2),
  },
  {
    name: 'columns',
    applies: (g, context) => columnsApply(g, context) && g.outChannels % 4 === 0,
    // 3×3 with stride 1 would copy the input nine times, which matters for many channels only.
    // A 1×1 convolution without a stride is a product of the input as it lies, which pays from half a tile's rows on.
    preferred: (g) => (!is3x3(g) || g.channels < 8) && g.outChannels >= (isProduct(g) ? 16 : 32),
    epilogue: finishesColumns,
    kernels: forwardByColumns,
  },
  {
    name: 'bands',
    applies: (g, context) => rowsApply(g, context) && bandsFit(g),
    epilogue: isFinished,
    kernels: forwardBy(bands),
  },
  {
    name: 'rows',
    applies: rowsApply,
    epilogue: isFinished,
    kernels: forwardBy(rows),
  },
  { name: 'tap', applies: (_, context) => withSubgroups(context), kernels: forwardByTaps('subgroup') },
  { name: 'portable', applies: () => true, kernels: forwardByTaps('portable') },
];

const inputGradientByTaps =
  (kernel: TapKernel): Kernels =>
  (g, { inputs: [gradient, weight], output, scratch }) => {
    const weights = transposed(g, weight, scratch);
    const operands: ConvolutionOperands = { x: gradient, weight: weights.weight, output };
    const calls = residueClasses(g).map((sizes) => tap(kernel, operands, sizes, g.outChannels, g.channels));
    return [weights.call, ...calls];
  };

const inputGradientBy =
  (forward: typeof rows): Kernels =>
  (g, { inputs: [gradient, weight], output, scratch }) => {
    const weights = transposed(g, weight, scratch, true);
    return [weights.call, forward(exchanged(g), { x: gradient, weight: weights.weight, output })];
  };

const inputGradientVariants: readonly Row[] = [
  ...sharedVariants((g) => [g.channels, (g.images * g.height * g.width) / g.stride ** 2], sharedInputGradient),
  {
    name: 'winograd',
    applies: winogradApplies,
    preferred: winogradPays,
    kernels: (g, { inputs: [gradient, weight], output, scratch }) =>
      winograd(exchanged(g), gradient, weight, output, true, scratch),
  },
  {
    name: 'columns',
    applies: (g, context) => columnsApply(g, context) && g.channels % 4 === 0,
    preferred: (g) => !is3x3(g),
    kernels: inputGradientByColumns,
  },
  {
    name: 'bands',
    applies: (g, context) => rowsApply(g, context) && bandsFit(exchanged(g)),
    kernels: inputGradientBy(bands),
  },
  {
    name: 'rows',
    applies: rowsApply,
    kernels: inputGradientBy(rows),
  },
  { name: 'tap', applies: (_, context) => withSubgroups(context), kernels: inputGradientByTaps('subgroup') },
  { name: 'portable', applies: () => true, kernels: inputGradientByTaps('portable') },
];

const outerProduct =
  (kernel: TapKernel): Kernels =>
  (g, context) =>
    outer(g, context, kernel);

const weightGradientVariants: readonly Row[] = [
  ...sharedVariants((g) => [g.outChannels, g.channels * taps(g)], sharedWeightGradient),
  {
    name: 'winograd',
    applies: winogradApplies,
    preferred: winogradPaysByWeight,
    kernels: (g, { inputs: [x, gradient], output, scratch }) => winogradWeightGradient(g, x, gradient, output, scratch),
  },
  {
    name: 'columns',
    applies: (g, context) => columnsApply(g, context) && g.outChannels % 4 === 0,
    // Both operands are transposed: not worth it for few channels.
    preferred: (g) => Math.min(g.channels, g.outChannels) >= 64 && (taps(g) > 1 || g.stride === 1 || g.channels >= 256),
    kernels: weightGradientByColumns,
  },
  { name: 'window', applies: (g, context) => withSubgroups(context) && windowFits(g), kernels: window },
  { name: 'outer', applies: (_, context) => withSubgroups(context), kernels: outerProduct('subgroup') },
  { name: 'portable', applies: () => true, kernels: outerProduct('portable') },
];

/**
 * The variants that there are for f32x2. Products cost so much more than in f32 that what saves some pays sooner, and
 * copies cost little.
 */
const preferredInF32x2: Readonly<Record<string, (g: Geometry) => boolean>> = {
  winograd: winogradPaysInF32x2,
  columns: () => true,
  portable: () => true,
};

const inF32x2 = (table: readonly Row[]): readonly Row[] =>
  table
    .filter(({ name }) => name in preferredInF32x2)
    .map((row) => ({ ...row, preferred: preferredInF32x2[row.name] }));

type Methods = Required<Pick<KernelOp<Conv2dAttributes>, 'variants' | 'kernel' | 'epilogue'>>;

function methods(table: readonly Row[], describe: (context: Context) => Geometry): Methods {
  const f32 = chosenFrom(table, describe);
  const f32x2 = chosenFrom(inF32x2(table), describe);
  const of = ({ output }: Context) => (output.dtype === 'f32x2' ? f32x2 : f32);
  return {
    variants: (context) => of(context).variants(context),
    kernel: (context) => of(context).kernel(context),
    epilogue: (after, context) => of(context).epilogue(after, context),
  };
}

/** How the forward pass, the gradient by input and that by weight are computed. */
export const forwardKernels: Methods = methods(forwardVariants, ({ inputs: [x, weight], attributes }) =>
  geometry(x, weight, attributes),
);
export const inputGradientKernels: Methods = methods(
  inputGradientVariants,
  ({ inputs: [, weight], output, attributes }) => geometry(output, weight, attributes),
);
export const weightGradientKernels: Methods = methods(weightGradientVariants, ({ inputs: [x], output, attributes }) =>
  geometry(x, output, attributes),
);
