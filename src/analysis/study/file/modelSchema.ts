import { z } from 'zod';
import { type ModelSpec, PRECISIONS, RESNET_DEFAULTS, type TrainingSpec } from '../../../models/index.ts';
import { axis, cross, positive, positiveInteger, record, show } from './fields.ts';

const depth = axis(
  z.literal([18, 34, 50, 101, 152], {
    error: (issue) => `no ResNet has depth ${show(issue.input)}; the family has 18, 34, 50, 101 and 152`,
  }),
).describe('Layers.');
const width = axis(positiveInteger).describe("Channels of the first stage; torchvision's is 64.");
const stem = axis(z.enum(['imagenet', 'cifar'])).describe('7x7 stride 2 with max-pool, or 3x3.');
const precision = axis(z.enum(PRECISIONS)).describe('Number format of the model.');

export const modelsSchema = record({
  family: z.enum(['resnet']).default('resnet'),
  depth,
  width: width.default([RESNET_DEFAULTS.width]),
  stem: stem.default([RESNET_DEFAULTS.stem]),
  precision: precision.default(['f32']),
});

/** Some of the axes: what an entry of `includes` changes, or which models one of `excludes` means. */
export const modelsPartSchema = record({
  depth: depth.optional(),
  width: width.optional(),
  stem: stem.optional(),
  precision: precision.optional(),
});

/** The models that these axes cross. */
export const modelsOf = (axes: z.output<typeof modelsSchema>): ModelSpec[] =>
  cross(axes.stem, axes.width, axes.precision, axes.depth).map(([s, w, p, d]) => ({
    family: axes.family,
    depth: d,
    width: w,
    stem: s,
    precision: p,
  }));

const epochs = axis(positiveInteger);
const batchSize = axis(positiveInteger);
const learningRate = axis(positive).describe('Of SGD.');
const schedule = z.enum(['constant', 'cosine', 'one-cycle']);
const momentum = z.number().min(0).lt(1);
const weightDecay = z.number().min(0);

export const trainingSchema = record({
  epochs,
  batch_size: batchSize,
  learning_rate: learningRate,
  schedule: schedule.default('constant').describe('Of the learning rate.'),
  momentum: momentum.default(0.9),
  weight_decay: weightDecay.default(0),
});

/** Some of its keys: what an entry of `includes` changes, or which trainings one of `excludes` means. */
export const trainingPartSchema = record({
  epochs: epochs.optional(),
  batch_size: batchSize.optional(),
  learning_rate: learningRate.optional(),
  schedule: schedule.optional(),
  momentum: momentum.optional(),
  weight_decay: weightDecay.optional(),
});

/** The trainings that these axes cross. */
export const trainingsOf = (given: z.output<typeof trainingSchema>): TrainingSpec[] =>
  cross(given.epochs, given.batch_size, given.learning_rate).map(([e, b, l]) => ({
    epochs: e,
    batchSize: b,
    learningRate: l,
    schedule: given.schedule,
    momentum: given.momentum,
    weightDecay: given.weight_decay,
  }));
