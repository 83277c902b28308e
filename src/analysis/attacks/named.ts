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
import { pgd } from './pgd.ts';
import { pixelAttack } from './pixelAttack.ts';
import { randomNoise } from './randomNoise.ts';
import { square } from './square.ts';
import { thresholdAttack } from './thresholdAttack.ts';

/** What can be told to an attack by its name; each takes what it knows. */
export interface NamedSettings extends AttackOptions {
  readonly norm: NormName;
  readonly eps: number;
  readonly seed: number;
  /** A quarter of eps unless given. */
  readonly epsStep?: number;
  /** The attack's own number unless given. */
  readonly maxIter?: number;
  /** Pixels or grey levels of the Pixel and Threshold attacks. */
  readonly th?: number;
  readonly nbGrads?: number;
}

type Named = (classifier: Classifier, samples: Samples, settings: NamedSettings) => Promise<AttackOutcome>;

/** Attacks that know only two of the norms. */
function twoNorms(attack: string, { norm }: NamedSettings): 'inf' | '2' {
  if (norm === '1') throw new InputError(`${attack}: the norm is 1; it must be inf or 2`);
  return norm;
}

const CARLINI = { confidence: 0, learningRate: 0.05 };
const stepOf = ({ eps, epsStep = eps / 4 }: NamedSettings) => epsStep;

const apgdWith =
  (attack: string, loss: 'cross-entropy' | 'dlr' | 'targeted-dlr'): Named =>
  (c, s, o) =>
    apgd(c, s, { ...o, norm: twoNorms(attack, o), loss, maxIter: o.maxIter ?? 100, numRandomInit: 1, targets: 9 });

const NAMED = {
  fgm: (c, s, o) => fgm(c, s, o),
  pgd: (c, s, o) => pgd(c, s, { ...o, epsStep: stepOf(o), maxIter: o.maxIter ?? 10, numRandomInit: 1 }),
  bim: (c, s, o) => bim(c, s, { ...o, epsStep: stepOf(o), maxIter: o.maxIter ?? 10 }),
  mifgsm: (c, s, o) => mifgsm(c, s, { ...o, epsStep: stepOf(o), maxIter: o.maxIter ?? 10, decay: 1 }),
  'apgd-ce': apgdWith('apgd-ce', 'cross-entropy'),
  'apgd-dlr': apgdWith('apgd-dlr', 'dlr'),
  'apgd-t': apgdWith('apgd-t', 'targeted-dlr'),
  fab: (c, s, o) => fab(c, s, { ...o, maxIter: o.maxIter ?? 100, numRestarts: 1, targets: 0 }),
  square: (c, s, o) => square(c, s, { ...o, norm: twoNorms('square', o), maxIter: o.maxIter ?? 5000, pInit: 0.8 }),
  autoattack: (c, s, o) =>
    autoAttack(c, s, { ...o, norm: twoNorms('autoattack', o), maxIter: o.maxIter ?? 100, squareIter: 5000 }),
  'random-noise': (c, s, o) => randomNoise(c, s, { ...o, maxIter: o.maxIter ?? 10 }),
  deepfool: (c, s, o) => deepFool(c, s, { ...o, maxIter: o.maxIter ?? 100, epsilon: 1e-6, nbGrads: o.nbGrads ?? 10 }),
  'carlini-l2': (c, s, o) =>
    carliniL2(c, s, { ...o, ...CARLINI, maxIter: o.maxIter ?? 100, initialConst: 1, binarySearchSteps: 5 }),
  'carlini-linf': (c, s, o) =>
    carliniLinf(c, s, {
      ...o,
      ...CARLINI,
      maxIter: o.maxIter ?? 20,
      initialConst: 0.1,
      largestConst: 20,
      decreaseFactor: 0.9,
      constFactor: 2,
      rounds: 30,
    }),
  'carlini-l0': (c, s, o) =>
    carliniL0(c, s, {
      ...o,
      ...CARLINI,
      learningRate: 0.1,
      maxIter: o.maxIter ?? 20,
      initialConst: 1,
      largestConst: 1000,
      rounds: 30,
    }),
  hopskipjump: (c, s, o) =>
    hopSkipJump(c, s, {
      ...o,
      norm: twoNorms('hopskipjump', o),
      maxIter: o.maxIter ?? 50,
      initEval: 100,
      maxEval: 10000,
      initSize: 100,
    }),
  pixel: (c, s, o) => pixelAttack(c, s, { ...o, th: o.th ?? 1, es: 'de', maxIter: o.maxIter ?? 100 }),
  threshold: (c, s, o) => thresholdAttack(c, s, { ...o, th: o.th ?? 1, es: 'de', maxIter: o.maxIter ?? 100 }),
} as const satisfies Readonly<Record<string, Named>>;

export type AttackName = keyof typeof NAMED;

export const ATTACK_NAMES = Object.keys(NAMED) as readonly AttackName[];

/**
 * Runs an attack by its name, with ART's and the authors' defaults where the settings say nothing.
 * @throws InputError when a setting is not one that the attack can have
 */
export const runNamed = (
  name: AttackName,
  classifier: Classifier,
  samples: Samples,
  settings: NamedSettings,
): Promise<AttackOutcome> => (NAMED[name] as Named)(classifier, samples, settings);
