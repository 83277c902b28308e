import {
  type AttackEvaluation,
  type AttackName,
  attackNamed,
  type MaskingDiagnostic,
  maskingDiagnostics,
} from '../../robustness/index.ts';
import { canonicalJson, epsOf, normOf } from '../../study/index.ts';
import type { ConditionLabels } from '../rows/conditions.ts';
import type { FinishedAttack } from '../rows/finished.ts';

/** Attacks that follow the gradient in one direction. */
const ONE_STEP: ReadonlySet<AttackName> = new Set<AttackName>(['fgm', 'fgm-minimal']);

/** Looks for the signs of masked gradients among the attacks of a study and their controls. */
export const studyDiagnostics = (
  attacks: readonly FinishedAttack[],
  labels: Pick<ConditionLabels, 'trained' | 'defence' | 'attack'>,
): MaskingDiagnostic[] => maskingDiagnostics(attacks.map((each) => evaluated(each, labels)));

/** An attack as the checks of the whole evaluation see it. */
function evaluated(
  { trial, result }: FinishedAttack,
  labels: Pick<ConditionLabels, 'trained' | 'defence' | 'attack'>,
): AttackEvaluation {
  const { name, eps: _, th: _counted, epsStep: _step, maxIter, ...settings } = trial.attack;
  const oneStep = ONE_STEP.has(name) ? 'one step' : 'iterative';
  return {
    target: [labels.trained(trial.train), labels.defence(trial.defence), `seed ${trial.seed}`].join(', '),
    attack: labels.attack(trial.attack),
    settings: canonicalJson({ name, ...settings }),
    norm: normOf(trial.attack),
    eps: epsOf(trial.attack),
    steps: maxIter ?? null,
    gradients: attackNamed(name).asks === 'gradients' ? oneStep : null,
    isNoise: name === 'random-noise',
    samples: result.records.length,
    robustAccuracy: result.robustAccuracy,
  };
}
