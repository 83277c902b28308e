import { type AttackSpec, attackNamed, completeSettings } from '../../robustness/index.ts';
import { epsOf, normOf } from './strength.ts';
import type { AttackTrial } from './trial.ts';

/** The attack that finds nothing but by chance. */
const CONTROL = 'random-noise';

/**
 * The control of an attack (Carlini et al., arXiv 1902.06705, on random search near the image): random points of the ball
 * that it may go to, as few as `random-noise` takes by itself.
 * @returns null where it has none: an attack that goes as far as it must, one that counts pixels, and noise itself
 */
export function controlOf(attack: AttackSpec): AttackSpec | null {
  const [eps, norm] = [epsOf(attack), normOf(attack)];
  if (eps === null || norm === '0' || attack.name === CONTROL) return null;
  const { expectationSamples } = attack;
  const draws = expectationSamples === undefined ? {} : { expectationSamples };
  return { name: CONTROL, ...draws, ...completeSettings(attackNamed(CONTROL), { norm, eps }) } as AttackSpec;
}

/** Attacks of one ball have one control. */
const ball = (attack: AttackSpec): string =>
  JSON.stringify([normOf(attack), epsOf(attack), attack.expectationSamples ?? 1]);

/** The controls of the attacks on one target, each once; noise that the study lists itself is not given again. */
export function controlsOf(attacks: readonly AttackTrial[]): AttackTrial[] {
  const known = new Set(attacks.flatMap(({ attack }) => (attack.name === CONTROL ? [ball(attack)] : [])));
  return attacks.flatMap((trial): AttackTrial[] => {
    const attack = controlOf(trial.attack);
    if (attack === null || known.has(ball(attack))) return [];
    known.add(ball(attack));
    return [{ ...trial, attack, control: true }];
  });
}

/** The trial that an attack on the same target is compared with, among some; undefined where there is none. */
export function controlFor<T extends { readonly trial: AttackTrial }>(
  { attack }: AttackTrial,
  onTarget: readonly T[],
): T | undefined {
  const control = controlOf(attack);
  if (control === null) return undefined;
  return onTarget.find(({ trial }) => trial.attack.name === CONTROL && ball(trial.attack) === ball(control));
}
