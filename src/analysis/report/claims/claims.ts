import type { Encoding } from '../../study/index.ts';
import { survivalModel } from '../../survival/index.ts';
import type { ModelLine, TrashLine } from '../document.ts';
import type { StudyFit } from '../lines/survival.ts';
import type { FinishedAttack } from '../rows/finished.ts';
import type { Condition } from '../rows/rows.ts';
import { ATTACK_STATEMENTS, attackClaims, similarAccuracy } from './attacks.ts';
import { type ClaimLine, untestable } from './claim.ts';
import { costClaims } from './costs.ts';
import { DEFENCE_STATEMENTS, defenceClaims } from './defences.ts';
import { MODEL_STATEMENTS, modelClaims } from './models.ts';

/** What the claims are tested on. */
export interface Evidence {
  /** The model of all data sets together. */
  readonly study: StudyFit;
  readonly attacks: readonly FinishedAttack[];
  /** The conditions of every attack. */
  readonly conditions: readonly Condition[];
  readonly trash: readonly TrashLine[];
  readonly models: readonly ModelLine[];
  readonly encoding: Encoding;
}

/** The claims of Meyers et al., arXiv 2401.13751, each with its test, in the order in which a reader asks. */
export function testClaims({ study, attacks, conditions, trash, models, encoding }: Evidence): ClaimLine[] {
  const costs = costClaims(trash, models);
  return [
    ...costs.slice(0, 2),
    ...modelledClaims(study),
    similarAccuracy(attacks, conditions, encoding),
    ...costs.slice(2),
  ];
}

/** The claims about time ratios. */
function modelledClaims(study: StudyFit): ClaimLine[] {
  const without = (reason: string) =>
    [...DEFENCE_STATEMENTS, ...ATTACK_STATEMENTS, ...MODEL_STATEMENTS].map((statement) =>
      untestable(statement, reason),
    );
  const { fitted } = study;
  if (fitted === null) return without('no survival model could be fitted');
  if (fitted.kind === 'cox' || survivalModel(fitted.name).ratio !== 'time ratio')
    return without(`the study's survival model, ${fitted.name}, tells hazard ratios, and no time ratios`);
  const { fit } = fitted;
  return [...defenceClaims({ ...study, fit }), ...attackClaims({ ...study, fit }), ...modelClaims({ ...study, fit })];
}
