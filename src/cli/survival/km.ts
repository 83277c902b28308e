import {
  failedWeight,
  isRightCensored,
  kaplanMeier,
  lastObservedTime,
  logRankTest,
  MOST_LOG_RANK_GROUPS,
  medianSurvival,
  nelsonAalen,
  pickRows,
  restrictedMeanSurvival,
  rowsByGroup,
  type SurvivalTable,
  totalWeight,
  turnbull,
} from '../../analysis/survival/index.ts';
import type { EventChoice } from '../../analysis/tables/index.ts';
import { writeSheets } from '../../analysis/tables/write.node.ts';
import { writeFileAtomic } from '../../base/files.node.ts';
import { plain } from '../../base/notation.ts';
import { Table } from '../terminal/table.ts';
import { print, printLines, type Terminal } from '../terminal/terminal.ts';
import { type GroupEstimate, kaplanMeierSheets } from './kaplanMeierSheets.ts';
import { groupCurve, survivalFigure, writeFigures } from './plots.ts';
import { readColumns } from './readColumns.ts';
import { leftOut, limitNames } from './text.ts';

const { count, fixed, number } = plain;

export interface KaplanMeierFlags {
  readonly time: string;
  readonly event?: EventChoice;
  readonly upper?: string;
  readonly missing?: readonly string[];
  readonly decimal?: 'point' | 'comma';
  readonly entry?: string;
  readonly weight?: string;
  readonly group?: string;
  readonly cluster?: string;
  readonly level: number;
  readonly interval: 'log' | 'log-log' | 'plain';
  readonly json?: string | true;
  readonly plots?: string;
  readonly tidy?: string;
}

/** More curves than these cannot be told apart in one figure. */
const MOST_CURVES = 20;

/** `outlast survival km TABLE`. */
export async function kaplanMeierCommand(file: string, flags: KaplanMeierFlags, terminal: Terminal): Promise<void> {
  const choice = { ...flags, covariates: [] };
  const { table, groups, dropped } = await readColumns(file, choice, flags.decimal);
  const parts = groups === null ? [{ label: '', table }] : byGroup(table, groups);
  const horizon = parts.reduce((least, { table }) => Math.min(least, lastObservedTime(table)), Infinity);
  const inIntervals = !isRightCensored(table);
  const estimates = parts.map(({ label, table }): GroupEstimate => {
    if (inIntervals) {
      const estimate = turnbull(table, { confidenceLevel: flags.level });
      return { kind: 'Turnbull', label, table, estimate, median: medianSurvival(estimate), mean: null };
    }
    const estimate = kaplanMeier(table, { confidenceLevel: flags.level, confidenceScale: flags.interval });
    const mean = restrictedMeanSurvival(estimate, horizon, table);
    return { kind: 'Kaplan-Meier', label, table, estimate, median: medianSurvival(estimate), mean };
  });
  const comparable = parts.length <= MOST_LOG_RANK_GROUPS;
  const compared = groups !== null && parts.length > 1 && !inIntervals;
  const test = compared && comparable ? logRankTest(table, groups) : null;

  terminal.stderr.write(leftOut(dropped));
  if (inIntervals)
    terminal.stderr.write(
      `failures lie in intervals: Turnbull's estimate with percentile limits of 200 bootstrap tables${groups === null ? '' : ', no log-rank test'}\n`,
    );
  if (!comparable) {
    terminal.stderr.write(
      `${count(parts.length)} groups: no log-rank test, which compares at most ${MOST_LOG_RANK_GROUPS}\n`,
    );
  }
  if (flags.plots !== undefined) {
    const curves = estimates.slice(0, MOST_CURVES).map(groupCurve);
    await writeFigures(flags.plots, survivalFigure(curves, flags.time, flags.group ?? '', estimates[0].kind));
    if (parts.length > MOST_CURVES)
      terminal.stderr.write(`curves are drawn of the first ${MOST_CURVES} of ${count(parts.length)} groups\n`);
    terminal.stderr.write(`the survival curves, as SVG and PNG, in ${flags.plots}\n`);
  }
  if (flags.tidy !== undefined) {
    const sheets = kaplanMeierSheets(estimates, horizon, test);
    await writeSheets(flags.tidy, sheets);
    terminal.stderr.write(`${Object.keys(sheets).join(', ')}: as CSV and Parquet, in ${flags.tidy}\n`);
  }
  if (flags.json !== undefined) {
    const result = {
      groups: estimates.map((group) => ({
        group: groups === null ? null : group.label,
        n: totalWeight(group.table),
        events: failedWeight(group.table),
        median: group.median,
        restrictedMean: group.mean === null ? null : { horizon, ...group.mean },
        ...stepsOf(group),
      })),
      logRank: test,
    };
    const text = JSON.stringify(result, null, 2);
    if (flags.json === true) return print(terminal, text);
    await writeFileAtomic(flags.json, `${text}\n`);
  }
  const meanNames = inIntervals ? [] : [`mean to ${number(horizon, 4)}`, 'se'];
  const head = [flags.group ?? '', 'n', 'events', 'median', ...limitNames(flags.level), ...meanNames];
  const lines = estimates.map(({ label, table, median, mean }) => [
    label,
    count(totalWeight(table)),
    count(failedWeight(table)),
    number(median.estimate, 4),
    number(median.lower, 4),
    number(median.upper, 4),
    ...(mean === null ? [] : [number(mean.estimate, 4), number(mean.standardError, 3)]),
  ]);
  printLines(terminal, [new Table([head, ...lines])]);
  if (test !== null) {
    const rows = table.clusters === null ? '' : ', every row counted as independent';
    printLines(terminal, [
      `Log-rank test of equal survival: χ² = ${number(test.statistic, 4)} on ${test.degreesOfFreedom} df, p = ${test.p < 1e-4 ? test.p.toExponential(2) : fixed(test.p, 4)}${rows}`,
    ]);
  }
}

/** The steps of a curve, as JSON tells them. */
function stepsOf({ kind, table, estimate }: GroupEstimate) {
  const limits = { lower: Array.from(estimate.lower), upper: Array.from(estimate.upper) };
  const curve = { times: Array.from(estimate.times), survival: Array.from(estimate.survival), ...limits };
  if (kind === 'Turnbull')
    return { starts: Array.from(estimate.starts), masses: Array.from(estimate.masses), ...curve };
  return {
    ...curve,
    atRisk: Array.from(estimate.atRisk),
    failures: Array.from(estimate.events),
    censored: Array.from(estimate.censored),
    cumulativeHazard: Array.from(nelsonAalen(table).cumulativeHazard),
  };
}

/** The rows of each group, sorted by its name. */
function byGroup(table: SurvivalTable, groups: readonly string[]): { label: string; table: SurvivalTable }[] {
  return [...rowsByGroup(groups)]
    .map(([label, rows]) => ({ label, table: pickRows(table, rows) }))
    .sort((a, b) => (a.label < b.label ? -1 : 1));
}
