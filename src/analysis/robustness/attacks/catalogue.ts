import type { Classifier } from '../classifier/classifier.ts';
import { autoAttack, randomAutoAttack } from './composite/autoAttack.ts';
import { sparseBest } from './composite/sparseBest.ts';
import {
  type Attack,
  type AttackedImages,
  completeSettings,
  type RunSettings,
  type SettingsOf,
} from './defineAttack.ts';
import { apgdCrossEntropy, apgdDlr, apgdTargeted } from './gradient/apgd.ts';
import { bim } from './gradient/bim.ts';
import { fgm } from './gradient/fgm.ts';
import { mifgsm } from './gradient/mifgsm.ts';
import { minimalFgm } from './gradient/minimalFgm.ts';
import { pgd } from './gradient/pgd.ts';
import { alma } from './minimum/alma.ts';
import { brendelBethge } from './minimum/brendelBethge.ts';
import { carliniL0 } from './minimum/carliniL0.ts';
import { carliniL2 } from './minimum/carliniL2.ts';
import { carliniLinf } from './minimum/carliniLinf.ts';
import { ddn } from './minimum/ddn.ts';
import { deepFool } from './minimum/deepFool.ts';
import { ead } from './minimum/ead.ts';
import { fab } from './minimum/fab.ts';
import { fmn } from './minimum/fmn.ts';
import { pdgd } from './minimum/pdgd.ts';
import { pdpgd } from './minimum/pdpgd.ts';
import { sigmaZero } from './minimum/sigmaZero.ts';
import { superDeepFool } from './minimum/superDeepFool.ts';
import { boundary } from './query/boundary.ts';
import { geoda } from './query/geoda.ts';
import { hopSkipJump } from './query/hopSkipJump.ts';
import { pixelAttack } from './query/pixelAttack.ts';
import { rays } from './query/rays.ts';
import { square } from './query/square.ts';
import { surfree } from './query/surfree.ts';
import { thresholdAttack } from './query/thresholdAttack.ts';
import { randomNoise } from './randomNoise.ts';
import type { AttackOutcome } from './run/attack.ts';
import type { Samples } from './run/batch.ts';

/** Every attack. */
export const ATTACKS = [
  fgm,
  minimalFgm,
  pgd,
  bim,
  mifgsm,
  apgdCrossEntropy,
  apgdDlr,
  apgdTargeted,
  fab,
  square,
  autoAttack,
  randomAutoAttack,
  sparseBest,
  randomNoise,
  deepFool,
  superDeepFool,
  ddn,
  fmn,
  pdgd,
  pdpgd,
  alma,
  sigmaZero,
  brendelBethge,
  carliniL2,
  carliniLinf,
  carliniL0,
  ead,
  hopSkipJump,
  boundary,
  geoda,
  surfree,
  rays,
  pixelAttack,
  thresholdAttack,
] as const;

type AnyAttack = (typeof ATTACKS)[number];

export type AttackName = AnyAttack['name'];

export const ATTACK_NAMES: readonly AttackName[] = ATTACKS.map(({ name }) => name);

const byName: ReadonlyMap<string, Attack> = new Map(ATTACKS.map((attack): [string, Attack] => [attack.name, attack]));

/** An attack by its name. */
export const attackNamed = (name: AttackName): Attack => byName.get(name) as Attack;

type KeysOf<U> = U extends unknown ? keyof U : never;

/** Objects of a union, each without the keys that only others of it have. */
type Exclusive<U, Keys extends PropertyKey = KeysOf<U>> = U extends unknown
  ? U & { readonly [K in Exclude<Keys, keyof U>]?: undefined }
  : never;

type SpecOf<A> = A extends { readonly name: infer Name }
  ? { readonly name: Name; readonly expectationSamples?: number } & Partial<SettingsOf<A>>
  : never;

/**
 * An attack with its settings: `{ name: 'pgd', norm: 'inf', eps: 0.1, epsStep: 0.025, maxIter: 10, … }`. A study writes out all that the
 * attack takes, but for the norm where it has only one; results from elsewhere tell less. `eps` and `epsStep` are in units of the pixel
 * range [0, 1]; `th` is pixels or grey levels. `expectationSamples` are the draws that all that is asked is the mean of; left out, there
 * is one, as on every defence that is not random.
 */
export type AttackSpec = Exclusive<SpecOf<AnyAttack>>;

/** What a key has in those objects of a union that have it. */
type ValueAt<U, K extends PropertyKey> = U extends { readonly [key in K]?: infer V } ? V : never;

/** What can be set of any attack; each takes some of it. */
export type AttackSettings = {
  readonly [K in KeysOf<SettingsOf<AnyAttack>>]?: ValueAt<SettingsOf<AnyAttack>, K>;
};

/**
 * Attacks samples by the attack of a name, with its defaults for what is not set.
 * @throws InputError when it does not take a setting, or a setting, an option or a pixel is out of range
 */
export const runNamed = (
  name: AttackName,
  classifier: Classifier,
  samples: Samples,
  settings: RunSettings & AttackSettings,
): Promise<AttackOutcome> => attackNamed(name).run(classifier, samples, settings);

/** Most forward passes of an attack for an image that holds out to the end; a backward pass counts for two. */
export function passesOf({ name, expectationSamples: _, ...settings }: AttackSpec, images: AttackedImages): number {
  const attack = attackNamed(name);
  return attack.passes(completeSettings(attack, settings), images);
}
