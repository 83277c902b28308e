import { groupBy } from '../../base/groupBy.ts';
import { csvCell, type SheetCell } from '../tables/index.ts';
import { accuracyPoints } from './charts/accuracy.ts';
import type { Curve, SurvivalSection } from './document.ts';
import { ratioKind, ratioOf } from './lines/ratios.ts';
import type { Report } from './report.ts';
import type { DistanceRow } from './rows/distances.ts';
import type { Condition, SurvivalRow } from './rows/rows.ts';
import { csv } from './tables/csvRows.ts';
import { evidenceTables } from './tables/evidence.ts';
import { protocolTables } from './tables/protocol.ts';
import { attackersCsv, trashCsv } from './tables/trash.ts';

const FIGURE = ['estimate', 'lower', 'upper', 'p'] as const;

/** The numbers behind every figure and table of a report, by file name. */
export function reportTables(report: Report): Record<string, string> {
  return {
    'claims.csv': csv(
      ['id', 'claim', 'test', 'quantity', ...FIGURE, 'verdict', 'reason', 'parts'],
      report.claims.map(({ parts, ...line }) => ({ ...line, parts: parts.map(({ name }) => name).join('; ') })),
    ),
    'claim-parts.csv': csv(
      ['id', 'name', ...FIGURE],
      report.claims.flatMap(({ id, parts }) => parts.map((part) => ({ id, ...part }))),
    ),
    'models.csv': csv(
      [
        ...(['model', 'dataset', 'precision', 'defence', 'seed', 'accuracy', 'trainSeconds'] as const),
        ...(['trainSamples', 'trainFlops', 'compileSeconds', 'predictSeconds', 'parameters'] as const),
      ],
      report.models,
    ),
    'attacks.csv': csv(
      [
        ...(['dataset', 'precision', 'family', 'depth', 'model', 'defence', 'attack', 'norm'] as const),
        ...(['eps', 'pixels', 'seed'] as const),
        ...(['cleanAccuracy', 'robustAccuracy', 'samples', 'misclassifiedBefore', 'failures'] as const),
        'failuresAfterRounding',
      ],
      report.attacks,
    ),
    'accuracy.csv': csv(
      ['model', 'defence', 'attack', 'strength', 'accuracy'],
      groupBy(report.attacks, ({ attack }) => attack).flatMap((lines) =>
        accuracyPoints(lines).map((point) => ({ ...point, attack: lines[0].attack })),
      ),
    ),
    'accuracy-by.csv': csv(
      [
        ...(['factor', 'level', 'attacks'] as const),
        ...(['before', 'beforeLow', 'beforeHigh', 'after', 'afterLow', 'afterHigh'] as const),
      ],
      report.accuracy.map(({ before, after, ...line }) => ({
        ...line,
        before: before.mean,
        beforeLow: before.low,
        beforeHigh: before.high,
        after: after.mean,
        afterLow: after.low,
        afterHigh: after.high,
      })),
    ),
    ...curveTables('', report.kaplanMeier, ['model', 'defence', 'attack'], ({ model, defence, attack }) => ({
      model,
      defence,
      attack,
    })),
    ...curveTables('-by', report.kaplanMeierBy, ['factor', 'level'], ({ factor, level }) => ({ factor, level })),
    'coefficients.csv': coefficients([{ dataset: '', survival: report.survival }, ...report.dataSets], 'dataset'),
    ...protocolTables(report),
    ...(report.distances.length === 0 ? {} : distanceTables(report)),
    'partial-effects.csv': csv(
      ['factor', 'level', 'time', 'survival'],
      report.partialEffects.flatMap(({ factor, level, points }) =>
        points.map((point) => ({ factor, level, ...point })),
      ),
    ),
    'calibration.csv': csv(
      ['time', 'predicted', 'observed'],
      (report.calibration?.points ?? []).map((point) => ({ time: report.calibration?.time ?? null, ...point })),
    ),
    ...evidenceTables(report),
    'trash.csv': trashCsv(report),
    'trash-attackers.csv': attackersCsv(report),
    'costs.csv': csv(['dataset', 'model', 'defence', 'training', 'survival', 'front'], report.costs),
    'precision.csv': csv(
      [
        ...(['first', 'second', 'attacks', 'samples', 'agreement', 'lower', 'upper'] as const),
        ...(['brokenOnlyInFirst', 'brokenOnlyInSecond', 'differentBefore'] as const),
      ],
      report.precisions,
    ),
    'pictures.csv': csv(
      ['dataset', 'model', 'defence', 'attack', 'strength', 'sample', 'label', 'success'],
      report.pictures.flatMap(({ images, ...line }) => images.map((image) => ({ ...line, ...image }))),
    ),
  };
}

const STEP = ['time', 'survival', 'lower', 'upper', 'atRisk', 'events', 'censored'] as const;

