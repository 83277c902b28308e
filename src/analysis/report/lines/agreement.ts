import { groupBy } from '../../../base/groupBy.ts';
import { withoutPrecision } from '../rows/conditions.ts';
import type { FinishedAttack } from '../rows/finished.ts';
import { wilson } from '../wilson.ts';

/** How often two number formats come to the same verdict on the same image under the same attack. */
export interface PrecisionAgreement {
  readonly first: string;
  readonly second: string;
  /** Attacks that were run in both, everything else being equal. */
  readonly attacks: number;
  /** Images that were right before the attack in both. */
  readonly samples: number;
  /** Share of these on which the attack succeeded in both, or in neither; with its 95 % limits (Wilson 1927). Null where there are none. */
  readonly agreement: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly brokenOnlyInFirst: number;
  readonly brokenOnlyInSecond: number;
  /** Images that were right before the attack in one of the two only. */
  readonly differentBefore: number;
}

/** Every pair of number formats in which the same attacks were run. */
export function precisionAgreements(attacks: readonly FinishedAttack[]): PrecisionAgreement[] {
  const precisionOf = ({ trial }: FinishedAttack) => trial.train.model.precision;
  const formats = [...new Set(attacks.map(precisionOf))];
  if (formats.length < 2) return [];
  const same = groupBy(attacks, ({ trial }) => withoutPrecision(trial)).filter((group) => group.length > 1);
  return formats.flatMap((first, k) =>
    formats.slice(k + 1).flatMap((second) => {
      const pairs = same.flatMap((group) => {
        const [one, other] = [first, second].map((format) => group.find((each) => precisionOf(each) === format));
        return one && other ? [[one, other] as const] : [];
      });
      return pairs.length === 0 ? [] : [agreementOf(String(first), String(second), pairs)];
    }),
  );
}

function agreementOf(
  first: string,
  second: string,
  pairs: readonly (readonly [FinishedAttack, FinishedAttack])[],
): PrecisionAgreement {
  let [samples, onlyFirst, onlySecond, differentBefore] = [0, 0, 0, 0];
  for (const [one, other] of pairs) {
    const records = new Map(other.result.records.map((record) => [record.sample, record]));
    for (const mine of one.result.records) {
      const theirs = records.get(mine.sample);
      if (theirs === undefined) continue;
      if (mine.misclassifiedBefore !== theirs.misclassifiedBefore) differentBefore++;
      if (mine.misclassifiedBefore || theirs.misclassifiedBefore) continue;
      samples++;
      if (mine.success && !theirs.success) onlyFirst++;
      if (theirs.success && !mine.success) onlySecond++;
    }
  }
  const agreement = samples === 0 ? null : 1 - (onlyFirst + onlySecond) / samples;
  const [lower, upper] = agreement === null ? [null, null] : wilson(agreement, samples);
  return {
    first,
    second,
    attacks: pairs.length,
    samples,
    agreement,
    lower,
    upper,
    brokenOnlyInFirst: onlyFirst,
    brokenOnlyInSecond: onlySecond,
    differentBefore,
  };
}
