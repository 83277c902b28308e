import type { Classifier } from '../classifier/classifier.ts';
import { apgd } from './apgd.ts';
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
import type { ATTACKS, AttackName } from './parameters.ts';
import { pgd } from './pgd.ts';
import { pixelAttack } from './pixelAttack.ts';
import { randomNoise } from './randomNoise.ts';
import type { AttackOptions, AttackOutcome } from './run/attack.ts';
import type { Samples } from './run/batch.ts';
import { type AttackSettings, completeSettings } from './settings.ts';
import { square } from './square.ts';
import { thresholdAttack } from './thresholdAttack.ts';

/** An attack's own settings, which it must take, and what every attack is told: how it is run, its budget, its seed. */
export interface NamedSettings extends AttackOptions, AttackSettings {
  readonly seed: number;
}

/** The settings of an attack once its defaults are filled in, as `completeSettings` does. */
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
 * Runs an attack by its name, with its defaults (`completeSettings`) where the settings say nothing.
 * @throws InputError when the attack does not take a setting, or its value is out of range
 */
export async function runNamed(
  name: AttackName,
  classifier: Classifier,
  samples: Samples,
  { seed, batchSize, resume, onProgress, onSave, maxSeconds, maxQueries, maxGradients, ...settings }: NamedSettings,
): Promise<AttackOutcome> {
  const run = RUN[name] as (c: Classifier, s: Samples, o: object) => Promise<AttackOutcome>;
  const driver = { seed, batchSize, resume, onProgress, onSave, maxSeconds, maxQueries, maxGradients };
  return run(classifier, samples, { ...driver, ...completeSettings(name, settings) });
}
