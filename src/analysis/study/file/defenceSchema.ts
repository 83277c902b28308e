import { z } from 'zod';
import type { DefenceSpec } from '../../robustness/index.ts';
import { distanceMistake } from './attackSchema.ts';
import { axis, cross, fraction, positive, positiveInteger, record, show } from './fields.ts';

const adversarialTraining = record({
  name: z.literal('adversarial-training'),
  method: z.enum(['madry', 'trades']).default('madry'),
  norm: z
    .literal(['inf', '2', 2], { error: (issue) => `a norm is inf or 2 here, not ${show(issue.input)}` })
    .default('inf')
    .transform((norm) => (norm === 'inf' ? norm : '2')),
  eps: axis(fraction),
  eps_step: fraction.optional(),
  max_iter: positiveInteger.default(7),
  beta: positive.optional(),
  eps_warmup: z.number().min(0).max(1).default(0),
})
  .superRefine(({ method, norm, eps, eps_step: step, beta }, context) => {
    const check = (value: number, path: (string | number)[]) => {
      const message = distanceMistake(value, norm, String(path[0]));
      if (message) context.addIssue({ code: 'custom', path, message });
    };
    eps.forEach((value, index) => {
      check(value, ['eps', index]);
    });
    if (step !== undefined) check(step, ['eps_step']);
    if (beta !== undefined && method !== 'trades')
      context.addIssue({ code: 'custom', path: ['beta'], message: `beta is of method trades, not of ${method}` });
  })
  .transform(
    ({ name, method, norm, eps, eps_step, max_iter: maxIter, beta = 6, eps_warmup: epsWarmup }): DefenceSpec[] =>
      eps.map((value) => ({
        ...{ name, method, norm, eps: value, epsStep: eps_step ?? value / 4, maxIter },
        ...(method === 'trades' ? { beta } : {}),
        epsWarmup,
      })),
  );

/** A defence of a study file as the defences that it stands for: its parameters are axes. */
export const defenceSchema = z
  .discriminatedUnion('name', [
    record({ name: z.literal('none') }).transform((): DefenceSpec[] => [{ name: 'none' }]),
    record({
      name: z.literal('gaussian-augmentation'),
      sigma: axis(positive),
      ratio: axis(positive.max(1)).default([1]),
    }).transform(({ name, sigma, ratio }): DefenceSpec[] =>
      cross(sigma, ratio).map(([s, r]) => ({ name, sigma: s, ratio: r })),
    ),
    adversarialTraining,
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
    record({
      name: z.literal('label-smoothing'),
      alpha: axis(positive.lt(1)),
    }).transform(({ name, alpha }): DefenceSpec[] => alpha.map((a) => ({ name, alpha: a }))),
    record({
      name: z.literal('jpeg-compression'),
      quality: axis(z.int().min(1).max(100)),
    }).transform(({ name, quality }): DefenceSpec[] => quality.map((q) => ({ name, quality: q }))),
    record({
      name: z.literal('total-variance-minimisation'),
      prob: axis(positive.max(1)).default([0.3]),
      norm: z.literal([1, 2]).default(2),
      lamb: axis(positive).default([0.03]),
      max_iter: positiveInteger.default(30),
    }).transform(({ name, prob, norm, lamb, max_iter: maxIter }): DefenceSpec[] =>
      cross(prob, lamb).map(([p, l]) => ({ name, prob: p, norm, lamb: l, maxIter })),
    ),
    record({
      name: z.literal('randomised-smoothing'),
      sigma: axis(positive),
      copies: positiveInteger.default(10),
      augmentation: z.boolean().default(true),
      n0: positiveInteger.default(100),
      n: positiveInteger.default(1000),
      alpha: positive.lt(1).default(0.001),
    }).transform(({ sigma, ...rest }): DefenceSpec[] => sigma.map((s) => ({ ...rest, sigma: s }))),
  ])
  .meta({ id: 'defence' });

type DefenceName = DefenceSpec['name'];

export const DEFENCE_NAMES = defenceSchema.options.map((option) => option.in.shape.name.value) as [
  DefenceName,
  ...DefenceName[],
];

/** Keys of all defences, as the file calls them. */
export const DEFENCE_KEYS: ReadonlySet<string> = new Set(
  defenceSchema.options.flatMap((option) => Object.keys(option.in.shape)),
);
