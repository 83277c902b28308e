import { join } from 'node:path';
import { renderAsync } from '@resvg/resvg-js';
import {
  diagonalChart,
  type GroupCurve,
  groupSurvivalChart,
  type Html,
  type PartialEffect,
  partialEffectsChart,
  ratioForest,
  standalone,
} from '../../analysis/report/index.ts';
import {
  type CovariateRow,
  calibration,
  covariateRows,
  coxSnellOfResiduals,
  type FittedModel,
  isRightCensored,
  type KaplanMeierEstimate,
  kaplanMeier,
  lastObservedTime,
  modelResiduals,
  modelSurvival,
  quantilePlot,
  type SurvivalTable,
  stillObserved,
  summarise,
  survivalModel,
  weightedQuantile,
} from '../../analysis/survival/index.ts';
import { InputError } from '../../base/errors.ts';
import { writeFilesAtomic } from '../../base/files.node.ts';
import type { GroupEstimate } from './kaplanMeierSheets.ts';
import { isRatio } from './text.ts';

/** Figures by the name of their files. */
export type Figures = Readonly<Record<string, { readonly title: string; readonly figure: Html }>>;

const POINTS = 80;

/** So many strata have panels of partial effects; the others say the same with another baseline. */
const MOST_STRATA = 6;

/** Writes every figure as SVG and PNG (twice the size) into a folder, all of them drawn before the first is written. @returns the paths. */
export async function writeFigures(folder: string, figures: Figures): Promise<string[]> {
  const files: (readonly [string, string | Uint8Array])[] = [];
  for (const [name, { title, figure }] of Object.entries(figures)) {
    const { html: svg } = standalone(figure, title);
    const image = await renderAsync(svg, { fitTo: { mode: 'zoom', value: 2 }, font: { loadSystemFonts: true } });
    files.push([join(folder, `${name}.svg`), svg], [join(folder, `${name}.png`), image.asPng()]);
  }
  await writeFilesAtomic(files);
  return files.map(([path]) => path);
}

/** The curve of a group in a figure. Of failures in intervals each step is at the end of one, and no censoring is marked. */
export function groupCurve({ kind, label, table, estimate }: GroupEstimate): GroupCurve {
  if (kind === 'Kaplan-Meier') return curveOf(label, estimate);
  const { times, survival, lower, upper } = estimate;
  return {
    group: label,
    steps: Array.from(times, (time, k) => ({
      ...{ time, survival: survival[k], lower: lower[k], upper: upper[k], censored: 0 },
    })),
    fitted: [],
    atRisk: (time) => stillObserved(table, time),
  };
}

function curveOf(group: string, estimate: KaplanMeierEstimate, fitted: GroupCurve['fitted'] = []): GroupCurve {
  const { times, survival, lower, upper, censored, atRisk } = estimate;
  return {
    group,
    steps: Array.from(times, (time, k) => ({
      time,
      survival: survival[k],
      lower: lower[k],
      upper: upper[k],
      censored: censored[k],
    })),
    fitted,
    atRisk: (time) => {
      const k = times.findIndex((at) => at >= time);
      return k < 0 ? 0 : atRisk[k];
    },
  };
}

export function survivalFigure(
  curves: readonly GroupCurve[],
  time: string,
  group: string,
  kind: GroupEstimate['kind'] = 'Kaplan-Meier',
): Figures {
  const title = curves.some(({ fitted }) => fitted.length > 0)
    ? 'Survival: observed (steps, with 95 % interval) and fitted (dashed)'
    : `Survival (${kind}, with 95 % interval)`;
  return { survival: { title, figure: groupSurvivalChart(curves, time, group) } };
}

/** All figures of a model; those that such a table cannot have (interval censoring) are left out. */
export function modelFigures(
  model: FittedModel,
  table: SurvivalTable,
  strata: readonly string[] | null,
  timeName: string,
  t0: number,
): Figures {
  const lines = summarise(model).coefficients.filter((line) => isRatio(model, line));
  const ratios = lines.map(({ covariate, coef, lower, upper }) => ({
    name: covariate,
    value: Math.exp(coef),
    lower: Math.exp(lower),
    upper: Math.exp(upper),
  }));
  const what = survivalModel(model.name).ratio;
  const direction = what === 'time ratio' ? 'longer survival →' : 'shorter survival →';
  const all = [...new Set(model.kind === 'cox' && strata !== null ? strata : [null])].sort();
  const shown = all.length > MOST_STRATA ? `, in ${MOST_STRATA} of ${all.length} strata` : '';
  const effects = all.slice(0, MOST_STRATA).flatMap((stratum) => partialEffects(model, table, stratum));
  return {
    ...(isRightCensored(table) ? rightCensoredFigures(model, table, strata, timeName, t0) : {}),
    ...(ratios.length === 0
      ? {}
      : {
          coefficients: {
            title: `${survivalModel(model.name).title}: ${what}s`,
            figure: ratioForest(
              ratios,
              what,
              `${what[0].toUpperCase()}${what.slice(1)} for one more unit: ${direction}`,
              'wide',
            ),
          },
          'partial-effects': {
            title: `${survivalModel(model.name).title}: predicted survival by covariate${shown}`,
            figure: partialEffectsChart(effects, timeName),
          },
        }),
  };
}

