/** What `outlast train` does, as it is kept in checkpoints. */
import { z } from 'zod';
import { InputError } from '../../base/errors.ts';
import {
  type Augmentation,
  DEFAULT_PRECISION,
  OPTIMISERS,
  PRECISIONS,
  RESNET_DEPTHS,
  randomCrop,
  recipeSchema,
  SCHEDULES,
  type Schedule,
} from '../../models/index.ts';
import { adversarialSchema } from './adversarial.ts';

const count = z.int().min(1);
const positive = z.number().gt(0);

export const AUGMENTATIONS = ['none', 'crop', 'crop-flip'] as const;

export const trainConfigSchema = z.strictObject({
  data: recipeSchema,
  model: z.strictObject({
    depth: z.literal(RESNET_DEPTHS),
    width: count,
    stem: z.enum(['imagenet', 'cifar']),
    precision: z.enum(PRECISIONS).default(DEFAULT_PRECISION),
  }),
  epochs: count,
  batchSize: count,
  learningRate: positive,
  schedule: z.enum(SCHEDULES),
  stepSize: count.nullable(),
  gamma: positive,
  warmup: z.number().min(0),
  optimiser: z.enum(OPTIMISERS),
  momentum: z.number().min(0),
  nesterov: z.boolean(),
  weightDecay: z.number().min(0).nullable(),
  labelSmoothing: z.number().min(0),
  clipNorm: positive.nullable(),
  accumulate: count,
  recompute: z.enum(['none', 'blocks']),
  augment: z.enum(AUGMENTATIONS),
  adversarial: adversarialSchema.nullable().default(null),
  padding: count,
  patience: count.nullable(),
  checkpointEvery: count,
  seed: z.int().min(0),
});

export type TrainConfig = z.infer<typeof trainConfigSchema>;

/** What a checkpoint of this command holds beside the training itself. */
const keptSchema = z.strictObject({
  config: trainConfigSchema,
  /** Other adapters and other choices of kernels round otherwise. */
  computedBy: z.strictObject({ adapter: z.string(), kernels: z.string().nullable() }),
});

export type Kept = z.infer<typeof keptSchema>;

/** The configuration in a checkpoint. @throws InputError when there is none */
export function parseKept(value: unknown, file: string): Kept {
  const { data, error } = keptSchema.safeParse(value);
  if (error === undefined) return data;
  const [{ path, message }] = error.issues;
  throw new InputError(`${file}: the configuration${path.length > 0 ? `, ${path.join('.')}` : ''}: ${message}`);
}

/** The schedule of a configuration; a step schedule without step size falls twice. */
export function scheduleFrom({ schedule, stepSize, gamma, warmup, epochs }: TrainConfig): Schedule {
  switch (schedule) {
    case 'step':
      return { name: schedule, stepSize: stepSize ?? Math.max(1, Math.ceil(epochs / 3)), gamma };
    case 'one-cycle':
      return { name: schedule, warmup };
    default:
      return { name: schedule };
  }
}

/** The augmentation of a configuration. */
export function augmentationFrom({ augment, padding }: TrainConfig): Augmentation | undefined {
  return augment === 'none' ? undefined : randomCrop({ padding, flip: augment === 'crop-flip' });
}
