import { type SurvivalModel, survivalModel } from '../../survival/index.ts';
import type { CoefficientLine, Ratio, SurvivalSection } from '../document.ts';

/** The time ratio of a line, or the hazard ratio where the model is one of hazards; null for intercepts and shapes. */
export const ratioOf = ({ timeRatio, hazardRatio }: CoefficientLine): Ratio | null => timeRatio ?? hazardRatio ?? null;

/** What the ratios of a section's coefficients are; all that `auto` chooses from tells time ratios. */
export function ratioKind({ model }: Pick<SurvivalSection, 'model'>): SurvivalModel['ratio'] {
  return model === 'auto' ? 'time ratio' : survivalModel(model).ratio;
}
