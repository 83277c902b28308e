import { count, fixed, interval, number } from '../../analysis/report/format.ts';
import {
  failedWeight,
  kaplanMeier,
  lastObservedTime,
  logRankTest,
  medianSurvival,
  nelsonAalen,
  restrictedMeanSurvival,
  type SurvivalTable,
  selectRows,
  totalWeight,
} from '../../analysis/survival/index.ts';
import type { EventChoice } from '../../analysis/tables/events.ts';
import { writeFileAtomic } from '../../engine/platform/files.node.ts';
import { print, type Terminal } from '../terminal.ts';
import { curveOf, survivalFigure, writeFigures } from './plots.ts';
import { readColumns } from './readColumns.ts';
import { aligned } from './text.ts';

export interface KaplanMeierFlags {
  readonly time: string;
  readonly event?: EventChoice;
  readonly missing?: readonly string[];
  readonly decimal?: 'point' | 'comma';
  readonly entry?: string;
  readonly weight?: string;
  readonly group?: string;
  readonly level: number;
  readonly interval: 'log' | 'log-log' | 'plain';
  readonly json?: string | true;
  readonly plots?: string;
}

/** `outlast survival km TABLE`. */
export async function kaplanMeierCommand(file: string, flags: KaplanMeierFlags, terminal: Terminal): Promise<void> {
  const choice = { ...flags, covariates: [] };
  const { table, groups, dropped } = await readColumns(file, choice, flags.decimal);
  const labels = groups === null ? [''] : [...new Set(groups)].sort();
  const horizon = Math.min(...labels.map((label) => lastObservedTime(tableOf(label))));
  const estimates = labels.map((label) => {
    const own = tableOf(label);
    const estimate = kaplanMeier(own, { confidenceLevel: flags.level, confidenceScale: flags.interval });
    return { label, own, estimate, median: medianSurvival(estimate), mean: restrictedMeanSurvival(estimate, horizon) };
  });
  const test = groups !== null && labels.length > 1 ? logRankTest(table, groups) : null;

  function tableOf(label: string): SurvivalTable {
    return groups === null ? table : selectRows(table, (row) => groups[row] === label);
  }

  if (dropped > 0) terminal.stderr.write(`${dropped} rows miss a value and are left out\n`);
  if (flags.plots !== undefined) {
    const curves = estimates.map(({ label, estimate }) => curveOf(label, estimate));
    await writeFigures(flags.plots, survivalFigure(curves, flags.time, flags.group ?? ''));
    terminal.stderr.write(`the survival curves, as SVG and PNG, in ${flags.plots}\n`);
  }
  if (flags.json !== undefined) {
    const result = {
      groups: estimates.map(({ label, own, estimate, median, mean }) => ({
        group: groups === null ? null : label,
        n: totalWeight(own),
        events: failedWeight(own),
        median,
        restrictedMean: { horizon, ...mean },
        times: Array.from(estimate.times),
        atRisk: Array.from(estimate.atRisk),
        failures: Array.from(estimate.events),
        censored: Array.from(estimate.censored),
        survival: Array.from(estimate.survival),
        lower: Array.from(estimate.lower),
        upper: Array.from(estimate.upper),
        cumulativeHazard: Array.from(nelsonAalen(own).cumulativeHazard),
      })),
      logRank: test,
    };
    const text = JSON.stringify(result, null, 2);
    if (flags.json === true) return print(terminal, text);
    await writeFileAtomic(flags.json, `${text}\n`);
  }
  const head = [flags.group ?? '', 'n', 'events', 'median', 'interval', `mean to ${number(horizon, 4)}`, 'se'];
  const lines = estimates.map(({ label, own, median, mean }) => [
    label,
    count(totalWeight(own)),
    count(failedWeight(own)),
    number(median.estimate, 4),
    interval(median.lower, median.upper, 4),
    number(mean.estimate, 4),
    number(mean.standardError, 3),
  ]);
  for (const line of aligned([head, ...lines])) print(terminal, line);
  if (test !== null) {
    print(
      terminal,
      `Log-rank test of equal survival: χ² = ${number(test.statistic, 4)} on ${test.degreesOfFreedom} df, p = ${test.p < 1e-4 ? test.p.toExponential(2) : fixed(test.p, 4)}`,
    );
  }
}
