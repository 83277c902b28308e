import { z } from 'zod';
import { type ModelSpec, PRECISIONS, RESNET_DEFAULTS } from '../../../models/index.ts';
import { axis, cross, positiveInteger, record, show } from './fields.ts';

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
