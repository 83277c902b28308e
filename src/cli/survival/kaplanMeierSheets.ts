/** What `outlast survival km --tidy` writes: curves and tests as tables, in the manner of R's broom. */
import {
  failedWeight,
  type KaplanMeierEstimate,
  type LikelihoodTest,
  nelsonAalen,
  type RestrictedMean,
  type SurvivalQuantile,
  type SurvivalTable,
  type TurnbullEstimate,
  totalWeight,
} from '../../analysis/survival/index.ts';
import { type Sheet, sheetOf } from '../../analysis/tables/index.ts';

/** The curve of one group, with what is read off it. */
export type GroupEstimate = {
  /** Empty where there is one group only. */
  readonly label: string;
  readonly table: SurvivalTable;
  readonly median: SurvivalQuantile;
} & (
  | {
      readonly kind: 'Kaplan-Meier';
      readonly estimate: KaplanMeierEstimate;
      /** Up to the horizon. */
      readonly mean: RestrictedMean;
    }
  // Where in an interval its mass lies is not known, and so no mean is.
  | { readonly kind: 'Turnbull'; readonly estimate: TurnbullEstimate; readonly mean: null }
);

/**
 * Curves at every time, a summary of each group, and the log-rank test: no row where groups are not compared.
 * @param horizon up to which means are taken
 */
export function kaplanMeierSheets(
  groups: readonly GroupEstimate[],
  horizon: number,
  test: LikelihoodTest | null,
): Record<string, Sheet> {
  return {
    curves: curveSheet(groups),
    groups: groupSheet(groups, horizon),
    'log-rank': sheetOf(
      { statistic: 'number', df: 'whole', 'p.value': 'number' },
      test === null ? [] : [{ statistic: test.statistic, df: test.degreesOfFreedom, 'p.value': test.p }],
    ),
  };
}

/**
 * broom's `tidy` of a `survfit`, with the cumulative hazard of Nelson and Aalen. Failures in intervals have in place of counts the
 * `start` of the interval that ends at `time`, and the probability `mass` of a failure in it.
 */
function curveSheet(groups: readonly GroupEstimate[]): Sheet {
  if (groups.some(({ kind }) => kind === 'Turnbull'))
    return sheetOf(
      {
        ...({ group: 'text', start: 'number', time: 'number', mass: 'number' } as const),
        ...({ estimate: 'number', 'conf.low': 'number', 'conf.high': 'number' } as const),
      },
      groups.flatMap(({ kind, label, estimate }) =>
        kind === 'Turnbull'
          ? Array.from(estimate.times, (time, k) => ({
              ...{ group: label, start: estimate.starts[k], time, mass: estimate.masses[k] },
              ...{ estimate: estimate.survival[k], 'conf.low': estimate.lower[k], 'conf.high': estimate.upper[k] },
            }))
          : [],
      ),
    );
  return sheetOf(
    {
      ...({ group: 'text', time: 'number', 'n.risk': 'number', 'n.event': 'number', 'n.censor': 'number' } as const),
      ...({ estimate: 'number', 'std.error': 'number', 'conf.low': 'number', 'conf.high': 'number' } as const),
      ...({ cumhaz: 'number' } as const),
    },
    groups.flatMap(({ kind, label, table, estimate }) => {
      if (kind === 'Turnbull') return [];
      const { cumulativeHazard } = nelsonAalen(table);
      return Array.from(estimate.times, (time, k) => ({
        group: label,
        time,
        'n.risk': estimate.atRisk[k],
        'n.event': estimate.events[k],
        'n.censor': estimate.censored[k],
        estimate: estimate.survival[k],
        'std.error': estimate.standardErrorLog[k],
        'conf.low': estimate.lower[k],
        'conf.high': estimate.upper[k],
        cumhaz: cumulativeHazard[k],
      }));
    }),
  );
}

/** broom's `glance` of a `survfit`, of every group. */
function groupSheet(groups: readonly GroupEstimate[], horizon: number): Sheet {
  return sheetOf(
    {
      ...({ group: 'text', n: 'number', events: 'number', median: 'number', 'conf.low': 'number' } as const),
      ...({ 'conf.high': 'number', rmean: 'number', 'rmean.std.error': 'number', 'rmean.horizon': 'number' } as const),
    },
    groups.map(({ label, table, median, mean }) => ({
      group: label,
      n: totalWeight(table),
      events: failedWeight(table),
      median: median.estimate,
      'conf.low': median.lower,
      'conf.high': median.upper,
      rmean: mean?.estimate ?? null,
      'rmean.std.error': mean?.standardError ?? null,
      'rmean.horizon': mean === null ? null : horizon,
    })),
  );
}
