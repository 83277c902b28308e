import { z } from 'zod';
import { shuffledSizes } from '../../models/data/splits.ts';
import type { Budget } from '../attacks/budget.ts';
import { attackSchema } from './attackSchema.ts';
import { axis, camelCased, cross, positive, positiveInteger, record, show } from './fields.ts';
import type { AttackSpec, DataSpec, DefenceSpec, ModelSpec, TrainingSpec } from './trial.ts';

/** How the survival model of a study is fitted. */
export interface SurvivalSpec {
  readonly model: 'weibull' | 'exponential' | 'log-normal' | 'log-logistic';
  /** What a sample's time to failure is measured in; the last two do not depend on the machine. */
  readonly clock: Clock;
  readonly encoding: Encoding;
}

/** `sample`: each sample's own time to failure. `paper`: all samples of a run have its mean time, and those that were wrong before count as failures. */
export type Encoding = 'sample' | 'paper';

export type Clock = 'seconds' | 'queries' | 'flops';

/** What an hour of the machine that trains, and of the one that attacks, costs. */
export interface PricesSpec {
  readonly currency: string;
  readonly training: number;
  readonly attack: number;
}

/** A study with its grids written out: every model, defence and attack that it crosses. */
export interface Study {
  readonly name: string;
  readonly data: DataSpec;
  readonly models: readonly ModelSpec[];
  readonly training: TrainingSpec;
  readonly defences: readonly DefenceSpec[];
  readonly attacks: readonly AttackSpec[];
  readonly samples: number;
  /** The most that an attack may spend on a sample; null where there is no limit. */
  readonly budget: Budget | null;
  readonly seeds: readonly number[];
  readonly survival: SurvivalSpec;
  /** Null where TRASH is not to be told in money; no trial depends on them. */
  readonly prices: PricesSpec | null;
}

/** Images in each split of the data sets that are published; a folder's are counted when it is read. */
const SPLIT_SIZES = {
  mnist: { train: 60_000, test: 10_000 },
  cifar10: { train: 50_000, test: 10_000 },
  cifar100: { train: 50_000, test: 10_000 },
} as const;

const data = record({
  name: z.enum(['mnist', 'cifar10', 'cifar100', 'folder']),
  path: z.string().min(1).optional(),
  split: z.enum(['standard', 'shuffled']).default('standard'),
  train: positiveInteger.nullish().transform((size) => size ?? null),
  test: positiveInteger.nullish().transform((size) => size ?? null),
})
  .superRefine(({ name, path, split, ...sizes }, context) => {
    const mistake = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    if (name === 'folder') {
      if (path === undefined) mistake('path', 'missing; the folder that holds a folder of PNG images for each class');
      return;
    }
    if (path !== undefined) mistake('path', `only for name: folder; the files of ${name} are named by --data-dir`);
    const published = SPLIT_SIZES[name];
    const parts = ['train', 'test'] as const;
    if (split === 'standard') {
      for (const part of parts)
        if ((sizes[part] ?? 0) > published[part])
          mistake(part, `${sizes[part]} images, but the ${part} split of ${name} has ${published[part]}`);
      return;
    }
    const all = published.train + published.test;
    const wanted = (sizes.train ?? 1) + (sizes.test ?? 1);
    if (wanted > all)
      mistake(sizes.train === null ? 'test' : 'train', `${wanted} images in both parts, but ${name} has ${all}`);
  })
  .transform(({ name, path = '', split, train, test }): DataSpec => {
    const source = name === 'folder' ? { name, path } : { name };
    // Left out where it is standard: configurations, and with them trials, keep their identity.
    return { ...source, ...(split === 'standard' ? {} : { split }), train, test };
  });

/** How many images there will be for testing, where that is known before they are read. */
function testImages(data: DataSpec): number | null {
  if (data.test !== null) return data.test;
  if (data.name === 'folder') return null;
  const { train, test } = SPLIT_SIZES[data.name];
  return data.split === 'shuffled' ? shuffledSizes(data.name, train + test, data.train, null)[1] : test;
}

