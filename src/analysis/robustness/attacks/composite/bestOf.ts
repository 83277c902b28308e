import { InputError } from '../../../../base/errors.ts';
import { listed } from '../../../../base/parameter.ts';
import type { Classifier } from '../../classifier/classifier.ts';
import { type AttackName, attackNamed } from '../catalogue.ts';
import type { AnySettings, RunSettings } from '../defineAttack.ts';
import { type AttackOutcome, attackSamples } from '../run/attack.ts';
import type { Batch, Samples } from '../run/batch.ts';
import { sequence } from './sequence.ts';

/** One of several attacks, with all that it runs with. */
export interface ChosenAttack {
  readonly name: AttackName;
  readonly settings: AnySettings;
}

/** What several attacks come to together. */
export interface BestOfOutcome extends AttackOutcome {
  /** The attack that broke each sample, in the order of the records; null where none did. */
  readonly brokenBy: readonly (AttackName | null)[];
}

/**
 * Several attacks as one: each is given the samples that withstood those before, and every sample has one record, whose costs add up over
 * the attacks that it met. Budgets hold over all of them. An attack that looks for the nearest adversarial image succeeds where this lies
 * within the radius of the others; where no attack has a radius, at any distance.
 * @throws InputError when attacks measure in several norms or have several radii, or an option or a pixel is out of range
 */
export async function bestOf(
  classifier: Classifier,
  samples: Samples,
  chosen: readonly ChosenAttack[],
  { seed = 0, ...options }: Omit<RunSettings, 'resume' | 'onSave' | 'watch'> = {},
): Promise<BestOfOutcome> {
  const { norm, radius } = commonBall(chosen);
  let lastSteps: readonly number[] = [];
  const stagesOf = (batch: Batch) =>
    chosen.map((attack) => ({
      method: attackNamed(attack.name).method(classifier, batch, { ...attack.settings, seed }),
      ...(radius !== null && radiusOf(attack) === null && { within: { norm, radius } }),
    }));
  const outcome = await attackSamples(classifier, samples, options, radius ?? 0, (batch) => {
    const stages = stagesOf(batch);
    lastSteps = stages.map((_, i) => stages.slice(0, i + 1).reduce((sum, { method }) => sum + method.steps, 0));
    return sequence(stages, classifier.shape);
  });
  const brokenBy = outcome.records.map(({ firstStep }) =>
    firstStep === null ? null : chosen[lastSteps.findIndex((last) => firstStep <= last)].name,
  );
  return { ...outcome, brokenBy };
}

/**
 * The norm in which all of some attacks measure, and their radius; null where none has one.
 * @throws InputError when they have several of either
 */
export function commonBall(chosen: readonly ChosenAttack[]): {
  readonly norm: AnySettings['norm'];
  readonly radius: number | null;
} {
  const norms = [...new Set(chosen.map(({ settings }) => settings.norm))];
  if (norms.length > 1)
    throw new InputError(`best-of: the attacks measure in norms ${listed(norms, 'and')}; one norm must hold for all`);
  const radii = [...new Set(chosen.map(radiusOf))].filter((radius) => radius !== null);
  if (radii.length > 1)
    throw new InputError(
      `best-of: the attacks go as far as ${listed(radii.map(String), 'and')}; one distance must hold for all`,
    );
  return { norm: norms[0], radius: radii[0] ?? null };
}

/** How far an attack may go, in its norm; null where nothing limits it. */
export function radiusOf({ name, settings: { eps, th } }: ChosenAttack): number | null {
  if (th === undefined) return eps ?? null;
  return attackNamed(name).strength === 'grey levels' ? th / 255 : th;
}
