import { accuracyPoints } from './charts/accuracy.ts';
import { groupBy } from './groupBy.ts';
import type { Report } from './report.ts';
import type { SurvivalRow } from './rows.ts';

type Cell = string | number | boolean | null;

/** Rows as CSV (RFC 4180): a heading from the keys of the first row; what does not exist is an empty cell. */
export function csv(rows: readonly Readonly<Record<string, Cell>>[]): string {
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
export function reportTables(report: Report, rows: readonly SurvivalRow[]): Record<string, string> {
  const { models, attacks, kaplanMeier, survival, trash, prices } = report;
  const group = ({ model, defence, attack }: { model: string; defence: string; attack: string }) => ({
    model,
    defence,
    attack,
  });
  return {
    'models.csv': csv(models.map(({ configuration, defenceConfiguration, ...line }) => line)),
    'attacks.csv': csv(attacks.map(({ configuration, warnings, ...line }) => line)),
    'accuracy.csv': csv(
      groupBy(attacks, ({ attack }) => attack).flatMap((lines) =>
        accuracyPoints(lines).map(({ model, defence, strength, accuracy }) => ({
          model,
          defence,
          attack: lines[0].attack,
          strength,
          accuracy,
        })),
      ),
    ),
    'kaplan-meier.csv': csv(kaplanMeier.flatMap((curve) => curve.steps.map((step) => ({ ...group(curve), ...step })))),
    'fitted-survival.csv': csv(
      kaplanMeier.flatMap((curve) => curve.fitted.map((point) => ({ ...group(curve), ...point }))),
    ),
    'coefficients.csv': csv(
      survival.coefficients.map(({ timeRatio, ...line }) => ({
        ...line,
        timeRatioUnit: timeRatio?.unit ?? null,
        timeRatio: timeRatio?.value ?? null,
        timeRatioLower: timeRatio?.lower ?? null,
        timeRatioUpper: timeRatio?.upper ?? null,
      })),
    ),
    'trash.csv': csv(
      trash.map(({ kaplanMeier: check, money, ...line }) => ({
        ...line,
        kaplanMeier: check?.value ?? null,
        kaplanMeierLower: check?.lower ?? null,
        kaplanMeierUpper: check?.upper ?? null,
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
    ),
    'survival-table.csv': csv(rows.map(({ cost, ...row }) => ({ ...row, ...cost }))),
  };
}
