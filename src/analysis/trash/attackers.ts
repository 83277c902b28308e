import { randomWords, streamId } from '../../engine/philox.ts';
import { estimateTrash, type ImageCost, type TrashEstimate, type TrashOptions } from './estimate.ts';
import { type AttackOutcome, restrictedCost, type Strategy } from './strategy.ts';

/** TRASH of one attack at one strength. */
export function trashOfAttack({ outcomes }: Strategy, options: TrashOptions): TrashEstimate {
  return estimateTrash(outcomes.map(imageCostAt(options.horizon)), options);
}

/** The mean over every attack and strength, as in the paper: it depends on which attacks a study happens to name. */
export function trashOfPooled(strategies: readonly Strategy[], options: TrashOptions): TrashEstimate {
  const all = strategies.flatMap(({ outcomes }) => outcomes.map(imageCostAt(options.horizon)));
  return estimateTrash(all, options);
}

/**
 * The lower envelope: every image by whichever attack broke it at the least cost, as if the attacker knew it beforehand. At one
 * horizon one more attack can only raise it or leave it, exactly.
 */
export function trashOfEnvelope(strategies: readonly Strategy[], options: TrashOptions): TrashEstimate {
  const least = new Map<string, ImageCost>();
  for (const { outcomes } of strategies) {
    for (const outcome of outcomes) {
      const key = keyOf(outcome);
      const one = imageCostAt(options.horizon)(outcome);
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
  return estimateTrash([...least.values()], options);
}

/** The score of the best single attack. */
export interface BestEstimate extends TrashEstimate {
  /** The best on all images; then, where they differ, those that were best on one half of them. */
  readonly attacks: readonly string[];
}

/**
 * The best single attack: the strategy with the least mean cost. It is chosen on one half of the images and judged on the other, both
 * ways, so that having chosen does not flatter it (sample splitting with cross-fitting: Chernozhukov et al. 2018). The halves follow
 * from the images' names alone. The estimate errs on the side of the model by what a wrong choice costs, which is little where
 * strategies are nearly as good as each other, and rare where they are not.
 */
export function trashOfBest(strategies: readonly Strategy[], options: TrashOptions): BestEstimate {
  const cost = imageCostAt(options.horizon);
  const half = ({ image }: AttackOutcome) =>
    randomWords({ seed: 0, stream: streamId(`trash.half ${image}`), substream: 0 }, 1)[0] & 1;
  const halves = [0, 1].map((side) =>
    strategies.map(({ attack, outcomes }) => ({
      attack,
      costs: outcomes.filter((outcome) => half(outcome) === side).map(cost),
    })),
  );
  const overall = cheapest(strategies.map(({ attack, outcomes }) => ({ attack, costs: outcomes.map(cost) })));
  const judged = [0, 1].map((side) => {
    const other = cheapest(halves[1 - side]) ?? overall;
    const own = halves[side].find(({ attack }) => attack === other?.attack);
    return { attack: other?.attack, costs: own?.costs ?? [] };
  });
  const estimate = estimateTrash(
    judged.flatMap(({ costs }) => costs),
    options,
  );
  const names = [overall, ...judged].flatMap((each) => each?.attack ?? []);
  return { ...estimate, attacks: [...new Set(names)] };
}

interface Candidate {
  readonly attack: string;
  readonly costs: readonly ImageCost[];
}

/** The candidate with the least mean; of equals the first. Undefined where none has met an image. */
function cheapest(candidates: readonly Candidate[]): Candidate | undefined {
  const mean = ({ costs }: Candidate) => costs.reduce((sum, { cost }) => sum + cost, 0) / costs.length;
  return candidates
    .filter(({ costs }) => costs.length > 0)
    .reduce<Candidate | undefined>(
      (best, each) => (best === undefined || mean(each) < mean(best) ? each : best),
      undefined,
    );
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
