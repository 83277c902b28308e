import { groupBy } from '../../../base/groupBy.ts';
import { readable } from '../page/names.ts';
import { family } from '../rows/factors.ts';
import {
  aboveOne,
  type ClaimLine,
  type ClaimVerdict,
  LEVEL,
  RATIO_MARGIN,
  reasonOf,
  type Statement,
  untestable,
} from './claim.ts';
import {
  contrast,
  type Direction,
  difference,
  type Fitted,
  jointTest,
  limits,
  meanDirection,
  oneSidedP,
  ratioPart,
} from './wald.ts';

const NONE_BETTER: Statement = {
  id: 'no-defence-beats-control',
  claim: 'On average no defence makes images survive longer than no defence.',
  test: `Time ratio of each defence (the geometric mean over its settings) against none. Refuted when one of them lies above 1, one-sided at 5 % with Bonferroni's correction; confirmed when the one-sided 95 % limits of all lie below ${RATIO_MARGIN}.`,
  quantity: 'largest time ratio of a defence against none',
};

const NOISE_UNDERPERFORMS: Statement = {
  id: 'gaussian-noise-underperforms',
  claim: 'Gaussian noise on outputs makes images survive less long than no defence.',
  test: 'Time ratio of Gaussian noise on outputs against none; decided when its 95 % interval lies on one side of 1.',
  quantity: 'time ratio of Gaussian noise against none',
};

const NOISE_BEST: Statement = {
  id: 'gaussian-noise-best',
  claim: "Gaussian noise on outputs is the best defence (the paper's own Weibull table, time ratio 1.163).",
  test: "Time ratio of Gaussian noise against every other defence and none. Confirmed when all lie above 1, each one-sided at 5 % (intersection-union); refuted when one lies below 1, one-sided at 5 % with Bonferroni's correction.",
  quantity: 'smallest time ratio of Gaussian noise against another defence',
};

const BIT_DEPTH: Statement = {
  id: 'bit-depth',
  claim: 'The bit depth of inputs (feature squeezing) makes no difference to survival.',
  test: `Wald test that the time ratios of all bit depths are equal. Refuted when p < ${LEVEL}; confirmed when in addition the 95 % intervals of all pairs lie between ${(1 / RATIO_MARGIN).toFixed(3)} and ${RATIO_MARGIN}.`,
  quantity: 'largest time ratio of two bit depths',
};

const NUMBER_FORMAT: Statement = {
  id: 'number-format',
  claim: 'The number format that a model computes in (8 to 64 bits) makes no difference to survival.',
  test: BIT_DEPTH.test.replace('bit depths', 'number formats'),
  quantity: 'largest time ratio of two number formats',
};

/** What the paper says of defences and bits, tested on the fitted model. */
export function defenceClaims(study: Fitted): ClaimLine[] {
  return [
    noneBetter(study),
    noise(study),
    noiseBest(study),
    equal(BIT_DEPTH, study, squeezings(study), 'fewer than two bit depths of feature squeezing are in the model'),
    equal(NUMBER_FORMAT, study, formats(study), 'fewer than two number formats are in the model'),
  ];
}

export const DEFENCE_STATEMENTS = [NONE_BETTER, NOISE_UNDERPERFORMS, NOISE_BEST, BIT_DEPTH, NUMBER_FORMAT];

interface Named {
  readonly name: string;
  readonly direction: Direction;
}

/** Defences by their names, each the mean over its settings, against the reference; null where that is not `none`. */
function families({ modelled, covariates }: Fitted): Named[] | null {
  if (covariates.reference.defence !== 'none') return null;
  const labels = [...new Set(modelled.conditions.map(({ defence }) => defence))].filter((label) => label !== 'none');
  const known = labels.filter((label) => `defence ${label}` in covariates.columns);
  return groupBy(known, family).map((labels) => ({
    name: family(labels[0]),
    direction: meanDirection(labels.map((label) => ({ [`defence ${label}`]: 1 }))),
  }));
}

function noneBetter(study: Fitted): ClaimLine {
  const defences = families(study);
  if (defences === null || defences.length === 0)
    return untestable(NONE_BETTER, 'the model holds no defence beside the control, or no control');
  const tested = defences.map(({ name, direction }) => ({ name, wald: contrast(study, direction) }));
  const parts = tested.map(({ name, wald }) => ratioPart(readable(name), wald, LEVEL / tested.length, oneSidedP(wald)));
  const best = parts.reduce((most, part) => (part.estimate > most.estimate ? part : most));
  const p = Math.min(1, tested.length * Math.min(...parts.map((part) => part.p ?? 1)));
  const contained = tested.every(({ wald }) => limits(wald, 2 * LEVEL)[1] < Math.log(RATIO_MARGIN));
  const verdict: ClaimVerdict = p < LEVEL ? 'does not hold' : contained ? 'holds' : 'undecided';
  const better = parts.filter((part) => (part.p ?? 1) * tested.length < LEVEL).map(({ name }) => name);
  return {
    ...NONE_BETTER,
    estimate: best.estimate,
    lower: best.lower,
    upper: best.upper,
    p,
    verdict,
    reason:
      verdict === 'does not hold'
        ? `better than none: ${better.join(', ')}`
        : verdict === 'holds'
          ? 'none is better by a tenth or more'
          : `none is shown to be better, but ${best.name} may be`,
    parts,
  };
}

