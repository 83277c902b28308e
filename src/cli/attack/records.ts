/** The tables and pictures that `outlast attack --save` writes of its runs. */
import { join } from 'node:path';
import { ALL_ATTACKS, type CurveInput, robustnessCurves } from '../../analysis/attacks/robustnessCurve.ts';
import { robustnessChart } from '../../analysis/report/charts/robustness.ts';
import { csv } from '../../analysis/report/csv.ts';
import { normName } from '../../analysis/report/names.ts';
import { epsOf, pixelsOf } from '../../analysis/study/strength.ts';
import { writeFileAtomic } from '../../engine/platform/files.node.ts';
import { writeFigures } from '../survival/plots.ts';
import type { PlannedAttack } from './flags.ts';
import type { ImagePlace } from './images.ts';
import type { AttackRun } from './text.ts';

/** How far an attack may go, in its norm; null where nothing limits it. */
function radiusOf({ name, settings: { eps, th, norm } }: PlannedAttack): number | null {
  const spec = { name, eps, th };
  return norm === '0' ? pixelsOf(spec) : epsOf(spec);
}

/** A row for every image of every run: where it comes from, its classes before and after, distances, costs. */
export function recordTable(
  runs: readonly AttackRun[],
  places: readonly ImagePlace[],
  classNames: readonly string[] | undefined,
): string {
  const nameOf = (label: number | undefined) => (label === undefined ? null : (classNames?.[label] ?? null));
  return csv(
    runs.flatMap(({ planned, outcome }) =>
      outcome.records.map(({ sample, label, predictedBefore, predictedAfter, distances, cost, ...record }) => ({
        attack: planned.name,
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
        ...{ l0: distances.l0, l1: distances.l1, l2: distances.l2, linf: distances.linf },
        ...{ seconds: cost.seconds, queries: cost.queries, gradients: cost.gradients, flops: cost.flops },
      })),
    ),
  );
}

/** Writes `records.csv`, `robustness.csv` and, for each norm, `robustness-NORM.svg` and `.png` into a folder. */
export async function saveTables(
  folder: string,
  runs: readonly AttackRun[],
  places: readonly ImagePlace[],
  classNames: readonly string[] | undefined,
): Promise<void> {
  const inputs = runs.map(
    ({ planned, outcome: { records } }): CurveInput => ({
      ...{ attack: planned.name, norm: planned.settings.norm, radius: radiusOf(planned), records },
    }),
  );
  const points = robustnessCurves(inputs);
  const stepped = new Set<string>(inputs.filter(({ radius }) => radius === null).map(({ attack }) => attack));
  if (stepped.size > 0) stepped.add(ALL_ATTACKS);
  const norms = [...new Set(points.map(({ norm }) => norm))];
  const figures = norms.map((norm) => {
    const own = points.filter((point) => point.norm === norm);
    const title = `Accuracy under attack by distance in ${normName(norm)}, with 95 % limits`;
    return [`robustness-${norm}`, { title, figure: robustnessChart(own, stepped) }] as const;
  });
  await writeFigures(folder, Object.fromEntries(figures));
  await writeFileAtomic(join(folder, 'records.csv'), recordTable(runs, places, classNames));
  await writeFileAtomic(join(folder, 'robustness.csv'), csv(points.map((point) => ({ ...point }))));
}
