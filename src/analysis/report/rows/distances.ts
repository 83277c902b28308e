import { groupBy } from '../../../base/groupBy.ts';
import { type AttackNorm, type AttackRecord, attackNamed, DISTANCE_IN } from '../../robustness/index.ts';
import { canonicalJson } from '../../study/index.ts';
import type { Attacked } from './attacked.ts';
import { imageName } from './imageName.ts';
import type { Condition } from './rows.ts';
import { conditionColumns, type StudyTable } from './studyTable.ts';

/** One image under one attack at all its strengths: it breaks somewhere in (lower, upper]. */
export interface DistanceRow {
  /** What the attack was made under, without a strength, as all are taken together. */
  readonly condition: Condition;
  readonly sample: number;
  /** One image attacked under many conditions (see `imageName`). */
  readonly cluster: string;
  readonly lower: number;
  /** The smallest distance at which it was broken; infinite where it never was. Equal to `lower` where the distance is known exactly. */
  readonly upper: number;
}

/** What an attack at one strength did to an image. */
interface Try {
  /** Largest distance, in the attack's norm; null where the attack goes as far as it must. */
  readonly radius: number | null;
  /** Whether the attack looks for the nearest adversarial image, so that what it found is its distance. */
  readonly isNearest: boolean;
  readonly record: AttackRecord;
}

/** Share of a radius by which a distance computed from pixels in binary32 may miss it. */
const ROUNDING = 1e-4;

/**
 * How far every image must move under each attack, in the attack's norm, all strengths of an attack taken together. An attack that looks
 * for the nearest adversarial image tells the distance; of one within a radius, the distance lies above every radius at which it failed,
 * and at or below the nearest that it found. An image that was never broken is right-censored at the largest radius, of an attack without
 * one at the farthest that it moved any image of the condition.
 */
export function distanceRows(attacked: readonly Attacked[]): DistanceRow[] {
  const alike = groupBy(attacked, ({ attack: { trial }, condition: { attack, norm } }) =>
    canonicalJson([trial.train, trial.defence, attack, norm, trial.seed]),
  );
  return alike.flatMap((group) => {
    const [{ attack: first }] = group;
    const condition: Condition = { ...group[0].condition, eps: null, pixels: null };
    const { norm } = condition;
    const distanceOf = ({ distances }: AttackRecord) => distances[DISTANCE_IN[norm as AttackNorm]];
    const tries = group.flatMap(({ attack: { trial, result }, condition: { eps, pixels } }) => {
      const isNearest =
        trial.protocol !== undefined || ['none', 'optional eps'].includes(attackNamed(trial.attack.name).strength);
      return result.records
        .filter(({ misclassifiedBefore }) => !misclassifiedBefore)
        .map((record): Try => ({ radius: norm === '0' ? pixels : eps, isNearest, record }));
    });
    const reach = tries.reduce((far, { record }) => (record.success ? Math.max(far, distanceOf(record)) : far), 0);
    return groupBy(tries, ({ record }) => String(record.sample)).map((ofSample): DistanceRow => {
      const { sample } = ofSample[0].record;
      const cluster = imageName(condition.dataset, condition.seed, first.result, sample);
      return { condition, sample, cluster, ...bracket(ofSample, distanceOf, reach) };
    });
  });
}

/** Between which distances an image breaks. @param reach the farthest at which the attack broke any image */
function bracket(tries: readonly Try[], distanceOf: (record: AttackRecord) => number, reach: number) {
  const broken = tries.filter(({ record }) => record.success);
  const failed = tries.filter(({ record }) => !record.success).map(({ radius }) => radius ?? reach);
  if (broken.length === 0) return { lower: Math.max(...failed), upper: Infinity };
  const found = broken.map(({ radius, isNearest, record }) => {
    const distance = distanceOf(record);
    const isAtRadius = radius !== null && distance > radius * (1 - ROUNDING);
    return { distance: isAtRadius ? radius : distance, isNearest };
  });
  const nearest = found.reduce((best, each) => (each.distance < best.distance ? each : best));
  const below = failed.filter((radius) => radius < nearest.distance);
  return { lower: nearest.isNearest ? nearest.distance : Math.max(0, ...below), upper: nearest.distance };
}

/** The rows of one norm as a table; rows of which no distance is known are left out and counted. */
export function distanceTable(all: readonly DistanceRow[]): StudyTable {
  const rows = all.filter(({ upper, lower }) => (upper === Infinity ? lower : upper) > 0);
  return {
    clock: 'distance',
    ...conditionColumns(rows),
    durations: Float64Array.from(rows, ({ lower }) => lower),
    ends: Float64Array.from(rows, ({ upper }) => upper),
    failed: Uint8Array.from(rows, ({ upper }) => Number(upper < Infinity)),
    instant: all.length - rows.length,
  };
}
