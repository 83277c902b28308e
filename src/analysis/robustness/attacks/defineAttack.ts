import { InputError } from '../../../base/errors.ts';
import {
  accepts,
  choice,
  complete,
  type Flat,
  integer,
  type NumberParameter,
  number,
  type Parameters,
  rangeText,
  snakeCase,
  type ValuesOf,
} from '../../../base/parameter.ts';
import type { ImageShape } from '../../../models/index.ts';
import type { Classifier } from '../classifier/classifier.ts';
import type { NormName } from '../norms.ts';
import { type AttackOptions, type AttackOutcome, attackSamples } from './run/attack.ts';
import type { Batch, Samples } from './run/batch.ts';
import type { AnyMethod } from './run/method.ts';

/** How distance is measured; `0` counts pixels. */
export type AttackNorm = NormName | '0';

/**
 * What limits an attack: the radius `eps` of a ball around the original; the same, but without it any adversarial image is a success and
 * the nearest is looked for; a number `th` of pixels that may change, or of grey levels of 255 by which every pixel may; nothing.
 */
export type Strength = 'eps' | 'optional eps' | 'pixels' | 'grey levels' | 'none';

/** The values that say how strong an attack of a kind is. */
type StrengthValues<S extends Strength> = S extends 'eps'
  ? { readonly eps: number }
  : S extends 'optional eps'
    ? { readonly eps?: number }
    : S extends 'none'
      ? unknown
      : { readonly th: number };

type StepValues<T extends boolean> = T extends true ? { readonly epsStep: number } : unknown;

/** All that an attack runs with, by names in code, and nothing else; of an attack that is not known by its type, any settings. */
type CompleteValues<
  S extends Strength,
  N extends AttackNorm,
  T extends boolean,
  P extends Parameters,
> = string extends keyof P ? AnySettings : Flat<{ readonly norm: N } & StrengthValues<S> & StepValues<T> & ValuesOf<P>>;

/** Some of what an attack runs with; of an attack that is not known by its type, whatever it may take. */
type GivenValues<
  S extends Strength,
  N extends AttackNorm,
  T extends boolean,
  P extends Parameters,
> = string extends keyof P ? object : Partial<CompleteValues<S, N, T, P>>;

/** What is attacked, as far as the bound on an attack's passes depends on it. */
export interface AttackedImages {
  readonly shape: ImageShape;
  readonly classes: number;
}

/** An attack as its file describes it. */
interface Description<
  Name extends string,
  S extends Strength,
  N extends AttackNorm,
  T extends boolean,
  P extends Parameters,
> {
  /** What study files and flags call it. */
  readonly name: Name;
  /** What headings call it. */
  readonly title: string;
  /** What it does, in a few words. */
  readonly about: string;
  /** Who published it: `arXiv 1706.06083`. */
  readonly source: string;
  /** What it asks the model for. One that asks for no gradients is a black-box attack. */
  readonly asks: 'gradients' | 'logits' | 'classes';
  readonly strength: S;
  /** The norms of which one is chosen, the first unless it is; a single one is the attack's own. */
  readonly norms: readonly [N, ...N[]];
  /** Whether the length of its steps can be set, as `epsStep`; it is a quarter of eps unless it is. */
  readonly stepped?: T;
  readonly parameters: P;
  /** Where a study has another default than the attack by itself. */
  readonly studyDefaults?: Partial<ValuesOf<P>>;
  /** @throws InputError when settings, each within its range, do not go together */
  check?(settings: CompleteValues<S, N, T, P>): void;
  /** Most forward passes for an image that holds out to the end; a backward pass counts for two (see `WITH_GRADIENT`). */
  passes(settings: CompleteValues<S, N, T, P>, images: AttackedImages): number;
  /** What the attack does to a batch. */
  method(
    classifier: Classifier,
    batch: Batch,
    settings: CompleteValues<S, N, T, P> & { readonly seed: number },
  ): AnyMethod;
}

/** Forward passes that a forward and a backward pass take together, about. */
export const WITH_GRADIENT = 3;

/** An attack of the catalogue. */
export interface Attack<
  Name extends string = string,
  S extends Strength = Strength,
  N extends AttackNorm = AttackNorm,
  T extends boolean = boolean,
  P extends Parameters = Parameters,
> extends Description<Name, S, N, T, P> {
  readonly stepped: T;
  readonly blackBox: boolean;
  /** All that can be set: norm, strength, length of a step, and its parameters. */
  readonly settings: Parameters;
  /**
   * Attacks samples, with defaults for what is not set.
   * @throws InputError when it does not take a setting, or a setting, an option or a pixel is out of range
   */
  run(
    classifier: Classifier,
    samples: Samples,
    settings?: RunSettings & GivenValues<S, N, T, P>,
  ): Promise<AttackOutcome>;
}

/** What every attack is told: how it is run, its budget, and what decides all that is random; 0 unless given. */
export interface RunSettings extends AttackOptions {
  readonly seed?: number;
}

/** The settings of an attack, all filled in: `{ norm: 'inf', eps: number, epsStep: number, maxIter: number, … }`. */
export type SettingsOf<A> =
  A extends Attack<string, infer S, infer N, infer T, infer P> ? CompleteValues<S, N, T, P> : never;

