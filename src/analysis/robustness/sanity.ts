import type { Defence } from './defences/defence.ts';

/**
 * Signs that an evaluation overstates robustness (Carlini et al., arXiv 1902.06705; Athalye, Carlini, Wagner, arXiv 1802.00420;
 * the flags of AutoAttack, arXiv 2003.01690). None proves it; each says what to look at.
 */

/** What an attack at one strength left of a defended model. */
export interface AttackEvaluation {
  /** The model, its defence and the seed. Results are compared within a target: they are of the same images. */
  readonly target: string;
  readonly attack: string;
  /** The attack with all its settings except strength and steps. */
  readonly settings: string;
  /** `inf`, `1`, `2` or `0`. */
  readonly norm: string;
  /** Largest distance, pixels lying in [0, 1]; null where there is no limit. */
  readonly eps: number | null;
  readonly steps: number | null;
  readonly blackBox: boolean;
  readonly samples: number;
  readonly robustAccuracy: number;
}

/** Within this distance in L∞ of every image lies the grey one, in which nothing can be recognised. */
const ERASES = 0.5;

/**
 * What attacks on a defence should know.
 * @param gradients whether gradients were followed
 * @param expectationSamples how many draws of a random defence each question was the mean of
 */
export function defenceWarnings(
  { name, random, probabilities }: Defence,
  gradients: boolean,
  expectationSamples = 1,
): string[] {
  const warnings: string[] = [];
  if (random && expectationSamples === 1)
    warnings.push(
      `${name} answers at random, and each answer was taken for the truth: ask for means over several (--eot, expectation_samples), or robustness may be overstated`,
    );
  if (probabilities && gradients)
    warnings.push(
      `${name} tells probabilities: gradients through them vanish where the model is sure, so robustness may be overstated`,
    );
  return warnings;
}

/** Compares the attacks of an evaluation with one another: one warning for each kind of sign. */
export function evaluationWarnings(all: readonly AttackEvaluation[]): string[] {
  const kinds = [blackBoxStronger, notErased, weakerWithDistance, weakerWithSteps];
  return kinds.flatMap((find) => {
    const [first, ...others] = find(all);
    if (first === undefined) return [];
    return [others.length === 0 ? first : `${first} (and ${others.length} more like it)`];
  });
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const where = ({ target, norm, eps }: AttackEvaluation) => `${target}: at eps ${eps} in L${norm}`;

/** Weaker by more than one sample, which chance alone may break. */
const isWeaker = (one: AttackEvaluation, other: AttackEvaluation) =>
  one.robustAccuracy > other.robustAccuracy + 1.5 / Math.max(one.samples, other.samples);

const strongest = (evaluated: readonly AttackEvaluation[]) =>
  evaluated.reduce((best, each) => (each.robustAccuracy < best.robustAccuracy ? each : best));

function groups(
  all: readonly AttackEvaluation[],
  key: (each: AttackEvaluation) => readonly unknown[],
): AttackEvaluation[][] {
  const found = new Map<string, AttackEvaluation[]>();
  for (const each of all) {
    const name = JSON.stringify(key(each));
    found.set(name, [...(found.get(name) ?? []), each]);
  }
  return [...found.values()];
}

const bounded = (all: readonly AttackEvaluation[]) => all.filter(({ eps }) => eps !== null);

/** An attack with gradients can do all that one without them can. */
function blackBoxStronger(all: readonly AttackEvaluation[]): string[] {
  return groups(bounded(all), ({ target, norm, eps }) => [target, norm, eps]).flatMap((group) => {
    const [blind, seeing] = [true, false].map((blackBox) => group.filter((each) => each.blackBox === blackBox));
    if (blind.length === 0 || seeing.length === 0) return [];
    const [without, using] = [strongest(blind), strongest(seeing)];
    if (!isWeaker(using, without)) return [];
    return [
      `${where(using)}, ${without.attack} without gradients leaves ${percent(without.robustAccuracy)}, ${using.attack} with them ${percent(using.robustAccuracy)}: gradients are probably masked`,
    ];
  });
}

/** An attack that may erase the image must win. */
function notErased(all: readonly AttackEvaluation[]): string[] {
  const erasing = all.filter(({ norm, eps }) => norm === 'inf' && eps !== null && eps >= ERASES);
  return groups(erasing, ({ target }) => [target]).flatMap((group) => {
    const best = strongest(group);
    if (best.robustAccuracy === 0) return [];
    return [
      `${where(best)}, where an image can be erased, the strongest attack (${best.attack}) leaves ${percent(best.robustAccuracy)}, not 0: it is too weak, or gradients are masked`,
    ];
  });
}

/** What lies within a distance lies within a larger one. */
function weakerWithDistance(all: readonly AttackEvaluation[]): string[] {
  return groups(bounded(all), ({ target, settings, norm, steps }) => [target, settings, norm, steps]).flatMap(
    (group) => {
      const sorted = group.toSorted((a, b) => Number(a.eps) - Number(b.eps));
      const at = sorted.findIndex((each, i) => i > 0 && isWeaker(each, sorted[i - 1]));
      if (at < 0) return [];
      const [smaller, larger] = [sorted[at - 1], sorted[at]];
      return [
        `${where(larger)}, ${larger.attack} leaves ${percent(larger.robustAccuracy)}, more than the ${percent(smaller.robustAccuracy)} at eps ${smaller.eps}: it does not use the room that it has`,
      ];
    },
  );
}

/** More steps cannot do less. */
function weakerWithSteps(all: readonly AttackEvaluation[]): string[] {
  const counted = all.filter(({ steps }) => steps !== null);
  return groups(counted, ({ target, settings, norm, eps }) => [target, settings, norm, eps]).flatMap((group) => {
    const sorted = group.toSorted((a, b) => Number(a.steps) - Number(b.steps));
    const at = sorted.findIndex((each, i) => i > 0 && isWeaker(each, sorted[i - 1]));
    if (at < 0) return [];
    const [fewer, more] = [sorted[at - 1], sorted[at]];
    const distance = more.eps === null ? `${more.target}: ` : `${where(more)}, `;
    return [
      `${distance}${more.attack} leaves ${percent(more.robustAccuracy)} after ${more.steps} steps, more than the ${percent(fewer.robustAccuracy)} after ${fewer.steps}: its steps do not converge`,
    ];
  });
}
