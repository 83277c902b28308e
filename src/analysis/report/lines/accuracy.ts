import type { AttackLine } from '../document.ts';
import { type Factor, levelsOf, variedFactors } from '../rows/factors.ts';

/** Accuracy before and after attacks at one level of a factor, over everything else. */
export interface AccuracyLine {
  readonly factor: Factor;
  readonly level: string;
  /** Attacks, each at one strength on one defended model. */
  readonly attacks: number;
  readonly before: Spread;
  readonly after: Spread;
}

/** A share over several attacks: their mean, and between which values nine of ten lie. */
export interface Spread {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Accuracy by each factor that the study varies; without any, of everything together by attack. */
export function accuracyLines(attacks: readonly AttackLine[]): AccuracyLine[] {
  if (attacks.length === 0) return [];
  const varied = variedFactors(attacks);
  return (varied.length > 0 ? varied : (['attack'] as const)).flatMap((factor) =>
    levelsOf(attacks, factor).map(({ level, members }) => ({
      factor,
      level,
      attacks: members.length,
      before: spread(members.map(({ cleanAccuracy }) => cleanAccuracy)),
      after: spread(members.map(({ robustAccuracy }) => robustAccuracy)),
    })),
  );
}

function spread(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort();
  const quantile = (share: number) => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    const next = sorted[Math.min(below + 1, sorted.length - 1)];
    return sorted[below] + (place - below) * (next - sorted[below]);
  };
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  return { mean, low: quantile(0.05), high: quantile(0.95) };
}
