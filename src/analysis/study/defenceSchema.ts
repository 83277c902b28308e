import { z } from 'zod';
import { axis, cross, positive, record, show } from './fields.ts';
import type { DefenceSpec } from './trial.ts';

/** A defence of a study file as the defences that it stands for: its parameters are axes. */
export const defenceSchema = z.discriminatedUnion('name', [
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

type DefenceName = DefenceSpec['name'];

export const DEFENCE_NAMES = defenceSchema.options.map((option) => option.in.shape.name.value) as [
  DefenceName,
  ...DefenceName[],
];

/** Keys of all defences, as the file calls them. */
export const DEFENCE_KEYS: ReadonlySet<string> = new Set(
  defenceSchema.options.flatMap((option) => Object.keys(option.in.shape)),
);
