/** The tables and pictures that `outlast attack --save` writes of its runs. */

import { normName, robustnessChart } from '../../analysis/report/index.ts';
import {
  ALL_ATTACKS,
  type CurveInput,
  type CurvePoint,
  radiusOf,
  robustnessCurves,
} from '../../analysis/robustness/index.ts';
import { type Sheet, sheetOf } from '../../analysis/tables/index.ts';
import { writeSheets } from '../../analysis/tables/write.node.ts';
import { writeFigures } from '../survival/plots.ts';
import type { ImagePlace } from './images.ts';
import type { AttackRun } from './text.ts';

/** A row for every image of every run: where it comes from, its classes before and after, distances, costs. */
function recordSheet(
  runs: readonly AttackRun[],
  places: readonly ImagePlace[],
  classNames: readonly string[] | undefined,
): Sheet {
  const nameOf = (label: number | undefined) => (label === undefined ? null : (classNames?.[label] ?? null));
  return sheetOf(
    {
      ...({ attack: 'text', norm: 'text', eps: 'number', sample: 'whole', split: 'text', index: 'whole' } as const),
      ...({ label: 'whole', predicted_before: 'whole', predicted_after: 'whole' } as const),
      ...({ label_name: 'text', predicted_before_name: 'text', predicted_after_name: 'text' } as const),
      ...({ misclassified_before: 'truth', success: 'truth', success_after_rounding: 'truth' } as const),
      ...({ first_step: 'whole', l0: 'number', l1: 'number', l2: 'number', linf: 'number' } as const),
      ...({ seconds: 'number', queries: 'number', gradients: 'number', flops: 'number' } as const),
    },
    runs.flatMap(({ title, planned, outcome, bestOf }) =>
      outcome.records.map(({ sample, label, predictedBefore, predictedAfter, distances, cost, ...record }, i) => ({
        // Of several attacks as one, the one that broke the image.
        attack: bestOf?.brokenBy[i] ?? title,
        norm: planned.settings.norm,
        eps: radiusOf(planned),
        ...{ sample, split: places[sample].split, index: places[sample].index },
        ...{ label, predicted_before: predictedBefore ?? null, predicted_after: predictedAfter ?? null },
        label_name: nameOf(label),
        predicted_before_name: nameOf(predictedBefore),
        predicted_after_name: nameOf(predictedAfter),
        misclassified_before: record.misclassifiedBefore,
        success: record.success,
        success_after_rounding: record.successAfterRounding,
        first_step: record.firstStep,
        ...distances,
        ...cost,
      })),
    ),
  );
}

/** The points of robustness curves as a table. */
export const curveSheet = (points: readonly CurvePoint[]): Sheet =>
  sheetOf(
    {
      ...({ norm: 'text', attack: 'text', eps: 'number', accuracy: 'number', lower: 'number' } as const),
      ...({ upper: 'number', images: 'whole' } as const),
    },
    points,
  );

/** Runs as what robustness curves and the worst case are made of. */
export const curveInputs = (runs: readonly AttackRun[]): readonly CurveInput[] =>
  runs.map(({ title, planned, outcome: { records } }) => ({
    ...{ attack: title, norm: planned.settings.norm, radius: radiusOf(planned), records },
  }));

/** Writes `records`, `robustness` (CSV and Parquet) and, for each norm, `robustness-NORM.svg` and `.png` into a folder. */
export async function saveTables(
  folder: string,
  runs: readonly AttackRun[],
  places: readonly ImagePlace[],
  classNames: readonly string[] | undefined,
): Promise<void> {
  const inputs = curveInputs(runs);
  const points = robustnessCurves(inputs);
  const stepped = new Set<string>(inputs.filter(({ radius }) => radius === null).map(({ attack }) => attack));
  if (stepped.size > 0) stepped.add(ALL_ATTACKS);
  const norms = [...new Set(points.map(({ norm }) => norm))];
  const figures = norms.map((norm) => {
    const shown = points.filter((point) => point.norm === norm);
    const title = `Accuracy under attack by distance in ${normName(norm)}, with 95 % limits`;
    return [`robustness-${norm}`, { title, figure: robustnessChart(shown, stepped) }] as const;
  });
  await writeFigures(folder, Object.fromEntries(figures));
  await writeSheets(folder, { records: recordSheet(runs, places, classNames), robustness: curveSheet(points) });
}
