import { z } from 'zod';
import { whyUnbalanced } from '../../../models/index.ts';
import type { Budget } from '../../robustness/index.ts';
import type { ProtocolSpec } from '../trial/protocol.ts';
import { isStoredModel } from '../trial/storedModel.ts';
import { dataSchema, testImagesByClass, trainingImages } from './dataSchema.ts';
import { axis, camelCased, positive, positiveInteger, record } from './fields.ts';
import {
  attacksSchema,
  type Cell,
  cellsOf,
  defencesSchema,
  distinct,
  excludeSchema,
  type Grid,
  gridOf,
  gridSizeMistake,
  includeSchema,
  matches,
  type Pattern,
  seedsSchema,
} from './grid.ts';
import { modelChangesIssues, modelsSchema } from './modelSchema.ts';
import { gridUnder, protocolMistake, protocolSchema } from './protocolSchema.ts';
import { type SurvivalSpec, survivalSchema } from './survivalSchema.ts';
import { type TrainingAxes, trainingAxesMistakes, trainingSchema } from './trainingSchema.ts';

/** What an hour of the machine that trains, and of the one that attacks, costs. */
export interface PricesSpec {
  readonly currency: string;
  readonly training: number;
  readonly attack: number;
}

/** What a run may spend before it starts no further trial; the next run goes on. */
export interface Limits {
  readonly seconds?: number;
  readonly trials?: number;
}

/** A study with its grids written out. */
/** The lists of a study are all that its grids name, each once. */
export interface Study extends Grid {
  readonly name: string;
  /** The study's own grid, and those that `includes` adds. */
  readonly grids: readonly [Grid, ...Grid[]];
  /** What is left out of the study's own grid. */
  readonly excludes: readonly Pattern[];
  readonly samples: number;
  /** The most that an attack may spend on a sample; null where there is no limit. */
  readonly budget: Budget | null;
  /** How attacks are run and compared; null where each is run once at every strength. */
  readonly protocol: ProtocolSpec | null;
  /** Whether attacks are compared with random noise. */
  readonly control: boolean;
  readonly limits: Limits;
  readonly survival: SurvivalSpec;
  /** Null where TRASH is not to be told in money; no trial depends on them. */
  readonly prices: PricesSpec | null;
}

const budget = record({
  max_seconds: positive.optional(),
  max_queries: positiveInteger.optional(),
  max_gradients: positiveInteger.optional(),
})
  .refine((given) => Object.keys(given).length > 0, {
    error: 'an empty budget; give max_seconds, max_queries or max_gradients',
  })
  .transform((given): Budget => camelCased(given));

const prices = record({
  currency: z.string().regex(/^[^\s,;"<>&]{1,8}$/, {
    error: 'a currency is 1 to 8 letters or signs without spaces, such as EUR',
  }),
  training: positive,
  attack: positive,
});

const limits = record({
  seconds: positive.optional().describe('Wall seconds after which no further trial starts.'),
  trials: positiveInteger.optional().describe('Trials that one run computes.'),
});

/** The cells of which a batch has more images than the data: no step of their trainings is whole. */
function cellsLargerThanData(grid: Grid): Cell[] {
  return [...cellsOf(grid)].filter(
    ({ data: { train = null, validation = 0 }, training }) =>
      train !== null && training !== null && training.batchSize > train - validation,
  );
}

/** Parts of a study file that grids are made of, and that read one thing as another. */
const GRID_PARTS: ReadonlySet<string> = new Set(['models', 'includes', 'excludes']);

