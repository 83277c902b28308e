import { groupBy } from '../../../base/groupBy.ts';
import { globalOptimality, localOptimality, lowerEnvelope } from '../../robustness/index.ts';
import { canonicalJson } from '../../study/index.ts';
import type { DistanceRow } from '../rows/distances.ts';

/** How near an attack of a study comes to the best of all its attacks, on all its models. */
export interface OptimalityLine {
  readonly attack: string;
  /** Mean over models, and its standard deviation. */
  readonly mean: number;
  readonly deviation: number;
  /** Defended models, each with each seed, on which some attack broke an image. */
  readonly models: number;
}

/** An attack's local optimality on a model; null where no attack broke an image. */
interface LocalScore {
  readonly attack: string;
  readonly optimality: number | null;
}

/**
 * AttackBench's optimality of the attacks of one norm, from the smallest distance that each found for each image at any of its strengths.
 * The best attack first. Empty where there is one attack only.
 * @param samples images attacked in each trial
 */
export function optimalityLines(rows: readonly DistanceRow[], samples: number): OptimalityLine[] {
  const targets = groupBy(rows, ({ condition: { dataset, model, defence, seed } }) =>
    canonicalJson([dataset, model, defence, seed]),
  );
  const scores = targets.flatMap((ofTarget) => {
    const attacks = groupBy(ofTarget, ({ condition }) => condition.attack);
    // Images without a row were wrong before: they lie at 0.
    const distances = attacks.map((ofAttack) => {
      const all = new Float64Array(samples);
      for (const { sample, upper } of ofAttack) all[sample] = upper;
      return all;
    });
    const envelope = lowerEnvelope(distances);
    return attacks.map(([{ condition }], k): LocalScore => {
      const score = localOptimality(distances[k], envelope);
      return { attack: condition.attack, optimality: score?.optimality ?? null };
    });
  });
  return globalLines(scores);
}

/** AttackBench's global optimality from the local one on every model, the best attack first; empty where there is one attack only. */
export function globalLines(scores: readonly LocalScore[]): OptimalityLine[] {
  const known = scores.flatMap(({ attack, optimality }) => (optimality === null ? [] : [{ attack, optimality }]));
  const byAttack = groupBy(known, ({ attack }) => attack);
  if (byAttack.length < 2) return [];
  return byAttack
    .map((ofAttack) => ({
      attack: ofAttack[0].attack,
      ...globalOptimality(ofAttack.map(({ optimality }) => optimality)),
      models: ofAttack.length,
    }))
    .sort((a, b) => b.mean - a.mean);
}
