import type { VariantContext } from '../../graph/op.ts';
import { chosenFrom, type Variant } from '../../kernels/variants.ts';
import { isBatchNormInference } from '../batchNorm/batchNorm.ts';
import { depthwise, depthwiseByWeight, depthwiseFits, depthwiseTransposed, isDepthwise } from './depthwise.ts';
import { type GroupedAttributes, type GroupedGeometry, groupedGeometry } from './groupedGeometry.ts';
import { groupedOuter, groupedTaps, groupedTapsTransposed } from './groupedTaps.ts';

type Context = VariantContext<GroupedAttributes>;
type Row = Variant<GroupedAttributes, GroupedGeometry>;

const depthwiseApplies = (g: GroupedGeometry) => isDepthwise(g) && depthwiseFits(g);

const table = (depthwiseRow: Omit<Row, 'name'>, kernels: Row['kernels']): readonly Row[] => [
  { name: 'depthwise', ...depthwiseRow },
  { name: 'taps', applies: () => true, kernels },
];

const forwardGeometry = ({ inputs: [x, weight], attributes }: Context) => groupedGeometry(x, weight, attributes);

/** How a convolution by groups, its gradient by input and that by weight are computed. */
export const groupedForward = chosenFrom(
  table(
    {
      applies: depthwiseApplies,
      // The kernel normalises numbers of f32.
      epilogue: (after) => after.dtype === 'f32' && isBatchNormInference(after),
      kernels: depthwise,
    },
    groupedTaps,
  ),
  forwardGeometry,
);
export const groupedInputGradient = chosenFrom(
  table(
    { applies: (g) => depthwiseApplies(g) && g.groupOutChannels === 1, kernels: depthwiseTransposed },
    groupedTapsTransposed,
  ),
  ({ inputs: [, weight], output, attributes }) => groupedGeometry(output, weight, attributes),
);
export const groupedWeightGradient = chosenFrom(
  table({ applies: depthwiseApplies, kernels: depthwiseByWeight }, groupedOuter),
  ({ inputs: [x], output, attributes }) => groupedGeometry(x, output, attributes),
);
