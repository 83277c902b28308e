import { groupBy } from '../../../base/groupBy.ts';
import type { AdapterDescription } from '../../../engine/index.ts';
import { type AttackEvaluation, attackNamed, evaluationWarnings } from '../../robustness/index.ts';
import { canonicalJson, describeTrial, epsOf, type FinishedTrial, type Labels, normOf } from '../../study/index.ts';
import type { FinishedAttack } from '../rows/finished.ts';

/** What a reader should know before believing the figures: missing trials, several adapters, what attacks warned of, signs of weak ones. */
export function reportWarnings(
  finished: readonly FinishedTrial[],
  planned: number,
  attacks: readonly FinishedAttack[],
  labels: Labels,
): string[] {
  return [
    ...runWarnings(finished, planned, attacks, labels),
    ...evaluationWarnings(attacks.map((each) => evaluated(each, labels))),
  ];
}

/** An attack as the checks of the whole evaluation see it. */
function evaluated({ trial, result }: FinishedAttack, labels: Labels): AttackEvaluation {
  const { name, eps: _, th: _counted, epsStep: _step, maxIter, ...settings } = trial.attack;
  const seed = `seed ${trial.seed}`;
  return {
    target: [labels.trained(trial.train), labels.defence(trial.defence), seed].join(', '),
    attack: labels.attack(trial.attack),
    settings: canonicalJson({ name, ...settings }),
    norm: normOf(trial.attack),
    eps: epsOf(trial.attack),
    steps: maxIter ?? null,
    blackBox: attackNamed(name).blackBox,
    samples: result.records.length,
    robustAccuracy: result.robustAccuracy,
  };
}

function runWarnings(
  finished: readonly FinishedTrial[],
  planned: number,
  attacks: readonly FinishedAttack[],
  labels: Labels,
): string[] {
  const warnings: string[] = [];
  if (finished.length < planned) {
    warnings.push(`${planned - finished.length} of ${planned} trials are missing; run the study again to compute them`);
  }
  const adapters = [...new Set(finished.map(({ adapter }) => describeAdapter(adapter)))];
  if (adapters.length > 1) {
    warnings.push(
      `the trials ran on ${adapters.length} adapters (${adapters.join('; ')}): their seconds cannot be compared`,
    );
  }
  const all = attacks.flatMap(({ trial, result }) => result.warnings.map((warning) => ({ trial, warning })));
  // The same warning comes with other numbers from attack to attack; the report's attack lines hold them all.
  for (const alike of groupBy(all, ({ warning }) => warning.replace(/[0-9.]+/g, '#'))) {
    const [{ trial, warning }] = alike;
    const where = describeTrial(trial, labels);
    const others = alike.length > 1 ? `${alike.length} of ${attacks.length} attacks, the first of them ` : '';
    warnings.push(`${others}${where}: ${warning}`);
  }
  return warnings;
}

/** An adapter on one line. */
export function describeAdapter({ name, driver, backend, software }: AdapterDescription): string {
  return `${name}, ${driver}, ${backend}${software ? ', software' : ''}`;
}
