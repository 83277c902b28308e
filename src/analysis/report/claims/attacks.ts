import type { Encoding } from '../../study/index.ts';
import { waldTest } from '../../survival/index.ts';
import { readable } from '../page/names.ts';
import { family } from '../rows/factors.ts';
import type { FinishedAttack } from '../rows/finished.ts';
import { imageName } from '../rows/imageName.ts';
import type { Condition } from '../rows/rows.ts';
import { type ClaimLine, type ClaimVerdict, LEVEL, type Statement, untestable } from './claim.ts';
import { intersection } from './defences.ts';
import { attackDirection, contrast, difference, type Fitted, limits, pOf, type Wald } from './wald.ts';

/** Accuracies this near are alike, stated before the data. */
const ACCURACY_MARGIN = 0.1;

/** The paper's attacks, from the quickest to the slowest. */
const ORDER = ['fgm', 'pgd', 'deepfool', 'hopskipjump', 'pixel', 'threshold'];

const SIMILAR: Statement = {
  id: 'attacks-similar-accuracy',
  claim: 'Attacks leave similar accuracies.',
  test: [
    'Mean accuracy after each attack over everything it was run on; variances allow for one image being attacked many times;',
    "p is that of Wald's test that all are equal.",
    `Confirmed when the largest difference of two lies below ${ACCURACY_MARGIN} with its one-sided 95 % limit (all pairs);`,
    `refuted when its 95 % interval, with Bonferroni's correction for the pairs, lies above ${ACCURACY_MARGIN}.`,
  ].join(' '),
  quantity: 'largest difference of two attacks in mean accuracy',
};

const ORDERED: Statement = {
  id: 'attack-order',
  claim: 'Times to failure are ordered FGM < PGD < DeepFool < HopSkipJump < Pixel < Threshold.',
  test: "Time ratio of each attack against the one before it, each at the strengths that it was run at, all else equal. Confirmed when all lie above 1, each one-sided at 5 % (intersection-union); refuted when one lies below 1, one-sided at 5 % with Bonferroni's correction.",
  quantity: 'smallest time ratio of an attack against the one before it',
};

const WORST: Statement = {
  id: 'fgm-pgd-worst',
  claim: 'FGM and PGD break images soonest.',
  test: "Time ratio of every other attack against FGM and against PGD, each at the strengths that it was run at, all else equal. Confirmed when all lie above 1, each one-sided at 5 % (intersection-union); refuted when one lies below 1, one-sided at 5 % with Bonferroni's correction.",
  quantity: 'smallest time ratio of another attack against FGM or PGD',
};

export const ATTACK_STATEMENTS = [ORDERED, WORST];

/** What the paper says of the times that attacks take, tested on the fitted model. */
export function attackClaims(study: Fitted): ClaimLine[] {
  const directions = new Map(
    [...new Set(study.modelled.conditions.map(({ attack }) => family(attack)))].flatMap((name) => {
      const direction = attackDirection(study, ({ attack }) => family(attack) === name);
      return direction === null ? [] : [[name, direction] as const];
    }),
  );
  const against = (slow: string, quick: string) => ({
    name: `${readable(slow)} against ${readable(quick)}`,
    wald: contrast(study, difference(directions.get(slow) ?? {}, directions.get(quick) ?? {})),
  });
  const known = ORDER.filter((name) => directions.has(name));
  const gradient = ['fgm', 'pgd'].filter((name) => directions.has(name));
  const others = [...directions.keys()].filter((name) => !gradient.includes(name));
  return [
    known.length < 2
      ? untestable(ORDERED, "fewer than two of the paper's attacks are in the model")
      : intersection(
          known.length === ORDER.length
            ? ORDERED
            : { ...ORDERED, claim: `${ORDERED.claim} (Here: ${known.map(readable).join(', ')}.)` },
          known.slice(1).map((name, k) => against(name, known[k])),
        ),
    gradient.length < 2 || others.length === 0
      ? untestable(WORST, 'FGM, PGD and another attack are not all in the model')
      : intersection(
          WORST,
          others.flatMap((other) => gradient.map((quick) => against(other, quick))),
        ),
  ];
}