const models = record({
  family: z.enum(['resnet']).default('resnet'),
  depth: axis(
    z.literal([18, 34, 50, 101, 152], {
      error: (issue) => `no ResNet has depth ${show(issue.input)}; the family has 18, 34, 50, 101 and 152`,
    }),
  ),
  width: axis(positiveInteger).default([64]),
  stem: axis(z.enum(['imagenet', 'cifar'])).default(['imagenet']),
  precision: axis(z.enum(['f32'])).default(['f32']),
}).transform(({ family, depth, width, stem, precision }): ModelSpec[] =>
  cross(stem, width, precision, depth).map(([s, w, p, d]) => ({ family, depth: d, width: w, stem: s, precision: p })),
);

const training = record({
  epochs: positiveInteger,
  batch_size: positiveInteger,
  learning_rate: positive,
  schedule: z.enum(['constant', 'cosine', 'one-cycle']).default('constant'),
  momentum: z.number().min(0).lt(1).default(0.9),
  weight_decay: z.number().min(0).default(0),
}).transform(
  (given): TrainingSpec => ({
    epochs: given.epochs,
    batchSize: given.batch_size,
    learningRate: given.learning_rate,
    schedule: given.schedule,
    momentum: given.momentum,
    weightDecay: given.weight_decay,
  }),
);

const defence = z.discriminatedUnion('name', [
  record({ name: z.literal('none') }).transform((): DefenceSpec[] => [{ name: 'none' }]),
  record({
    name: z.literal('gaussian-augmentation'),
    sigma: axis(positive),
    ratio: axis(positive.max(1)).default([1]),
  }).transform(({ name, sigma, ratio }): DefenceSpec[] =>
    cross(sigma, ratio).map(([s, r]) => ({ name, sigma: s, ratio: r })),
  ),
  record({
    name: z.literal('feature-squeezing'),
    bit_depth: axis(z.int().min(1).max(64)),
  }).transform(({ name, bit_depth }): DefenceSpec[] => bit_depth.map((bitDepth) => ({ name, bitDepth }))),
  record({
    name: z.literal('spatial-smoothing'),
    window_size: axis(
      z.literal([3, 5, 7], { error: (issue) => `a window is 3, 5 or 7 pixels wide, not ${show(issue.input)}` }),
    ),
  }).transform(({ name, window_size }): DefenceSpec[] => window_size.map((windowSize) => ({ name, windowSize }))),
  record({
    name: z.literal('high-confidence'),
    cutoff: axis(positive.lt(1)),
  }).transform(({ name, cutoff }): DefenceSpec[] => cutoff.map((c) => ({ name, cutoff: c }))),
  record({
    name: z.literal('gaussian-noise'),
    scale: axis(positive),
  }).transform(({ name, scale }): DefenceSpec[] => scale.map((s) => ({ name, scale: s }))),
]);

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

/** The study file, as `docs/study.md` describes it. Keys are in snake_case, named as in ART; grids take a value or a list. */
export const studySchema = record({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, {
    error: 'a study name is 1 to 64 letters, digits, dots, dashes or underscores (it names the folder of results)',
  }),
  data,
  models,
  training,
  defences: z
    .array(defence)
    .min(1)
    .default([[{ name: 'none' }]]),
  attacks: z.array(attackSchema).min(1),
  samples: positiveInteger.default(100),
  budget: budget.nullish().transform((given) => given ?? null),
  seeds: axis(z.int().min(0).max(0xffff_ffff)).default([0]),
  survival: record({
    model: z.enum(['weibull', 'exponential', 'log-normal', 'log-logistic']).default('weibull'),
    clock: z.enum(['seconds', 'queries', 'flops']).default('seconds'),
    encoding: z.enum(['sample', 'paper']).default('sample'),
  }).default({ model: 'weibull', clock: 'seconds', encoding: 'sample' }),
  prices: prices.nullish().transform((given) => given ?? null),
})
  .superRefine((given, context) => {
    const test = testImages(given.data);
    if (test !== null && given.samples > test) {
      const message = `${given.samples} samples to attack, but only ${test} test images`;
      context.addIssue({ code: 'custom', path: ['samples'], message });
    }
    if (given.prices !== null && given.survival.clock !== 'seconds') {
      const message = `prices are those of an hour, but the clock counts ${given.survival.clock}; use survival.clock seconds`;
      context.addIssue({ code: 'custom', path: ['prices'], message });
    }
  })
  .transform((given): Study => ({ ...given, defences: given.defences.flat(), attacks: given.attacks.flat() }));
