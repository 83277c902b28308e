import { accuracyPoints } from './charts/accuracy.ts';
import { groupBy } from './groupBy.ts';
import type { Curve, Report, TrashFigure, TrashReading } from './report.ts';
import type { Condition, SurvivalRow } from './rows.ts';

type Cell = string | number | boolean | null;
type Row = Readonly<Record<string, Cell>>;

/** Rows as CSV (RFC 4180): a heading from the keys of the first row; what does not exist is an empty cell. */
export function csv(rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  const keys = Object.keys(rows[0]);
  return [keys.map(cell), ...rows.map((row) => keys.map((key) => cell(row[key])))]
    .map((cells) => `${cells.join(',')}\r\n`)
    .join('');
}

function cell(value: Cell): string {
  if (value === null || (typeof value === 'number' && !Number.isFinite(value))) return '';
  const text = typeof value === 'boolean' ? String(Number(value)) : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The numbers behind every figure and table of a report, by file name. */
export function reportTables(report: Report): Record<string, string> {
  return {
    'claims.csv': csv(
      report.claims.map(({ parts, ...line }) => ({ ...line, parts: parts.map(({ name }) => name).join('; ') })),
    ),
    'claim-parts.csv': csv(report.claims.flatMap(({ id, parts }) => parts.map((part) => ({ id, ...part })))),
    'models.csv': csv(
      report.models.map(({ configuration, trainingConfiguration, defenceConfiguration, ...line }) => line),
    ),
    'attacks.csv': csv(report.attacks.map(({ configuration, warnings, ...line }) => line)),
    'accuracy.csv': csv(
      groupBy(report.attacks, ({ attack }) => attack).flatMap((lines) =>
        accuracyPoints(lines).map(({ model, defence, strength, accuracy }) => ({
          model,
          defence,
          attack: lines[0].attack,
          strength,
          accuracy,
        })),
      ),
    ),
    'accuracy-by.csv': csv(
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
    ...curveTables('', report.kaplanMeier, ({ model, defence, attack }) => ({ model, defence, attack })),
    ...curveTables('-by', report.kaplanMeierBy, ({ factor, level }) => ({ factor, level })),
    'coefficients.csv': coefficients(report),
    'partial-effects.csv': csv(
      report.partialEffects.flatMap(({ factor, level, points }) =>
        points.map((point) => ({ factor, level, ...point })),
      ),
    ),
    'calibration.csv': csv(
      (report.calibration?.points ?? []).map((point) => ({ time: report.calibration?.time ?? null, ...point })),
    ),
    'trash.csv': trash(report),
    'trash-attackers.csv': attackers(report),
    'costs.csv': csv(report.costs.map((line) => ({ ...line }))),
    'precision.csv': csv(report.precisions.map((line) => ({ ...line }))),
    'pictures.csv': csv(
      report.pictures.flatMap(({ images, ...line }) => images.map(({ png, ...image }) => ({ ...line, ...image }))),
    ),
  };
}

/** Steps and fitted points of some curves, in two tables. */
function curveTables<T extends Curve>(
  ending: string,
  curves: readonly T[],
  name: (curve: T) => Row,
): Record<string, string> {
  return {
    [`kaplan-meier${ending}.csv`]: csv(
      curves.flatMap((curve) => curve.steps.map((step) => ({ ...name(curve), ...step }))),
    ),
    [`fitted-survival${ending}.csv`]: csv(
      curves.flatMap((curve) => curve.fitted.map((point) => ({ ...name(curve), ...point }))),
    ),
  };
}

/** Of all data sets together (an empty data set), then of each. */
function coefficients({ survival, dataSets }: Report): string {
  return csv(
    [{ dataset: '', survival }, ...dataSets].flatMap(({ dataset, survival: { coefficients: lines } }) =>
      lines.map(({ timeRatio, ...line }) => ({
        dataset,
        ...line,
        timeRatioUnit: timeRatio?.unit ?? null,
        timeRatio: timeRatio?.value ?? null,
        timeRatioLower: timeRatio?.lower ?? null,
        timeRatioUpper: timeRatio?.upper ?? null,
      })),
    ),
  );
}

function trash({ trash: lines, prices }: Report): string {
  return csv(
    lines.map(({ clocks, learned, breakEven, byModel, money, ...line }) => ({
      ...line,
      accuracy: learned?.accuracy ?? null,
      accuracyLower: learned?.lower ?? null,
      accuracyUpper: learned?.upper ?? null,
      chance: learned?.chance ?? null,
      breakEvenEpochs: breakEven?.epochs ?? null,
      breakEvenPrice: breakEven?.price ?? null,
      breakEvenEps: breakEven?.eps ?? null,
      costPerRightImage: timesOrNull(line.trainCostPerSample, breakEven?.perRightImage ?? null),
      byModel: byModel?.value ?? null,
      byModelLower: byModel?.lower ?? null,
      byModelUpper: byModel?.upper ?? null,
      ...(prices && {
        currency: prices.currency,
        trainingCost: money?.trainingCost ?? null,
        breakingCost: money?.breakingCost ?? null,
        breakingCostLower: money?.breakingCostLower ?? null,
        breakingCostUpper: money?.breakingCostUpper ?? null,
        pricedValue: money?.value ?? null,
        pricedLower: money?.lower ?? null,
        pricedUpper: money?.upper ?? null,
      }),
    })),
  );
}

const timesOrNull = (a: number | null, b: number | null) => (a === null || b === null ? null : a * b);

/** A figure with the attack that it is of; null of several. */
type Attacking = TrashFigure & { readonly attack: string | null };

/** Every clock and every choice of attacks: what the scores are made of. */
function attackers({ trash: lines }: Report): string {
  return csv(
    lines.flatMap(({ dataset, model, defence, clocks }) =>
      clocks.flatMap(
        ({ clock, calibrated, toldBy, trainingCost, horizon, reading, best, envelope, pooled, attacks }) => {
          const shared = { dataset, model, defence, clock, calibrated, toldBy, trainingCost, horizon };
          const row = (attacker: string, said: TrashReading | null, { attack, ...figure }: Attacking) => ({
            ...shared,
            attacker,
            reading: said,
            attack,
            ...figure,
          });
          return [
            row('best single attack', reading, best),
            row('lower envelope', null, { attack: null, ...envelope }),
            row('pooled mean', null, { attack: null, ...pooled }),
            ...attacks.map((one) => row('one attack', null, one)),
          ];
        },
      ),
    ),
  );
}

/** Rows written at once. */
const PIECE = 10_000;

/** The survival table as pieces of CSV: of a large study it is longer than any string. */
export function* survivalTableCsv(rows: readonly SurvivalRow[]): Generator<string> {
  const heading =
    'dataset,model,depth,width,stem,precision,epochs,learning_rate,defence,attack,norm,eps,pixels,seed,sample,cluster,label,failed,seconds,wall_seconds,queries,gradients,flops\r\n';
  let piece = heading;
  let condition: Condition | null = null;
  let shared = '';
  for (const [index, row] of rows.entries()) {
    if (row.condition !== condition) {
      condition = row.condition;
      shared = conditionCells(condition);
    }
    const { sample, cluster, label, failed, cost, wallSeconds } = row;
    piece += `${shared},${sample},${cell(cluster)},${label},${failed ? 1 : 0},${cost.seconds},${wallSeconds},${cost.queries},${cost.gradients},${cost.flops}\r\n`;
    if (index % PIECE === PIECE - 1) {
      yield piece;
      piece = '';
    }
  }
  yield piece;
}

function conditionCells({ dataset, model, depth, width, stem, precision, training, ...rest }: Condition): string {
  const { defence, attack, norm, eps, pixels, seed } = rest;
  const { epochs, learningRate } = training;
  return [dataset, model, depth, width, stem, precision, epochs, learningRate, defence, attack, norm, eps, pixels, seed]
    .map(cell)
    .join(',');
}