function noise(study: Fitted): ClaimLine {
  const own = families(study)?.find(({ name }) => name === 'gaussian-noise');
  if (own === undefined)
    return untestable(NOISE_UNDERPERFORMS, 'no Gaussian noise on outputs, or no control, in the model');
  const part = ratioPart(own.name, contrast(study, own.direction));
  const verdict = aboveOne({ lower: 1 / part.upper, upper: 1 / part.lower });
  const { estimate, lower, upper, p } = part;
  return { ...NOISE_UNDERPERFORMS, estimate, lower, upper, p, verdict, reason: reasonOf(verdict), parts: [] };
}

function noiseBest(study: Fitted): ClaimLine {
  const defences = families(study);
  const noise = defences?.find(({ name }) => name === 'gaussian-noise');
  if (!defences || noise === undefined)
    return untestable(NOISE_BEST, 'no Gaussian noise on outputs, or no control, in the model');
  const others = [{ name: 'none', direction: {} }, ...defences.filter(({ name }) => name !== noise.name)];
  const tested = others.map(({ name, direction }) => ({
    name: readable(name),
    wald: contrast(study, difference(noise.direction, direction)),
  }));
  return intersection(NOISE_BEST, tested);
}

/** Claim that all of some logarithms lie above 0. */
export function intersection(
  statement: Statement,
  tested: readonly {
    readonly name: string;
    readonly wald: { readonly value: number; readonly standardError: number };
  }[],
): ClaimLine {
  const parts = tested.map(({ name, wald }) => ratioPart(name, wald, LEVEL, oneSidedP(wald)));
  const least = parts.reduce((worst, part) => (part.estimate < worst.estimate ? part : worst));
  const p = Math.max(...parts.map((part) => part.p ?? 1));
  const against = tested.filter(({ wald }) => 1 - oneSidedP(wald) < LEVEL / tested.length).map(({ name }) => name);
  const open = parts.filter((part) => (part.p ?? 1) >= LEVEL).map(({ name }) => name);
  const verdict: ClaimVerdict = p < LEVEL ? 'holds' : against.length > 0 ? 'does not hold' : 'undecided';
  const reasons: Readonly<Record<string, string>> = {
    holds: 'every comparison is on the side of the claim',
    'does not hold': `on the other side: ${against.join(', ')}`,
    undecided: `not told apart: ${open.join(', ')}`,
  };
  return {
    ...statement,
    estimate: least.estimate,
    lower: least.lower,
    upper: least.upper,
    p,
    verdict,
    reason: reasons[verdict],
    parts,
  };
}

function squeezings({ modelled, covariates }: Fitted): Named[] {
  const labels = [...new Set(modelled.conditions.map(({ defence }) => defence))].filter(
    (label) => family(label) === 'feature-squeezing' && `defence ${label}` in covariates.columns,
  );
  return labels.map((label) => ({ name: readable(label), direction: { [`defence ${label}`]: 1 } }));
}

function formats({ modelled, covariates }: Fitted): Named[] {
  return [...new Set(modelled.conditions.map(({ precision }) => precision))].flatMap((format) => {
    if (format === covariates.reference.precision) return [{ name: format, direction: {} }];
    return `precision ${format}` in covariates.columns
      ? [{ name: format, direction: { [`precision ${format}`]: 1 } }]
      : [];
  });
}

/** Claim that some levels are all alike. */
function equal(statement: Statement, study: Fitted, levels: readonly Named[], missing: string): ClaimLine {
  if (levels.length < 2) return untestable(statement, missing);
  const [first, ...others] = levels;
  const { p } = jointTest(
    study,
    others.map(({ direction }) => difference(direction, first.direction)),
  );
  const parts = levels.flatMap((one, k) =>
    levels.slice(k + 1).map((other) => {
      const wald = contrast(study, difference(one.direction, other.direction));
      const [higher, lower] = wald.value >= 0 ? [one, other] : [other, one];
      return ratioPart(`${higher.name} against ${lower.name}`, { ...wald, value: Math.abs(wald.value) });
    }),
  );
  const largest = parts.reduce((most, part) => (part.estimate > most.estimate ? part : most));
  const contained = parts.every(({ lower, upper }) => lower > 1 / RATIO_MARGIN && upper < RATIO_MARGIN);
  if (!Number.isFinite(p)) return untestable(statement, 'too few images: their covariance has no inverse');
  const verdict: ClaimVerdict = p < LEVEL ? 'does not hold' : contained ? 'holds' : 'undecided';
  return {
    ...statement,
    estimate: largest.estimate,
    lower: largest.lower,
    upper: largest.upper,
    p,
    verdict,
    reason:
      verdict === 'does not hold'
        ? `they differ, most of all ${largest.name}`
        : verdict === 'holds'
          ? 'no two differ by a tenth or more'
          : 'no difference is shown, but the intervals are wide enough to hold one',
    parts,
  };
}
