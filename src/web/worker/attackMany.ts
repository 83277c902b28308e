import { runNamed } from '../../analysis/robustness/index.ts';
import {
  fitAcceleratedFailureTime,
  kaplanMeier,
  predictSurvival,
  survivalTable,
  weibull,
} from '../../analysis/survival/index.ts';
import { toFloat } from '../../models/index.ts';
import type { AttackRequest } from './attackImage.ts';
import { withClassifiers } from './classifiers.ts';
import { digits } from './digits.ts';
import { pageDevice } from './pageDevice.ts';
import type { TaskContext } from './taskContext.ts';

export interface ManyRequest extends AttackRequest {
  /** The first test images so many. */
  readonly count: number;
}

/** What a time to failure is counted in. */
export type CurveClock = 'queries' | 'seconds';

/** Kaplan and Meier's estimate at a time, with its 95 % limits. */
export interface CurvePoint {
  readonly time: number;
  readonly survival: number;
  readonly lower: number;
  readonly upper: number;
}

/** Survival of images on one clock. */
export interface LiveCurve {
  readonly points: readonly CurvePoint[];
  /** The fitted Weibull distribution's survival; empty before the end, and where too few failed. */
  readonly fitted: readonly { readonly time: number; readonly survival: number }[];
}

/** Where an attack on many images is. */
export interface ManyStep {
  readonly attacked: number;
  readonly failed: number;
  readonly curves: Readonly<Record<CurveClock, LiveCurve>>;
}

/** Attacks the first test images together, and tells their survival as they fall. */
export async function attackMany(
  { network, precision, attack, settings, count }: ManyRequest,
  { tell, signal }: TaskContext<ManyStep>,
): Promise<ManyStep> {
  const device = await pageDevice();
  const { test } = await digits();
  const places = Array.from({ length: Math.min(count, test.count) }, (_, i) => i);
  const samples = { images: toFloat(test, places), labels: Int32Array.from(test.labels.subarray(0, places.length)) };
  return withClassifiers(device, network, precision, async (attacked) => {
    const spent = places.map(() => ({ queries: 0, seconds: 0, failed: false, counted: false }));
    let began = performance.now();
    const { records } = await runNamed(attack, attacked, samples, {
      ...settings,
      seed: 0,
      watch: {
        isSpent: () => false,
        observe: ({ rows, sample, asked, broken }) => {
          const seconds = (performance.now() - began) / 1000 / rows.length;
          began = performance.now();
          for (const row of rows) {
            const one = spent[sample[row]];
            if (one.failed) continue;
            one.counted = true;
            one.queries += asked[row].queries;
            one.seconds += seconds;
            one.failed = broken[row];
          }
        },
      },
      onSave: () => {
        signal.throwIfAborted();
        const seen = spent.filter(({ counted }) => counted);
        const failed = seen.map((one) => one.failed);
        tell(
          stepOf(failed, { queries: seen.map(({ queries }) => queries), seconds: seen.map(({ seconds }) => seconds) }),
        );
      },
    });
    const right = records.filter(({ misclassifiedBefore }) => !misclassifiedBefore);
    const costs = { queries: right.map(({ cost }) => cost.queries), seconds: right.map(({ cost }) => cost.seconds) };
    return stepOf(
      right.map(({ success }) => success),
      costs,
      { fits: true },
    );
  });
}

function stepOf(
  failed: readonly boolean[],
  costs: Readonly<Record<CurveClock, readonly number[]>>,
  { fits = false } = {},
): ManyStep {
  const curve = (clock: CurveClock) => curveOf(costs[clock], failed, fits);
  return {
    attacked: failed.length,
    failed: failed.filter(Boolean).length,
    curves: { queries: curve('queries'), seconds: curve('seconds') },
  };
}

/** Points of the fitted curve. */
const FITTED_POINTS = 60;

/** Fewer failures than these say nothing of two parameters. */
const FEWEST_FAILURES = 3;

function curveOf(durations: readonly number[], events: readonly boolean[], fits: boolean): LiveCurve {
  if (durations.length === 0) return { points: [], fitted: [] };
  const table = survivalTable({ durations, events });
  const { times, survival, lower, upper } = kaplanMeier(table);
  const points = Array.from(times, (time, k) => ({ time, survival: survival[k], lower: lower[k], upper: upper[k] }));
  const last = times[times.length - 1];
  if (!fits || events.filter(Boolean).length < FEWEST_FAILURES || new Set(durations).size < 2)
    return { points, fitted: [] };
  const fit = fitAcceleratedFailureTime(table, { distribution: weibull });
  const grid = Array.from({ length: FITTED_POINTS }, (_, k) => (last * (k + 1)) / FITTED_POINTS);
  const fitted = predictSurvival(fit, {}, grid).map(({ estimate }, k) => ({ time: grid[k], survival: estimate }));
  return { points, fitted };
}
