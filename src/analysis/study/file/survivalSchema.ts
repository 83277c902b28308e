import { z } from 'zod';
import { type ModelName, SURVIVAL_MODELS } from '../../survival/index.ts';
import { positive, record } from './fields.ts';

/** A survival model, or `auto`: the one with the least AIC among those that are marked so in the catalogue and can be fitted. */
export type SurvivalModelName = 'auto' | ModelName;

/** Every value of `survival.model`. */
export const SURVIVAL_CHOICES: readonly SurvivalModelName[] = ['auto', ...SURVIVAL_MODELS.map(({ name }) => name)];

/**
 * `sample`: each sample's own time to failure. `paper`: all samples of a run have its mean time, and those that were
 * wrong before count as failures.
 */
export type Encoding = 'sample' | 'paper';

/** What the cost of breaking an image is counted in. */
export type Clock = 'seconds' | 'queries' | 'flops';

/** What a sample's time to failure is measured in: its cost, or the distance by which the image had to move. */
export type SurvivalClock = Clock | 'distance';

/** The clock that costs, and so TRASH, are told by. */
export const costClock = (clock: SurvivalClock): Clock => (clock === 'distance' ? 'flops' : clock);

/** How the survival model of a study is fitted. */
export interface SurvivalSpec {
  readonly model: SurvivalModelName;
  /** By distance there is a survival analysis of each norm beside that of costs, which is then by operations. */
  readonly clock: SurvivalClock;
  readonly encoding: Encoding;
  /**
   * Means are restricted to this cost of an image, in units of the clock of costs; null lets each data set's budgets decide, see
   * `commonHorizon`.
   */
  readonly horizon: number | null;
}

const named = (models: (typeof SURVIVAL_MODELS)[number][]) => models.map(({ name }) => name).join(', ');

const tried = named(SURVIVAL_MODELS.filter(({ auto }) => auto));

const relative = named(SURVIVAL_MODELS.filter(({ ratio }) => ratio === 'hazard ratio'));

const withoutMean = SURVIVAL_MODELS.flatMap(({ name, noMean }) =>
  noMean === null ? [] : [`; ${name} has no mean to compare with TRASH's: ${noMean}`],
).join('');

/** The key `survival` of a study file. */
export const survivalSchema = record({
  model: z
    .enum(SURVIVAL_CHOICES)
    .default('auto')
    .describe(
      `Survival model; auto takes the one with the least AIC among ${tried}. ${relative} tell hazard ratios in place of time ratios${withoutMean}.`,
    ),
  clock: z
    .enum(['flops', 'seconds', 'queries', 'distance'])
    .default('flops')
    .describe(
      'What time to failure is measured in; the verdict is about this clock, the others stand beside it. distance adds how far an image must move, beside its cost by flops.',
    ),
  encoding: z.enum(['sample', 'paper']).default('sample'),
  horizon: positive
    .nullish()
    .transform((given) => given ?? null)
    .describe('Mean costs are restricted to this much an image, in units of the clock; left out, the budgets decide.'),
}).refine(({ clock, encoding }) => clock !== 'distance' || encoding === 'sample', {
  path: ['clock'],
  error: 'distance is of each image, and encoding paper knows runs only; it must be flops, seconds or queries',
});
