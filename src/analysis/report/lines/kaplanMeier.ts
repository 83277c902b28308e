import { groupBy } from '../../../base/groupBy.ts';
import {
  type FittedModel,
  isRightCensored,
  kaplanMeier,
  medianSurvival,
  type SurvivalTable,
  turnbull,
} from '../../survival/index.ts';
import type { Curve, FactorCurve, SurvivalCurve, SurvivalStep } from '../document.ts';
import { type Factor, levelsOf, variedFactors } from '../rows/factors.ts';
import { fittedSurvival } from '../rows/fittedSurvival.ts';
import { restrict, toSurvivalTable } from '../rows/studyTable.ts';
import type { StudyFit } from './survival.ts';

/** Points of a fitted curve, evenly spaced in time and as many in its logarithm: smooth on either axis. */
const FITTED_POINTS = 40;

/** More steps than this no eye tells apart, and no page holds of many curves. */
const MOST_STEPS = 400;

/** More curves by model, defence and attack than this are not drawn; those by one factor remain. */
const MOST_CURVES = 120;

/** Kaplan-Meier curves by model, defence and attack, over all strengths, each with the mean of the fitted survival. */
export function survivalCurves(study: StudyFit): SurvivalCurve[] {
  const indexed = study.table.conditions.map((condition, index) => ({ condition, index }));
  const groups = groupBy(indexed, ({ condition: { model, defence, attack } }) =>
    JSON.stringify([model, defence, attack]),
  );
  if (groups.length > MOST_CURVES) return [];
  return groups.map((members) => {
    const { model, defence, attack } = members[0].condition;
    return { model, defence, attack, ...curveOf(study, members) };
  });
}

/** Kaplan-Meier curves by each factor that the study varies, over everything else. */
export function factorCurves(study: StudyFit): FactorCurve[] {
  const indexed = study.table.conditions.map((condition, index) => ({ ...condition, index }));
  return variedFactors(indexed).flatMap((factor: Factor) =>
    levelsOf(indexed, factor).map(({ level, members }) => ({ factor, level, ...curveOf(study, members) })),
  );
}

/** The curve of all rows together. */
export const wholeCurve = (study: StudyFit): Curve =>
  curveOf(
    study,
    study.table.conditions.map((_, index) => ({ index })),
  );

function curveOf(study: StudyFit, members: readonly { readonly index: number }[]): Curve {
  const selected = restrict(
    study.table,
    members.map(({ index }) => index),
  );
  const table = toSurvivalTable(selected);
  const { steps, median } = isRightCensored(table) ? kaplanMeierSteps(table) : turnbullSteps(table);
  const [first, last] = [steps[0].time, steps[steps.length - 1].time];
  return {
    samples: selected.durations.length,
    failures: selected.failed.reduce((sum, failed) => sum + failed, 0),
    median,
    steps: thinned(steps),
    fitted: study.fitted === null ? [] : fittedCurve(study, study.fitted, selected.conditions, [first / 2, last]),
  };
}

/** An observed curve, with all its steps. */
interface Observed {
  readonly steps: readonly SurvivalStep[];
  readonly median: number | null;
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

function kaplanMeierSteps(table: SurvivalTable): Observed {
  const estimate = kaplanMeier(table);
  const steps = Array.from(estimate.times, (time, k) => ({
    time,
    survival: estimate.survival[k],
    lower: finite(estimate.lower[k]),
    upper: finite(estimate.upper[k]),
    atRisk: estimate.atRisk[k],
    events: estimate.events[k],
    censored: estimate.censored[k],
  }));
  return { steps, median: medianSurvival(estimate).estimate };
}

/** Larger tables have curves without limits, whose bootstrap would take minutes. */
const MOST_BOOTSTRAPPED = 5_000;

/**
 * Steps at the ends of intervals. A failure is counted with the last step at which it may have been, a censoring with the first at or
 * after it.
 */
function turnbullSteps(table: SurvivalTable): Observed {
  const estimate = turnbull(table, { replicates: table.rows > MOST_BOOTSTRAPPED ? 0 : undefined });
  const { times } = estimate;
  const events = new Float64Array(times.length);
  const censored = new Float64Array(times.length);
  for (let row = 0; row < table.rows; row++) {
    const after = times.findIndex((time) => time > table.upper[row]);
    if (table.upper[row] < Infinity) events[after < 0 ? times.length - 1 : Math.max(0, after - 1)]++;
    else {
      const next = times.findIndex((time) => time >= table.lower[row]);
      censored[next < 0 ? times.length - 1 : next]++;
    }
  }
  let gone = 0;
  const steps = Array.from(times, (time, k) => {
    const atRisk = table.rows - gone;
    gone += events[k] + censored[k];
    return {
      ...{ time, survival: estimate.survival[k], lower: finite(estimate.lower[k]), upper: finite(estimate.upper[k]) },
      ...{ atRisk, events: events[k], censored: censored[k] },
    };
  });
  return { steps, median: medianSurvival(estimate).estimate };
}

/**
 * At most `MOST_STEPS` of the steps, evenly along the curve: the one nearest below each of so many survivals, and the last. Failures
 * and censorings between two of them are counted with the later one, and those at risk are those before the first of them.
 */
function thinned(steps: readonly SurvivalStep[]): SurvivalStep[] {
  if (steps.length <= MOST_STEPS) return [...steps];
  const kept: SurvivalStep[] = [];
  let pending = { atRisk: steps[0].atRisk, events: 0, censored: 0 };
  let level = 1;
  steps.forEach((step, k) => {
    pending = { ...pending, events: pending.events + step.events, censored: pending.censored + step.censored };
    if (step.survival > level && k < steps.length - 1 && k % Math.ceil(steps.length / (MOST_STEPS / 2)) !== 0) return;
    kept.push({ ...step, ...pending });
    level = step.survival - 2 / MOST_STEPS;
    pending = { atRisk: steps[k + 1]?.atRisk ?? 0, events: 0, censored: 0 };
  });
  return kept;
}

/** The fitted survival from 0 to `last`, closely from `first` on, averaged over the rows: what the model expects of this very group. */
function fittedCurve(
  study: StudyFit,
  fitted: FittedModel,
  conditions: StudyFit['table']['conditions'],
  [first, last]: readonly [number, number],
): Curve['fitted'] {
  const shares = Array.from({ length: FITTED_POINTS }, (_, k) => k / (FITTED_POINTS - 1));
  // The last point once only: both ways of spacing end in it.
  const geometric = shares.slice(0, -1).map((share) => first * (last / first) ** share);
  const times = [...new Set([...shares.map((share) => last * share), ...geometric])].sort((a, b) => a - b);
  const members = new Set(conditions);
  const chosen = study.modelled.conditions.flatMap((condition, index) => (members.has(condition) ? [index] : []));
  if (chosen.length < conditions.length) return [];
  return fittedSurvival(study, fitted, chosen, times);
}

/** How many of a curve's samples are still at risk just before a time. */
export function atRisk({ steps, samples }: Pick<Curve, 'steps' | 'samples'>, time: number): number {
  if (time === 0) return samples;
  return steps.find((step) => step.time >= time)?.atRisk ?? 0;
}
