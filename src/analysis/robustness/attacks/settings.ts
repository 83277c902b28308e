import { InputError } from '../../../base/errors.ts';
import type { NormName } from '../norms.ts';
import { type AttackName, type AttackParameters, attackKind, snakeCase } from './parameters.ts';

/** What can be told to an attack; each takes some of it (`settingsTaken`). */
export interface AttackSettings extends Partial<AttackParameters> {
  /** How distance is measured: L∞, L1, L2, or `0`, which counts pixels. */
  readonly norm?: NormName | '0';
  /** Largest distance from the original, in units of the pixel range [0, 1]. */
  readonly eps?: number;
  /** Length of a step, likewise. */
  readonly epsStep?: number;
  /** Pixels of the Pixel attack, grey levels of the Threshold attack. */
  readonly th?: number;
}

export type SettingName = keyof AttackSettings;

/**
 * The radius of the ball where none is given. L∞ and L2 are those of RobustBench on CIFAR-10 (Croce et al., arXiv 2010.09670), L1
 * that of Croce and Hein (arXiv 2103.01208) on the same data set. On MNIST an L∞ of 0.3 is usual (Madry et al., arXiv 1706.06083).
 */
export const DEFAULT_EPS: Readonly<Record<NormName, number>> = { inf: 8 / 255, '1': 12, '2': 0.5 };

/** The names of all that an attack can be told. Every attack takes a norm, if only its own. */
export function settingsTaken(name: AttackName): readonly SettingName[] {
  const { strength, stepped, defaults } = attackKind(name);
  return [
    'norm',
    ...(strength === 'eps' || strength === 'optional eps' ? (['eps'] as const) : []),
    ...(strength === 'th' ? (['th'] as const) : []),
    ...(stepped ? (['epsStep'] as const) : []),
    ...(Object.keys(defaults) as (keyof AttackParameters)[]),
  ];
}

const listed = (words: readonly string[], last: string): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;

/**
 * All that an attack runs with: what was given, and defaults for the rest. Without `eps` an attack that can do without goes as far as
 * it must; another takes `DEFAULT_EPS` of its norm. A step is a quarter of eps.
 * @param spell how a message writes the name of a setting: as study files do unless given
 * @throws InputError when the attack does not measure in the norm, or does not take a setting that is given
 */
export function completeSettings(
  name: AttackName,
  settings: AttackSettings,
  spell: (setting: SettingName) => string = snakeCase,
): AttackSettings & { readonly norm: NormName | '0' } {
  const { strength, norms, stepped, defaults } = attackKind(name);
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  const taken = settingsTaken(name);
  const strange = (Object.keys(given) as SettingName[]).filter((setting) => !taken.includes(setting));
  if (strange.length > 0)
    throw new InputError(
      `${name} takes no ${listed(strange.map(spell), 'and no')}; it takes ${listed(taken.map(spell), 'and')}`,
    );
  const { norm = norms[0] } = settings;
  if (!norms.includes(norm)) throw new InputError(`${name}: the norm is ${norm}; it must be ${listed(norms, 'or')}`);
  const eps = settings.eps ?? (strength === 'eps' ? DEFAULT_EPS[norm as NormName] : undefined);
  return {
    norm,
    ...(eps === undefined ? {} : { eps }),
    ...(eps !== undefined && stepped ? { epsStep: eps / 4 } : {}),
    ...(strength === 'th' ? { th: 1 } : {}),
    ...defaults,
    ...given,
  };
}
