/**
 * Signs that an evaluation overstates robustness because gradients are masked, by the names that Athalye, Carlini and Wagner give them
 * (arXiv 1802.00420, section 3.1), in the order of that section. The OWASP AI Testing Guide (version 1, AITG-MOD-01) asks for the attacks
 * and has no names for such signs. None proves that gradients are masked; each says what to look at.
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
  /** What it is among those that follow the gradient; null of one that asks for none. */
  readonly gradients: 'one step' | 'iterative' | null;
  /** Whether it only draws points at random. */
  readonly isNoise: boolean;
  readonly samples: number;
  readonly robustAccuracy: number;
}

/** A sign of masked gradients, looked for in an evaluation. */
export interface MaskingDiagnostic {
  /** As in the source: `Black-box attacks are better than white-box attacks`. */
  readonly name: string;
  readonly source: string;
  /** How often there was something to compare; 0 where the evaluation cannot tell. */
  readonly compared: number;
  /** Where it was found, a line each. */
  readonly signs: readonly string[];
}

/** Within this distance in L∞ of every image lies the grey one, in which nothing can be recognised. */
const ERASES = 0.5;

const SOURCE = 'arXiv 1802.00420, section 3.1';

type Findings = Pick<MaskingDiagnostic, 'compared' | 'signs'>;

const DIAGNOSTICS: readonly (readonly [name: string, find: (all: readonly AttackEvaluation[]) => Findings])[] = [
  ['One-step attacks perform better than iterative attacks', fewerStepsStronger],
  ['Black-box attacks are better than white-box attacks', blackBoxStronger],
  ['Unbounded attacks do not reach 100 % success', notErased],
  ['Random sampling finds adversarial examples', noiseStronger],
  ['Increasing distortion bound does not increase success', weakerWithDistance],
];

/** Looks for every sign among the attacks of an evaluation, those by noise included. */
export const maskingDiagnostics = (all: readonly AttackEvaluation[]): MaskingDiagnostic[] =>
  DIAGNOSTICS.map(([name, find]) => ({ name, source: SOURCE, ...find(all) }));

/** One warning for each sign that was found: `NAME: where it was found first (and 2 more like it)`. */
export function maskingWarnings(diagnostics: readonly MaskingDiagnostic[]): string[] {
  return diagnostics.flatMap(({ name, signs: [first, ...others] }) => {
    if (first === undefined) return [];
    return [`${name}: ${first}${others.length === 0 ? '' : ` (and ${others.length} more like it)`}`];
  });
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const where = ({ target, norm, eps }: AttackEvaluation) =>
  eps === null ? `${target}: ` : `${target}: at eps ${Number(eps.toPrecision(4))} in L${norm}, `;

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

/** What one comparison says: a sign, or null. */
const together = (comparisons: readonly (string | null)[]): Findings => ({
  compared: comparisons.length,
  signs: comparisons.filter((sign) => sign !== null),
});

/** In every ball, the strongest of some attacks against the strongest of others that should not be weaker. */
function inEveryBall(
  all: readonly AttackEvaluation[],
  isOne: (each: AttackEvaluation) => boolean,
  isOther: (each: AttackEvaluation) => boolean,
  sign: (one: AttackEvaluation, other: AttackEvaluation) => string,
): (string | null)[] {
  return groups(bounded(all), ({ target, norm, eps }) => [target, norm, eps]).flatMap((ball) => {
    const [ones, others] = [ball.filter(isOne), ball.filter(isOther)];
    if (ones.length === 0 || others.length === 0) return [];
    const [one, other] = [strongest(ones), strongest(others)];
    return [isWeaker(other, one) ? sign(one, other) : null];
  });
}

/** More steps cannot do less: those of one attack, and those of iterative attacks than the one step of FGM. */
function fewerStepsStronger(all: readonly AttackEvaluation[]): Findings {
  const oneStep = inEveryBall(
    all,
    ({ gradients }) => gradients === 'one step',
    ({ gradients }) => gradients === 'iterative',
    (one, other) =>
      `${where(one)}${one.attack} with one step leaves ${percent(one.robustAccuracy)}, ${other.attack} ${percent(other.robustAccuracy)}: its steps do not converge`,
  );
  const counted = all.filter(({ steps }) => steps !== null);
  const ofOne = groups(counted, ({ target, settings, norm, eps }) => [target, settings, norm, eps]).flatMap((group) => {
    if (new Set(group.map(({ steps }) => steps)).size < 2) return [];
    const sorted = group.toSorted((a, b) => Number(a.steps) - Number(b.steps));
    const at = sorted.findIndex((each, i) => i > 0 && isWeaker(each, sorted[i - 1]));
    if (at < 0) return [null];
    const [fewer, more] = [sorted[at - 1], sorted[at]];
    return [
      `${where(more)}${more.attack} leaves ${percent(more.robustAccuracy)} after ${more.steps} steps, more than the ${percent(fewer.robustAccuracy)} after ${fewer.steps}: its steps do not converge`,
    ];
  });
  return together([...oneStep, ...ofOne]);
}

/** An attack with gradients can do all that one without them can. */
function blackBoxStronger(all: readonly AttackEvaluation[]): Findings {
  const comparisons = inEveryBall(
    all,
    ({ gradients, isNoise }) => gradients === null && !isNoise,
    ({ gradients }) => gradients !== null,
    (without, using) =>
      `${where(using)}${without.attack} without gradients leaves ${percent(without.robustAccuracy)}, ${using.attack} with them ${percent(using.robustAccuracy)}: gradients are probably masked`,
  );
  return together(comparisons);
}

/** An attack that may erase the image must win. */
function notErased(all: readonly AttackEvaluation[]): Findings {
  const erasing = all.filter(({ norm, eps, isNoise }) => !isNoise && norm === 'inf' && eps !== null && eps >= ERASES);
  const comparisons = groups(erasing, ({ target }) => [target]).map((group) => {
    const best = strongest(group);
    if (best.robustAccuracy === 0) return null;
    return `${where(best)}where an image can be erased, the strongest attack (${best.attack}) leaves ${percent(best.robustAccuracy)}, not 0: it is too weak, or gradients are masked`;
  });
  return together(comparisons);
}

/** What random points find, an attack finds as well. */
function noiseStronger(all: readonly AttackEvaluation[]): Findings {
  const comparisons = inEveryBall(
    all,
    ({ isNoise }) => isNoise,
    ({ isNoise }) => !isNoise,
    (noise, attack) =>
      `${where(attack)}random noise leaves ${percent(noise.robustAccuracy)}, the strongest attack (${attack.attack}) ${percent(attack.robustAccuracy)}: it is too weak, or gradients are masked`,
  );
  return together(comparisons);
}

/** What lies within a distance lies within a larger one. */
function weakerWithDistance(all: readonly AttackEvaluation[]): Findings {
  const attacks = bounded(all).filter(({ isNoise }) => !isNoise);
  const comparisons = groups(attacks, ({ target, settings, norm, steps }) => [target, settings, norm, steps]).flatMap(
    (group) => {
      if (group.length < 2) return [];
      const sorted = group.toSorted((a, b) => Number(a.eps) - Number(b.eps));
      const at = sorted.findIndex((each, i) => i > 0 && isWeaker(each, sorted[i - 1]));
      if (at < 0) return [null];
      const [smaller, larger] = [sorted[at - 1], sorted[at]];
      return [
        `${where(larger)}${larger.attack} leaves ${percent(larger.robustAccuracy)}, more than the ${percent(smaller.robustAccuracy)} at eps ${smaller.eps}: it does not use the room that it has`,
      ];
    },
  );
  return together(comparisons);
}