/** Makes an attack of its description. */
export function defineAttack<
  const Name extends string,
  const S extends Strength,
  const N extends AttackNorm,
  const P extends Parameters,
  const T extends boolean = false,
>(description: Description<Name, S, N, T, P>): Attack<Name, S, N, T, P> {
  const attack: Attack<Name, S, N, T, P> = {
    ...description,
    stepped: (description.stepped ?? false) as T,
    blackBox: description.asks !== 'gradients',
    settings: { ...commonSettings(description), ...description.parameters },
    run: async (classifier, samples, options = {}) => {
      const {
        seed = 0,
        batchSize,
        resume,
        watch,
        onProgress,
        onSave,
        maxSeconds,
        maxQueries,
        maxGradients,
        ...given
      } = options as RunSettings;
      const settings = completeSettings(attack, given) as CompleteValues<S, N, T, P>;
      const run = { batchSize, resume, watch, onProgress, onSave, maxSeconds, maxQueries, maxGradients };
      const { eps = 0 } = settings as { readonly eps?: number };
      const method = (batch: Batch) => description.method(classifier, batch, { ...settings, seed });
      return attackSamples(classifier, samples, run, eps, method);
    },
  };
  return attack;
}

/** Norm and strength as parameters; their defaults depend on one another, see `completeSettings`. */
function commonSettings({ norms, strength, stepped }: Pick<Attack, 'norms' | 'strength'> & { stepped?: boolean }) {
  const eps = { takes: 'distance', fraction: true, optional: true } as const;
  const th = (about: string) => ({ th: integer({ from: 1, default: 1, about }) });
  return {
    norm: choice({ choices: norms, default: norms[0], about: 'how distance is measured' }),
    ...(strength === 'eps' && { eps: number({ ...eps, from: 0, about: 'largest distance' }) }),
    ...(strength === 'optional eps' && { eps: number({ ...eps, above: 0, about: 'largest distance of a success' }) }),
    ...(strength === 'pixels' && th('pixels that may change')),
    ...(strength === 'grey levels' && th('grey levels of 255 by which each pixel may change')),
    ...(stepped && { epsStep: number({ ...eps, from: 0, about: 'length of a step; a quarter of eps without it' }) }),
  };
}

/**
 * The radius of the ball where none is given. L∞ and L2 are those of RobustBench on CIFAR-10 (Croce et al., arXiv 2010.09670), L1
 * that of Croce and Hein (arXiv 2103.01208) on the same data set. On MNIST an L∞ of 0.3 is usual (Madry et al., arXiv 1706.06083).
 */
const DEFAULT_EPS: Readonly<Record<NormName, number>> = { inf: 8 / 255, '1': 12, '2': 0.5 };

/** Settings of any attack, each by its name. */
export interface AnySettings {
  readonly norm: AttackNorm;
  readonly eps?: number;
  readonly epsStep?: number;
  readonly th?: number;
  readonly [parameter: string]: number | string | boolean | undefined;
}

/**
 * All that an attack runs with: what was given, and defaults for the rest. Without `eps` an attack that can do without goes as far as
 * it must; another takes `DEFAULT_EPS` of its norm. A step is a quarter of eps.
 * @param spell how a message writes the name of a setting: as study files do unless given
 * @throws InputError when the attack does not take a setting, or its value is out of range
 */
export function completeSettings(
  attack: Attack,
  given: object,
  spell: (setting: string) => string = snakeCase,
): AnySettings {
  const { name, strength, stepped, settings } = attack;
  checkDistances(attack, given, spell);
  const { norm, ...values } = complete(name, settings, given, spell) as unknown as AnySettings;
  const eps = values.eps ?? (strength === 'eps' ? DEFAULT_EPS[norm as NormName] : undefined);
  const epsStep = values.epsStep ?? (stepped && eps !== undefined ? eps / 4 : undefined);
  const distances = { ...(eps === undefined ? {} : { eps }), ...(epsStep === undefined ? {} : { epsStep }) };
  const whole: AnySettings = { norm, ...distances, ...values };
  attack.check?.(whole);
  return whole;
}

/** What a distance between images with pixels in [0, 1] may be. @param allowsZero whether two images may be the same */
export const distanceRange = (norm: AttackNorm, { allowsZero = true } = {}): NumberParameter =>
  number({ ...(allowsZero ? { from: 0 } : { above: 0 }), ...(norm === 'inf' && { to: 1 }), about: 'a distance' });

/** @throws InputError when a distance is no possible one between images with pixels in [0, 1] */
function checkDistances(
  { name, norms, settings }: Attack,
  given: Partial<AnySettings>,
  spell: (setting: string) => string,
): void {
  const { norm = norms[0] } = given;
  if (!norms.includes(norm)) return;
  for (const setting of ['eps', 'epsStep'] as const) {
    const value = given[setting];
    if (!(setting in settings) || value === undefined) continue;
    const range = distanceRange(norm);
    if (accepts(range, value)) continue;
    throw new InputError(
      `${name}: ${spell(setting)} is ${value}; pixels lie in [0, 1], so it must be ${rangeText(range)}`,
    );
  }
}