/** Steps and fitted points of some curves, in two tables. @param label what tells a curve from others, by these names */
function curveTables<T extends Curve>(
  ending: string,
  curves: readonly T[],
  names: readonly string[],
  label: (curve: T) => Readonly<Record<string, SheetCell>>,
): Record<string, string> {
  return {
    [`kaplan-meier${ending}.csv`]: csv(
      [...names, ...STEP],
      curves.flatMap((curve) => curve.steps.map((step) => ({ ...label(curve), ...step }))),
    ),
    [`fitted-survival${ending}.csv`]: csv(
      [...names, 'time', 'survival'],
      curves.flatMap((curve) => curve.fitted.map((point) => ({ ...label(curve), ...point }))),
    ),
  };
}

/** Curves by both clocks, and the models of distances. */
function distanceTables({ distances, survival }: Report): Record<string, string> {
  const curves = distances.flatMap(({ norm, curves: levels }) =>
    levels.flatMap(({ factor, level, cost, distance }) =>
      [
        { clock: survival.clock, steps: cost.steps },
        { clock: 'distance', steps: distance.steps },
      ].flatMap(({ clock, steps }) => steps.map((step) => ({ norm, factor, level, clock, ...step }))),
    ),
  );
  return {
    'distance-curves.csv': csv(['norm', 'factor', 'level', 'clock', ...STEP], curves),
    'distance-coefficients.csv': coefficients(distances, 'norm'),
    'optimality.csv': csv(
      ['norm', 'attack', 'mean', 'deviation', 'models'],
      distances.flatMap(({ norm, optimality }) => optimality.map((line) => ({ norm, ...line }))),
    ),
  };
}

/**
 * Coefficients of several models of one kind: of all data sets together (an empty data set) and of each.
 * @param label names what tells them apart
 */
function coefficients<L extends string>(
  models: readonly (Readonly<Record<L, string>> & { readonly survival: SurvivalSection })[],
  label: L,
): string {
  const kind = ratioKind(models[0].survival) === 'time ratio' ? 'timeRatio' : 'hazardRatio';
  return csv<string>(
    [
      ...[label, 'name', 'coefficient', 'standardError', 'z', 'p', 'lower', 'upper'],
      ...[`${kind}Unit`, kind, `${kind}Lower`, `${kind}Upper`],
    ],
    models.flatMap((model) =>
      model.survival.coefficients.map((line): Record<string, SheetCell> => {
        const ratio = ratioOf(line);
        const { name, coefficient, standardError, z, p, lower, upper } = line;
        return {
          ...{ [label]: model[label], name, coefficient, standardError, z, p, lower, upper },
          [`${kind}Unit`]: ratio?.unit ?? null,
          [kind]: ratio?.value ?? null,
          [`${kind}Lower`]: ratio?.lower ?? null,
          [`${kind}Upper`]: ratio?.upper ?? null,
        };
      }),
    ),
  );
}

/** Rows written at once. */
const PIECE = 10_000;

/** The survival table as pieces of CSV: of a large study it is longer than any string. */
export function* survivalTableCsv(rows: readonly SurvivalRow[]): Generator<string> {
  const heading =
    'dataset,model,family,depth,width,stem,precision,epochs,learning_rate,defence,attack,norm,eps,pixels,seed,sample,cluster,label,failed,seconds,wall_seconds,queries,gradients,flops\r\n';
  let piece = heading;
  let condition: Condition | null = null;
  let shared = '';
  for (const [index, row] of rows.entries()) {
    if (row.condition !== condition) {
      condition = row.condition;
      shared = conditionCells(condition);
    }
    const { sample, cluster, label, failed, cost, wallSeconds } = row;
    piece += `${shared},${sample},${csvCell(cluster)},${label},${failed ? 1 : 0},${cost.seconds},${wallSeconds},${cost.queries},${cost.gradients},${cost.flops}\r\n`;
    if (index % PIECE === PIECE - 1) {
      yield piece;
      piece = '';
    }
  }
  yield piece;
}

/** How far each image must move, as CSV that `outlast survival` reads: an empty upper end where it was never broken. */
export function distanceTableCsv(rows: readonly DistanceRow[]): string {
  return csv(
    ['dataset', 'model', 'precision', 'defence', 'attack', 'norm', 'seed', 'sample', 'cluster', 'lower', 'upper'],
    rows.map(({ condition, upper, ...row }) => ({ ...condition, ...row, upper: upper === Infinity ? null : upper })),
  );
}

function conditionCells({
  dataset,
  model,
  family,
  depth,
  architecture,
  precision,
  training,
  ...rest
}: Condition): string {
  const { defence, attack, norm, eps, pixels, seed } = rest;
  const { epochs = null, learningRate = null } = training ?? {};
  const { width = null, stem = null } = architecture as { readonly width?: number; readonly stem?: string };
  const network = [model, family, depth, width, stem, precision];
  return [dataset, ...network, epochs, learningRate, defence, attack, norm, eps, pixels, seed].map(csvCell).join(',');
}
