import { mean } from 'simple-statistics';
import { streamId } from '../../base/philox.ts';
import { estimateTrash, type ImageCost, type TrashEstimate, type TrashOptions } from './estimate.ts';
import { type AttackOutcome, restrictedCost, type Strategy } from './strategy.ts';

/** TRASH of one attack at one strength. */
export function trashOfAttack({ outcomes }: Strategy, options: TrashOptions): TrashEstimate {
  return estimateTrash([outcomes.map(imageCostAt(options.horizon))], options);
}

/** The mean over every attack and strength, as in the paper: it depends on which attacks a study happens to name. */
export function trashOfPooled(strategies: readonly Strategy[], options: TrashOptions): TrashEstimate {
  const cost = imageCostAt(options.horizon);
  return estimateTrash(
    strategies.map(({ outcomes }) => outcomes.map(cost)),
    options,
  );
}

/**
 * The lower envelope: every image by whichever attack broke it at the least cost, as if the attacker knew it beforehand. At one
 * horizon one more attack can only raise it or leave it, exactly.
 */
export function trashOfEnvelope(strategies: readonly Strategy[], options: TrashOptions): TrashEstimate {
  const cost = imageCostAt(options.horizon);
  const least = new Map<string, ImageCost>();
  for (const { outcomes } of strategies) {
    for (const outcome of outcomes) {
      const key = keyOf(outcome);
      const one = cost(outcome);
      const before = least.get(key);
      least.set(
        key,
        before === undefined
          ? one
          : {
              ...one,
              cost: Math.min(one.cost, before.cost),
              spent: Math.min(one.spent, before.spent),
              broken: Math.max(one.broken, before.broken),
            },
      );
    }
  }
  return estimateTrash([[...least.values()]], options);
}

/** The score of the best single attack. */
export interface BestEstimate extends TrashEstimate {
  /** The best on all images; then, where they differ, those that were best on one half of them. */
  readonly attacks: readonly string[];
}

/**
 * The best single attack: the strategy with the least mean cost on all images. One more attack can only raise the score or leave it.
 *
 * Having chosen flatters the attacker where several attacks are nearly as good. So the lower limit is the lower of two: that of the
 * chosen attack, and that of sample splitting with cross-fitting (Chernozhukov et al. 2018), where the attack is chosen on one half of
 * the images and judged on the other, both ways. The halves follow from the images' names alone. Where one attack is plainly the best
 * both halves choose it, and the two limits are one.
 */
export function trashOfBest(strategies: readonly Strategy[], options: TrashOptions): BestEstimate {
  const cost = imageCostAt(options.horizon);
  const candidates = strategies.map(({ attack, outcomes }) => ({
    attack,
    costs: outcomes.map(cost),
    halves: [0, 1].map((side) => outcomes.filter(({ image }) => halfOf(image) === side).map(cost)),
  }));
  const best = cheapest(candidates, ({ costs }) => costs);
  const estimate = estimateTrash([best?.costs ?? []], options);
  const judged = [0, 1].map((side) => {
    const chosen = cheapest(candidates, ({ halves }) => halves[1 - side]);
    return { attack: chosen?.attack, costs: chosen?.halves[side] ?? [] };
  });
  const costs = judged.flatMap((half) => half.costs);
  const split = costs.length > 0 ? estimateTrash([costs], options) : estimate;
  const lower =
    estimate.lower === null || split.lower === null ? estimate.lower : Math.min(estimate.lower, split.lower);
  const names = [best, ...judged].flatMap((each) => each?.attack ?? []);
  return { ...estimate, lower, attacks: [...new Set(names)] };
}

/** The half of the images that one belongs to: a bit of a hash of its name (FNV-1a, mixed so that each bit depends on all). */
function halfOf(image: string): number {
  const hash = streamId(image);
  return (Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 13) & 1;
}

interface Candidate {
  readonly attack: string;
  readonly costs: readonly ImageCost[];
  readonly halves: readonly (readonly ImageCost[])[];
}

/**
 * The candidate with the least mean of some of its costs; of equals the one that broke most, and of these the first. Undefined where none
 * has met an image. (Attacks of one step are equals where the horizon is that step, whatever they break.)
 */
function cheapest(
  candidates: readonly Candidate[],
  of: (candidate: Candidate) => readonly ImageCost[],
): Candidate | undefined {
  const judged = candidates
    .filter((each) => of(each).length > 0)
    .map((candidate) => ({
      candidate,
      cost: mean(of(candidate).map(({ cost }) => cost)),
      broken: mean(of(candidate).map(({ broken }) => broken)),
    }));
  return judged.toSorted((a, b) => a.cost - b.cost || b.broken - a.broken)[0]?.candidate;
}

const keyOf = ({ training, image }: AttackOutcome) => JSON.stringify([training, image]);

const imageCostAt =
  (horizon: number) =>
  (outcome: AttackOutcome): ImageCost => ({
    image: outcome.image,
    training: outcome.training,
    cost: restrictedCost(outcome, horizon),
    spent: Math.min(outcome.cost, horizon),
    broken: Number(outcome.broken && outcome.cost <= horizon),
  });
