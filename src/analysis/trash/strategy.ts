/** What one attack at one strength spent on one image that was right before it. */
export interface AttackOutcome {
  /** Outcomes of one image, under whatever attack, are a cluster. */
  readonly image: string;
  /** The trained model, one for each seed. */
  readonly training: string;
  /** Cost until the image was broken, or until the attack gave up. */
  readonly cost: number;
  readonly broken: boolean;
}

/**
 * An attack as an attacker chooses it: a strategy with its strength, its parameters and its budget. An image that it leaves unbroken
 * has cost the budget and is not broken by it, however long one waits.
 */
export interface Strategy {
  /** Names the attack with its strength. */
  readonly attack: string;
  /** Names the attack without its strength. */
  readonly family: string;
  readonly outcomes: readonly AttackOutcome[];
}

/** min(T, horizon), where T is the cost of breaking the image, and infinite where the strategy leaves it unbroken. */
export function restrictedCost({ cost, broken }: AttackOutcome, horizon: number): number {
  return broken ? Math.min(cost, horizon) : horizon;
}

/** Share of its strongest rival's broken images from which a strategy is about as strong. */
const NEARLY_ALL = 0.95;

/**
 * The cost up to which images are compared. A strategy with its budget is known for ever: what it left unbroken it does not break. So
 * no model limits another, and of all models the largest follow-up counts; those of which nothing was broken are left aside. The
 * follow-up of a model is the cheapest budget among the strategies that break nearly as many images (95 %) as the strongest does: a
 * useless attack with a long budget, or a weak one with a short budget, changes nothing. Where such strategies broke every image, it is
 * the largest cost at which one of them did.
 * @param configurations the strategies of each model that is compared
 */
export function commonHorizon(configurations: readonly (readonly Strategy[])[]): number {
  const broken = configurations.filter((strategies) => strategies.some((strategy) => brokenShare(strategy) > 0));
  return Math.max(...(broken.length > 0 ? broken : configurations).map(followUp));
}

/** The strategies that break nearly as many images as the strongest does. */
function strongest(strategies: readonly Strategy[]): Strategy[] {
  const most = Math.max(...strategies.map(brokenShare));
  return strategies.filter((strategy) => brokenShare(strategy) >= NEARLY_ALL * most);
}

function followUp(strategies: readonly Strategy[]): number {
  const strongestOnes = strongest(strategies);
  const budgets = strongestOnes.filter(leavesSome).map(largestCost);
  const nothingBroken = strongestOnes.every((strategy) => brokenShare(strategy) === 0);
  return budgets.length === 0 || nothingBroken ? Math.max(...strongestOnes.map(largestCost)) : Math.min(...budgets);
}

const brokenShare = ({ outcomes }: Strategy) => outcomes.filter(({ broken }) => broken).length / outcomes.length;
const largestCost = ({ outcomes }: Strategy) => outcomes.reduce((largest, { cost }) => Math.max(largest, cost), 0);
const leavesSome = ({ outcomes }: Strategy) => outcomes.some(({ broken }) => !broken);

/** An attack whose share of a pooled mean is so large that the mean speaks of it alone. */
export interface Carrier {
  readonly family: string;
  /** Share of the total cost. */
  readonly share: number;
}

/** From this share of the pooled cost on, or where the mean without it is less than half, an attack carries the mean. */
const CARRIES = 0.8;

/** The attack that carries the mean over several; null where none does, or there is only one. */
export function carriedBy(strategies: readonly Strategy[], horizon: number): Carrier | null {
  const families = new Map<string, { cost: number; count: number }>();
  for (const { family, outcomes } of strategies) {
    const { cost, count } = families.get(family) ?? { cost: 0, count: 0 };
    const spent = outcomes.reduce((sum, outcome) => sum + restrictedCost(outcome, horizon), 0);
    families.set(family, { cost: cost + spent, count: count + outcomes.length });
  }
  if (families.size < 2) return null;
  const all = [...families.values()].reduce((a, b) => ({ cost: a.cost + b.cost, count: a.count + b.count }));
  const [family, { cost, count }] = [...families].reduce((most, each) => (each[1].cost > most[1].cost ? each : most));
  const without = (all.cost - cost) / (all.count - count);
  const share = cost / all.cost;
  return share > CARRIES || without < all.cost / all.count / 2 ? { family, share } : null;
}
