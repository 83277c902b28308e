import { InputError } from '../../base/errors.ts';

/**
 * Cost of training on one sample: total cost over the number of training samples; all epochs count in the total.
 *
 * The paper's published figure used samples per second, N / T, in its place, which turns the order of models around. Division
 * stands here, once, so that nobody repeats this; the number of samples must be whole, which catches most exchanged arguments.
 * @throws InputError
 */
export function costPerSample(totalCost: number, samples: number): number {
  if (!(totalCost > 0 && totalCost < Infinity)) {
    throw new InputError(`training cost: ${totalCost} should be a positive time, or number of queries or operations`);
  }
  if (!Number.isInteger(samples) || samples < 1) {
    throw new InputError(
      `training samples: ${samples} should be a positive whole number (the arguments are total cost, then samples)`,
    );
  }
  return totalCost / samples;
}

/** What one unit of the clock costs: a second on the machine that trains, a second on the one that attacks. */
export interface Prices {
  readonly training: number;
  readonly attack: number;
  readonly currency: string;
}

/** A score with the two costs that it divides, in one unit. */
export interface CostedScore {
  readonly value: number;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly trainingCost: number;
  /** E[min(T, horizon)]. */
  readonly meanCost: number;
}

/** A score in money: what training on a sample cost the defender, what breaking one costs the attacker, and their ratio. */
export interface PricedTrash {
  readonly currency: string;
  readonly value: number;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly trainingCost: number;
  readonly breakingCost: number;
  readonly breakingCostLower: number | null;
  readonly breakingCostUpper: number | null;
}

/**
 * The score at the prices of the two sides. With one price for both it is the score itself; an attacker on cheaper hardware is
 * better off by the ratio of the prices.
 * @throws InputError if a price is not positive.
 */
export function pricedTrash(score: CostedScore, { training, attack, currency }: Prices): PricedTrash {
  for (const [name, price] of Object.entries({ training, attack })) {
    if (!(price > 0 && price < Infinity))
      throw new InputError(`TRASH: the price of ${name}, ${price}, should be positive`);
  }
  const { value, lower, upper, trainingCost, meanCost } = score;
  const ratio = training / attack;
  const scaled = (limit: number | null) => (limit === null ? null : limit * ratio);
  const breaking = (limit: number | null) => (limit === null ? null : (attack * meanCost * value) / limit);
  return {
    currency,
    value: value * ratio,
    lower: scaled(lower),
    upper: scaled(upper),
    trainingCost: trainingCost * training,
    breakingCost: meanCost * attack,
    breakingCostLower: breaking(upper),
    breakingCostUpper: breaking(lower),
  };
}