/** The study file, as `docs/study.md` describes it. Keys are in snake_case, named as in ART; grids take a value or a list. */
export const studySchema = record({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, {
      error: 'a study name is 1 to 64 letters, digits, dots, dashes or underscores (it names the folder of results)',
    })
    .describe('Names the folder of results, runs/NAME.'),
  data: axis(dataSchema).describe('Data set, or a list of them.'),
  models: modelsSchema.describe('Networks: axes of a family, or a list of such.'),
  training: trainingSchema.optional().describe('Left out where all models are trained already.'),
  defences: defencesSchema.default([[{ name: 'none' }]]),
  attacks: attacksSchema,
  samples: positiveInteger.default(100).describe('Class-balanced test images that each attack is given.'),
  budget: budget
    .nullish()
    .transform((given) => given ?? null)
    .describe('The most that an attack may spend on an image.'),
  protocol: protocolSchema
    .nullish()
    .transform((given) => given ?? null)
    .describe('How attacks are run and compared: attackbench, without strengths, each within a number of passes.'),
  control: z
    .boolean()
    .default(true)
    .describe('Whether every attack with a strength is compared with random noise of that strength.'),
  seeds: seedsSchema.default([0]).describe('Each repeats everything: data order, initial weights, random starts.'),
  excludes: z.array(excludeSchema).default([]).describe('Cells of the grid that are left out.'),
  includes: z
    .array(includeSchema)
    .default([])
    .describe('Grids that are added; each has of the study what it does not name.'),
  limits: limits.default({}).describe('What one run may spend; the next goes on.'),
  survival: survivalSchema.default(survivalSchema.parse({})),
  prices: prices
    .nullish()
    .transform((given) => given ?? null)
    .describe('Of an hour of the machine that trains, and of the one that attacks.'),
})
  .superRefine((given, context) => {
    // What is wrong among these may have left values out that the grid is made of.
    if (context.issues.some(({ path }) => GRID_PARTS.has(String(path?.[0])))) return;
    const mistake = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (given.training === undefined) {
      // A key that is misspelt is told as that.
      const isMisspelt = context.issues.some(({ code }) => code === 'unrecognized_keys');
      if (!isMisspelt && !gridOf(given).models.every(isStoredModel))
        mistake(['training'], 'is missing; give a map of keys');
      given.includes.forEach(({ training }, i) => {
        if (training !== undefined) mistake(['includes', i, 'training'], 'changes a training, and the study has none');
      });
      if (context.issues.some(({ path }) => path?.includes('training'))) return;
    }
    const trainings: [path: (string | number)[], axes: TrainingAxes][] = [
      ...(given.training === undefined ? [] : [[['training'], given.training] as [string[], TrainingAxes]]),
      ...given.includes.flatMap(({ training }, i): [(string | number)[], TrainingAxes][] =>
        training === undefined ? [] : [[['includes', i, 'training'], { ...given.training, ...training }]],
      ),
    ];
    const wrong = trainings.flatMap(([path, axes]) =>
      trainingAxesMistakes(axes).map(({ parameter, message }) => ({ path: [...path, parameter], message })),
    );
    for (const { path, message } of wrong) mistake(path, message);
    const models = given.includes.flatMap(({ models: changed }, i) =>
      changed === undefined
        ? []
        : modelChangesIssues(given.models, changed).map((issue) => ({
            ...issue,
            path: ['includes', i, 'models', ...issue.path],
          })),
    );
    for (const issue of models) context.issues.push(issue as z.core.$ZodRawIssue);
    if (wrong.length > 0 || models.length > 0) return;
    const { protocol } = given;
    const gridFor = (entry?: (typeof given.includes)[number]) => gridUnder(protocol, gridOf(given, entry));
    if (protocol !== null) {
      if (given.budget !== null)
        mistake(['budget'], `is not for protocol ${protocol.name}, which limits passes; give protocol.passes`);
      const entries = [
        ...given.attacks.map((attack, i) => ({ path: ['attacks', i], attack })),
        ...given.includes.flatMap(({ attacks = [] }, i) =>
          attacks.map((attack, k) => ({ path: ['includes', i, 'attacks', k], attack })),
        ),
      ];
      for (const { path, attack } of entries) {
        const message = protocolMistake(attack);
        if (message !== null) mistake(path, message);
      }
    }
    const isDataWrong = context.issues.some(({ path }) => path?.[0] === 'data' || path?.[0] === 'includes');
    for (const data of isDataWrong ? [] : [given.data, ...given.includes.map((entry) => entry.data ?? [])].flat()) {
      const byClass = testImagesByClass(data);
      if (byClass === null) continue;
      const test = byClass.reduce((total, count) => total + count, 0);
      const which = given.data.length + given.includes.length > 1 ? ` of ${data.name}` : '';
      const reason =
        given.samples > test
          ? `${given.samples} samples to attack, but only ${test} test images${which}`
          : whyUnbalanced(byClass, given.samples, `test images${which}`);
      if (reason === null) continue;
      mistake(['samples'], reason);
      break;
    }
    const grids = [gridFor(), ...given.includes.map(gridFor)];
    const size = gridSizeMistake(grids);
    if (size !== null) return mistake([], size);
    const large = (isDataWrong ? [] : grids)
      .flatMap(cellsLargerThanData)
      .find((cell) => !given.excludes.some((pattern) => matches(cell, pattern)));
    if (large !== undefined) {
      const { data, training } = large;
      mistake(
        ['training', 'batch_size'],
        `${training?.batchSize} images in a batch, but only ${trainingImages(data)} to train on`,
      );
    }
    if (given.excludes.length === 0) return;
    const cells = [...cellsOf(gridFor())];
    given.excludes.forEach((pattern, index) => {
      if (!cells.some((cell) => matches(cell, pattern)))
        mistake(['excludes', index], 'leaves nothing out; no cell of the grid is like it');
    });
    if (given.includes.length === 0 && cells.every((cell) => given.excludes.some((pattern) => matches(cell, pattern))))
      mistake(['excludes'], 'leaves nothing over; every cell of the grid is left out');
  })
  .transform((given, context): Study => {
    // zod goes on after an unknown key; what has one may have no value.
    if (context.issues.length > 0) return z.NEVER;
    const { includes, name, excludes, samples, budget, protocol, control, limits, survival, prices } = given;
    const gridFor = (entry?: (typeof includes)[number]) => gridUnder(protocol, gridOf(given, entry));
    const grids: readonly [Grid, ...Grid[]] = [gridFor(), ...includes.map(gridFor)];
    const all = <T>(list: (grid: Grid) => readonly T[]) => distinct(grids.flatMap(list));
    return {
      name,
      grids,
      excludes,
      data: all((grid) => grid.data),
      models: all((grid) => grid.models),
      trainings: all((grid) => grid.trainings),
      defences: all((grid) => grid.defences),
      attacks: all((grid) => grid.attacks),
      seeds: all((grid) => grid.seeds),
      samples,
      budget,
      protocol,
      control,
      limits,
      survival,
      prices,
    };
  });
