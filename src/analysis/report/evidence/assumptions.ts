import { groupBy } from '../../../base/groupBy.ts';
import { attackNamed, type Budget, type DefenceSpec, defenceDefinition } from '../../robustness/index.ts';
import { canonicalJson, type ProtocolSpec } from '../../study/index.ts';
import type { Attacked } from '../rows/attacked.ts';
import { distinct } from '../rows/conditions.ts';

/** What an attacker was taken to know of the defended model. */
export type Knowledge = 'white box' | 'black box, scores' | 'black box, labels';

const KNOWLEDGE: Readonly<Record<'gradients' | 'logits' | 'classes', Knowledge>> = {
  gradients: 'white box',
  logits: 'black box, scores',
  classes: 'black box, labels',
};

/** An attack of the study, all its strengths together. */
export interface AssumedAttack {
  readonly attack: string;
  readonly norm: string;
  readonly knowledge: Knowledge;
  /** What it asked the defended model for. */
  readonly asks: 'gradients' | 'logits' | 'classes';
  /** Largest distances, pixels lying in [0, 1]; empty where the attack goes as far as it must, or counts pixels. */
  readonly eps: readonly number[];
  /** Pixels that might change; empty where all might. */
  readonly pixels: readonly number[];
  /** The most that any image was asked about, forward and backward, by this attack in this study. */
  readonly mostQueries: number;
  readonly mostGradients: number;
}

/** How the study's attacks met a defence. */
export type Adaptation =
  /** The model answers by itself: none, or a defence of the training. */
  | 'nothing to adapt to'
  /** Through the defence, by its own derivative. */
  | 'its own gradient'
  /** Backward pass differentiable approximation: the derivative of the identity. */
  | 'BPDA'
  /** By the answers of the defended model alone. */
  | 'asked as it answers';

export interface AssumedDefence {
  readonly defence: string;
  readonly acts: 'training' | 'prediction';
  /** How its attacks followed or asked it, in the order of the study. */
  readonly adaptations: readonly Adaptation[];
  /** Draws that each answer of a random defence was the mean of (EOT), each number that occurs; empty of other defences. */
  readonly draws: readonly number[];
}

/** What the figures of a report hold under; all of it is read from the trials. */
export interface Assumptions {
  readonly attacks: readonly AssumedAttack[];
  readonly defences: readonly AssumedDefence[];
  /** The limits on an image that trials were given; empty where they had none. */
  readonly budgets: readonly Budget[];
  /** The protocols by which attacks were run; empty where each was run at its strengths. */
  readonly protocols: readonly ProtocolSpec[];
  /** Images of each trial. */
  readonly samples: readonly number[];
  readonly seeds: readonly number[];
}

/** Reads the assumptions off the attacks of a study, its controls not among them. */
export function assumptionsOf(attacked: readonly Attacked[]): Assumptions {
  return {
    attacks: groupBy(attacked, ({ condition: { attack, norm } }) => canonicalJson([attack, norm])).map(assumedAttack),
    defences: groupBy(attacked, ({ condition }) => condition.defence).map(assumedDefence),
    budgets: distinct(attacked.flatMap(({ attack }) => attack.trial.budget ?? [])),
    protocols: distinct(attacked.flatMap(({ attack }) => attack.trial.protocol ?? [])),
    samples: numbers(attacked, ({ attack }) => attack.result.records.length),
    seeds: numbers(attacked, ({ attack }) => attack.trial.seed),
  };
}

function assumedAttack(alike: readonly Attacked[]): AssumedAttack {
  const [{ attack, condition }] = alike;
  const { asks } = attackNamed(attack.trial.attack.name);
  const records = alike.flatMap((each) => each.attack.result.records);
  const most = (of: 'queries' | 'gradients') => records.reduce((high, { cost }) => Math.max(high, cost[of]), 0);
  return {
    attack: condition.attack,
    norm: condition.norm,
    knowledge: KNOWLEDGE[asks],
    asks,
    eps: numbers(alike, (each) => each.condition.eps),
    pixels: numbers(alike, (each) => each.condition.pixels),
    mostQueries: most('queries'),
    mostGradients: most('gradients'),
  };
}

function assumedDefence(alike: readonly Attacked[]): AssumedDefence {
  const [{ attack, condition }] = alike;
  const { acts, random } = defenceDefinition(attack.trial.defence);
  return {
    defence: condition.defence,
    acts,
    adaptations: distinct(alike.map((each) => adaptationTo(attack.trial.defence, each))),
    draws: random ? numbers(alike, (each) => each.attack.trial.attack.expectationSamples ?? 1) : [],
  };
}

function adaptationTo(defence: DefenceSpec, { attack: { trial } }: Attacked): Adaptation {
  const { acts, differentiable } = defenceDefinition(defence);
  if (acts === 'training' || defence.name === 'none') return 'nothing to adapt to';
  if (attackNamed(trial.attack.name).asks !== 'gradients') return 'asked as it answers';
  return differentiable ? 'its own gradient' : 'BPDA';
}

/** The numbers that occur, the smallest first. */
const numbers = <T>(all: readonly T[], of: (one: T) => number | null): number[] =>
  [...new Set(all.map(of).filter((value) => value !== null))].sort((a, b) => a - b);