function rightCensoredFigures(
  model: FittedModel,
  table: SurvivalTable,
  strata: readonly string[] | null,
  timeName: string,
  t0: number,
): Figures {
  const times = timesTo(lastObservedTime(table));
  const rows = covariateRows(table);
  const mean = new Float64Array(times.length);
  let total = 0;
  rows.forEach((row, i) => {
    total += table.weights[i];
    modelSurvival(model, row, times, strata?.[i]).forEach((survival, k) => {
      mean[k] += table.weights[i] * survival;
    });
  });
  const fitted = times.map((time, k) => ({ time, survival: mean[k] / total }));
  return {
    ...survivalFigure([curveOf('', kaplanMeier(table), fitted)], timeName, ''),
    ...checkFigures(model, table, strata, timeName, t0),
  };
}

/** Figures that lie on the diagonal where the model holds: Cox-Snell residuals, quantiles (not of Cox's), calibration. */
export function checkFigures(
  model: FittedModel,
  table: SurvivalTable,
  strata: readonly string[] | null,
  timeName: string,
  t0: number,
): Figures {
  if (!isRightCensored(table)) return {};
  const { observed, expected } = coxSnellOfResiduals(modelResiduals(model, table), table);
  return {
    'cox-snell': {
      title: `${survivalModel(model.name).title}, Cox-Snell residuals: on the diagonal where it holds`,
      figure: diagonalChart(
        {
          points: Array.from(expected, (x, k) => ({ x, y: observed[k] })),
          xLabel: 'Cumulative hazard that the model expects',
          yLabel: 'Cumulative hazard observed (Nelson-Aalen)',
          line: false,
          description: 'Observed against expected cumulative hazard of the residuals.',
        },
        'wide',
      ),
    },
    ...quantileFigure(model, table, timeName),
    ...calibrationFigure(model, table, strata, t0),
  };
}

function calibrationFigure(
  model: FittedModel,
  table: SurvivalTable,
  strata: readonly string[] | null,
  t0: number,
): Figures {
  const predicted = covariateRows(table).map((row, i) => 1 - modelSurvival(model, row, [t0], strata?.[i])[0]);
  try {
    const { observed, ici, e50, e90 } = calibration(table, predicted, t0);
    const figures = [`ICI ${ici.toFixed(4)}`, `E50 ${e50.toFixed(4)}`, `E90 ${e90.toFixed(4)}`].join(', ');
    return {
      calibration: {
        title: `${survivalModel(model.name).title}, calibration of the probability of failure by ${Number(t0.toPrecision(4))}: ${figures}`,
        figure: diagonalChart(
          {
            points: predicted.map((x, i) => ({ x, y: observed[i] })),
            xLabel: 'Predicted probability',
            yLabel: 'Observed probability',
            line: true,
            description: `Observed against predicted probability of failure: ${figures}.`,
          },
          'wide',
        ),
      },
    };
  } catch (error) {
    // Too few failures to smooth, or a model without covariates that predicts one number for all: no such figure.
    if (error instanceof InputError) return {};
    throw error;
  }
}

function quantileFigure(model: FittedModel, table: SurvivalTable, timeName: string): Figures {
  if (model.kind === 'cox') return {};
  const { observed, expected } = quantilePlot(model.fit, table, covariateMeans(table));
  return {
    'q-q': {
      title: `${survivalModel(model.name).title}, Q-Q: on the diagonal where it holds`,
      figure: diagonalChart(
        {
          points: Array.from(expected, (x, k) => ({ x, y: observed[k] })),
          xLabel: `${timeName}: quantile of the model at mean covariates`,
          yLabel: `${timeName} observed, moved there`,
          line: false,
          description: 'Observed times, moved to mean covariates, against quantiles of the model.',
        },
        'wide',
      ),
    },
  };
}

function covariateMeans(table: SurvivalTable): CovariateRow {
  const total = table.weights.reduce((sum, weight) => sum + weight, 0);
  return Object.fromEntries(
    Object.entries(table.covariates).map(([name, values]) => [
      name,
      values.reduce((sum, value, i) => sum + (value * table.weights[i]) / total, 0),
    ]),
  );
}

function timesTo(last: number): number[] {
  return Array.from({ length: POINTS }, (_, k) => (last * k) / (POINTS - 1));
}

/**
 * Survival at the 10th, 50th and 90th percentile of each covariate (0 and 1 of a dummy), the others at their means, with the baseline
 * of a stratum.
 */
function partialEffects(model: FittedModel, table: SurvivalTable, stratum: string | null): PartialEffect[] {
  const covariates = summarise(model)
    .coefficients.filter((line) => isRatio(model, line))
    .map(({ covariate }) => covariate);
  const means = covariateMeans(table);
  const times = timesTo(lastObservedTime(table));
  return covariates.map((covariate) => {
    const values = table.covariates[covariate];
    const binary = values.every((value) => value === 0 || value === 1);
    const chosen = binary ? [0, 1] : [0.1, 0.5, 0.9].map((p) => weightedQuantile(values, table.weights, p));
    return {
      covariate: stratum === null ? covariate : `${covariate}; ${stratum}`,
      curves: [...new Set(chosen)].map((value) => ({
        value,
        points: modelSurvival(model, { ...means, [covariate]: value }, times, stratum).map((survival, k) => ({
          time: times[k],
          survival,
        })),
      })),
    };
  });
}
