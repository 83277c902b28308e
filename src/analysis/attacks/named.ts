import { InputError } from '../../engine/errors.ts';
import type { Classifier } from '../classifier.ts';
import { apgd } from './apgd.ts';
import type { AttackOptions, AttackOutcome, Samples } from './attack.ts';
import { autoAttack } from './autoAttack.ts';
import { bim } from './bim.ts';
import { carliniL0 } from './carliniL0.ts';
import { carliniL2 } from './carliniL2.ts';
import { carliniLinf } from './carliniLinf.ts';
import { deepFool } from './deepFool.ts';
import { fab } from './fab.ts';
import { fgm } from './fgm.ts';
import { hopSkipJump } from './hopSkipJump.ts';
import { mifgsm } from './mifgsm.ts';
import type { NormName } from './norms.ts';
import { type ATTACKS, type AttackName, type AttackParameters, attackKind } from './parameters.ts';
import { pgd } from './pgd.ts';
import { pixelAttack } from './pixelAttack.ts';
import { randomNoise } from './randomNoise.ts';
import { square } from './square.ts';
import { thresholdAttack } from './thresholdAttack.ts';

/** What can be told to an attack by its name; each takes what it knows. */
export interface NamedSettings extends AttackOptions, Partial<AttackParameters> {
  /** L∞ unless given; attacks with a norm of their own pass it over. */
  readonly norm?: NormName;
  readonly eps?: number;
  readonly seed: number;
  /** A quarter of eps unless given. */
  readonly epsStep?: number;
  /** Pixels or grey levels of the Pixel and Threshold attacks, 1 unless given. */
  readonly th?: number;
}

/** The settings of an attack once its defaults are filled in; `runNamed` has checked that they are there. */
type Complete<N extends AttackName> = AttackOptions &
  (typeof ATTACKS)[N]['defaults'] & {
    readonly norm: Exclude<(typeof ATTACKS)[N]['norms'][number], '0'>;
    readonly eps: number;
    readonly epsStep: number;
    readonly th: number;
    readonly seed: number;
  };

type Run<N extends AttackName> = (
  classifier: Classifier,
  samples: Samples,
  settings: Complete<N>,
) => Promise<AttackOutcome>;

const RUN: { readonly [N in AttackName]: Run<N> } = {
  fgm,
  pgd,
  bim,
  mifgsm,
  'apgd-ce': (c, s, o) => apgd(c, s, { ...o, loss: 'cross-entropy', targets: 1 }),
  'apgd-dlr': (c, s, o) => apgd(c, s, { ...o, loss: 'dlr', targets: 1 }),
  'apgd-t': (c, s, o) => apgd(c, s, { ...o, loss: 'targeted-dlr' }),
  fab,
  square,
  autoattack: autoAttack,
  'random-noise': randomNoise,
  deepfool: deepFool,
  'carlini-l2': carliniL2,
  'carlini-linf': carliniLinf,
  'carlini-l0': carliniL0,
  hopskipjump: hopSkipJump,
  pixel: pixelAttack,
  threshold: thresholdAttack,
};

/**
 * Runs an attack by its name, with the defaults of `ATTACKS` where the settings say nothing.
 * @throws InputError when a setting is not one that the attack can have, or eps is missing
 */
export async function runNamed(
  name: AttackName,
  classifier: Classifier,
  samples: Samples,
  settings: NamedSettings,
): Promise<AttackOutcome> {
  const { strength, norms, defaults } = attackKind(name);
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  const { norm = 'inf', eps } = settings;
  if (norms.length > 1 && !norms.includes(norm))
    throw new InputError(`${name}: the norm is ${norm}; it must be ${norms.join(' or ')}`);
  if (strength === 'eps' && eps === undefined)
    throw new InputError(`${name}: eps is missing; give the largest distance, as 8/255`);
  const epsStep = eps === undefined ? undefined : eps / 4;
  const run = RUN[name] as (c: Classifier, s: Samples, o: object) => Promise<AttackOutcome>;
  return run(classifier, samples, { norm, epsStep, th: 1, ...defaults, ...given });
}
