import type { KernelContext, VariantContext } from '../../graph/op.ts';
import { chosenFrom, type Variant } from '../../kernels/variants.ts';
import { isBatchNormInference } from '../batchNorm/batchNorm.ts';
import { depthwise, depthwiseByWeight, depthwiseFits, depthwiseTransposed, isDepthwise } from './depthwise.ts';
import { isBiased } from './finished.ts';
import { type GroupedAttributes, type GroupedGeometry, groupedGeometry } from './groupedGeometry.ts';
import { groupedOuter, groupedTaps, groupedTapsTransposed, type Tiling } from './groupedTaps.ts';

type Context = VariantContext<GroupedAttributes>;
type Row = Variant<GroupedAttributes, GroupedGeometry>;
type Tiled = (
  g: GroupedGeometry,
  context: KernelContext<GroupedAttributes>,
  tiling: Tiling,
) => ReturnType<Row['kernels']>;

const depthwiseApplies = (g: GroupedGeometry) => isDepthwise(g) && depthwiseFits(g.rows, g.columns);

/** @param tiledName of the kernel for subgroups of 8, as `conv2d` calls it */
const table = (ofDepthwise: Omit<Row, 'name'>, tiledName: string, tiled: Tiled): readonly Row[] => [
  { name: 'depthwise', ...ofDepthwise },
  {
    name: tiledName,
    applies: (_, { capabilities }) => capabilities.subgroupsOf8,
    kernels: (g, context) => tiled(g, context, 'subgroup'),
  },
  { name: 'portable', applies: () => true, kernels: (g, context) => tiled(g, context, 'portable') },
];

const forwardGeometry = ({ inputs: [x, weight], attributes }: Context) => groupedGeometry(x, weight, attributes);

/** How a convolution by groups, its gradient by input and that by weight are computed. */
export const groupedForward = chosenFrom(
  table(
    {
      applies: depthwiseApplies,
      // The kernel normalises numbers of f32.
      epilogue: (after) => (after.dtype === 'f32' && isBatchNormInference(after)) || isBiased(after),
      kernels: depthwise,
    },
    'tap',
    groupedTaps,
  ),
  forwardGeometry,
);
export const groupedInputGradient = chosenFrom(
  table(
    { applies: (g) => depthwiseApplies(g) && g.groupOutChannels === 1, kernels: depthwiseTransposed },
    'tap',
    groupedTapsTransposed,
  ),
  ({ inputs: [, weight], output, attributes }) => groupedGeometry(output, weight, attributes),
);
export const groupedWeightGradient = chosenFrom(
  table({ applies: depthwiseApplies, kernels: depthwiseByWeight }, 'outer', groupedOuter),
  ({ inputs: [x], output, attributes }) => groupedGeometry(x, output, attributes),
);
