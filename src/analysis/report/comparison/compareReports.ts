import { canonicalJson, type SurvivalClock } from '../../study/index.ts';
import type { AttackLine, SurvivalCurve, TrashLine } from '../document.ts';
import type { Report } from '../report.ts';
import { wilson } from '../wilson.ts';
import { type DesignDifference, designDifferences } from './design.ts';
import type { Estimate } from './difference.ts';
import { scoreRatio } from './scoreRatio.ts';

/** Something in the first report, and in the second; null where one has it not. */
export type Pair<T> = readonly [T | null, T | null];

/** TRASH of a model and defence in two reports. */
export interface TrashPair {
  readonly dataset: string;
  readonly model: string;
  readonly defence: string;
  readonly lines: Pair<TrashLine>;
  /** The second score over the first; null where one has no interval, or the clocks differ. */
  readonly ratio: Estimate | null;
}

/** An attack of two reports. */
export interface AttackPair {
  readonly lines: Pair<AttackLine>;
  /** Share of images that are right after the attack, second less first; null where one report has not the attack. */
  readonly difference: Estimate | null;
}

/** Survival of the images of a model, a defence and an attack in two reports. */
export interface CurvePair {
  readonly model: string;
  readonly defence: string;
  readonly attack: string;
  readonly curves: readonly [SurvivalCurve, SurvivalCurve];
}

/** Two reports side by side, as far as reports tell: they hold no image by itself. */
export interface ReportComparison {
  /** What the studies, their machines and programs differ in. */
  readonly design: readonly DesignDifference[];
  /** Null where the two count costs by different clocks, so that no costs can be compared. */
  readonly clock: SurvivalClock | null;
  readonly trash: readonly TrashPair[];
  readonly attacks: readonly AttackPair[];
  /** Curves of the groups that both have; empty where the clocks differ. */
  readonly curves: readonly CurvePair[];
}

/**
 * Compares two reports: what both have, and what one has alone. Attacks belong together by data set, model, precision, defence and
 * settings of the attack; seeds and trainings may differ.
 */
export function compareReports(first: Report, second: Report): ReportComparison {
  const clock = first.survival.clock === second.survival.clock ? first.survival.clock : null;
  const trash = pairs(first.trash, second.trash, ({ dataset, model, defence }) => [dataset, model, defence]);
  const attacks = pairs(first.attacks, second.attacks, (line) => {
    const { dataset, precision, model, defence, configuration } = line;
    return [dataset, precision, model, defence, configuration];
  });
  const curves = pairs(first.kaplanMeier, second.kaplanMeier, ({ model, defence, attack }) => [model, defence, attack]);
  return {
    design: designDifferences(first, second),
    clock,
    trash: trash.map((lines) => {
      const { dataset, model, defence } = (lines[0] ?? lines[1])!;
      return { dataset, model, defence, lines, ratio: clock === null ? null : scoreRatio(...lines) };
    }),
    attacks: attacks.map((lines) => ({ lines, difference: shareDifference(lines) })),
    curves: curves.flatMap(([one, other]) => {
      if (clock === null || one === null || other === null) return [];
      const { model, defence, attack } = one;
      return [{ model, defence, attack, curves: [one, other] as const }];
    }),
  };
}

/** Items of two lists that have the same key; of several with one key the first belongs to the first, and so on. */
function pairs<T>(first: readonly T[], second: readonly T[], keyOf: (item: T) => unknown): Pair<T>[] {
  const [ones, others] = [first, second].map((items) => {
    const places = new Map<string, number>();
    return new Map(
      items.map((item) => {
        const key = canonicalJson(keyOf(item));
        const place = places.get(key) ?? 0;
        places.set(key, place + 1);
        return [`${key} ${place}`, item];
      }),
    );
  });
  const keys = new Set([...ones.keys(), ...others.keys()]);
  return [...keys].map((key) => [ones.get(key) ?? null, others.get(key) ?? null]);
}

/** The difference of two shares of images, which count as different images, with Newcombe's limits. */
function shareDifference([one, other]: Pair<AttackLine>): Estimate | null {
  if (one === null || other === null) return null;
  return newcombe(other.robustAccuracy, other.samples, one.robustAccuracy, one.samples);
}

/**
 * The difference of two independent shares with its 95 % limits (Newcombe, Statistics in Medicine 17, 1998, method 10): they hold for
 * few images, and for shares of 0 and 1.
 */
export function newcombe(share: number, count: number, from: number, ofCount: number): Estimate {
  const [low, high] = wilson(share, count);
  const [fromLow, fromHigh] = wilson(from, ofCount);
  const estimate = share - from;
  return {
    estimate,
    lower: estimate - Math.hypot(share - low, fromHigh - from),
    upper: estimate + Math.hypot(high - share, from - fromLow),
  };
}