/** Tests whether attacks leave similar accuracies. @param conditions of every attack */
export function similarAccuracy(
  attacks: readonly FinishedAttack[],
  conditions: readonly Condition[],
  encoding: Encoding,
): ClaimLine {
  const names = [...new Set(conditions.map(({ attack }) => family(attack)))];
  if (names.length < 2) return untestable(SIMILAR, 'fewer than two attacks');
  const { means, covariance } = clusteredMeans(attacks, conditions, names, encoding);
  const size = names.length;
  const at = (i: number, j: number) => covariance[i * size + j];
  const pairs = names.flatMap((one, i) =>
    names.slice(i + 1).map((other, offset) => {
      const j = i + 1 + offset;
      const wald: Wald = {
        value: Math.abs(means[i] - means[j]),
        standardError: Math.sqrt(Math.max(0, at(i, i) + at(j, j) - 2 * at(i, j))),
      };
      const [high, low] = means[i] >= means[j] ? [one, other] : [other, one];
      return { name: `${readable(high)} less ${readable(low)}`, wald };
    }),
  );
  const parts = pairs.map(({ name, wald }) => {
    const [lower, upper] = limits(wald, LEVEL / pairs.length);
    return { name, estimate: wald.value, lower, upper, p: wald.standardError > 0 ? pOf(wald) : null };
  });
  const largest = parts.reduce((most, part) => (part.estimate > most.estimate ? part : most));
  const p = equalMeans(means, covariance);
  const contained = pairs.every(({ wald }) => limits(wald, 2 * LEVEL)[1] < ACCURACY_MARGIN);
  const verdict: ClaimVerdict = contained ? 'holds' : largest.lower > ACCURACY_MARGIN ? 'does not hold' : 'undecided';
  const shares = names.map((name, k) => `${readable(name)} ${(100 * means[k]).toFixed(1)} %`).join(', ');
  return {
    ...SIMILAR,
    estimate: largest.estimate,
    lower: largest.lower,
    upper: largest.upper,
    p,
    verdict,
    reason: shares,
    parts,
  };
}

/**
 * Mean accuracy after each attack, with the covariance of these means over images: the sum over clusters of the outer product of
 * what each adds to the deviation of the means (the linearisation of a ratio of totals).
 */
function clusteredMeans(
  attacks: readonly FinishedAttack[],
  conditions: readonly Condition[],
  names: readonly string[],
  encoding: Encoding,
): { readonly means: Float64Array; readonly covariance: Float64Array } {
  const size = names.length;
  const clusters = new Map<string, { readonly right: Float64Array; readonly all: Float64Array }>();
  const right = new Float64Array(size);
  const all = new Float64Array(size);
  attacks.forEach(({ id, result }, index) => {
    const { dataset, seed, attack } = conditions[index];
    const k = names.indexOf(family(attack));
    for (const { sample, misclassifiedBefore, success } of result.records) {
      // The paper's encoding knows no images, only runs.
      const key = encoding === 'paper' ? id : imageName(dataset, seed, result, sample);
      let tally = clusters.get(key);
      if (tally === undefined) {
        tally = { right: new Float64Array(size), all: new Float64Array(size) };
        clusters.set(key, tally);
      }
      const held = misclassifiedBefore || success ? 0 : 1;
      tally.right[k] += held;
      tally.all[k]++;
      right[k] += held;
      all[k]++;
    }
  });
  const means = right.map((sum, k) => sum / all[k]);
  const covariance = new Float64Array(size * size);
  for (const own of clusters.values()) {
    const influence = means.map((mean, k) => (own.right[k] - mean * own.all[k]) / all[k]);
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) covariance[i * size + j] += influence[i] * influence[j];
  }
  return { means, covariance };
}

/** p of Wald's test that means are equal; null where their covariance does not allow it. */
function equalMeans(means: Float64Array, covariance: Float64Array): number | null {
  const size = means.length;
  const values = Float64Array.from({ length: size - 1 }, (_, k) => means[k + 1] - means[0]);
  const c = (i: number, j: number) => covariance[i * size + j];
  const spread = Float64Array.from({ length: (size - 1) ** 2 }, (_, at) => {
    const [i, j] = [1 + Math.floor(at / (size - 1)), 1 + (at % (size - 1))];
    return c(i, j) - c(i, 0) - c(0, j) + c(0, 0);
  });
  if (values.some((_, k) => !(spread[k * size] > 0))) return null;
  const { p } = waldTest([...values.keys()], values, spread);
  return Number.isFinite(p) ? p : null;
}
