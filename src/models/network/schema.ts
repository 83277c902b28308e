/** Networks as checkpoints and configurations describe them. */
import { z } from 'zod';
import { type Given, settingsOf } from '../../base/catalogue.ts';
import { whyRefused } from '../../base/parameter.ts';
import { DEFAULT_FAMILY, FAMILY_NAMES, familyOf, type NetworkOptions, type NetworkSpec } from './catalogue.ts';
import type { NetworkDefinition } from './network.ts';
import { DEFAULT_PRECISION, PRECISIONS } from './precision.ts';

/** Reports what is wrong with values of a family's parameters. */
function check({ title, parameters }: NetworkDefinition, values: Given, context: z.RefinementCtx): void {
  const mistake = (name: string, message: string) => context.addIssue({ code: 'custom', path: [name], message });
  for (const [name, value] of Object.entries(values)) {
    const parameter = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    const message = parameter === undefined ? `is no parameter of a ${title}` : whyRefused(parameter, value);
    if (message !== null && value !== undefined) mistake(name, message);
  }
  for (const [name, parameter] of Object.entries(parameters))
    if (values[name] === undefined && parameter.default === undefined && !parameter.optional)
      mistake(name, 'is missing');
}

const endsSchema = z.looseObject({
  family: z.string().optional(),
  inChannels: z.int().min(1),
  classes: z.int().min(1),
  imageSize: z.tuple([z.int().min(1), z.int().min(1)]).optional(),
  precision: z.enum(PRECISIONS).optional(),
  normalisation: z.strictObject({ mean: z.array(z.number()), standardDeviation: z.array(z.number().gt(0)) }).optional(),
});

/** A member of a family with its images and classes, and with the family's name, which checkpoints have beside it. */
export const architectureSchema = (family: NetworkDefinition): z.ZodType<NetworkOptions> =>
  endsSchema.transform((given, context) => {
    const {
      family: _,
      inChannels: __,
      classes: ___,
      imageSize,
      precision: ____,
      normalisation: _____,
      ...settings
    } = given;
    check(family, settings, context);
    if (family.sized && imageSize === undefined)
      context.addIssue({ code: 'custom', path: ['imageSize'], message: 'is missing' });
    return { ...given, family: family.name } as unknown as NetworkOptions;
  });

/** A network without its images and classes, all of it decided. Earlier versions had ResNets only, and named no family. */
export const networkSchema: z.ZodType<NetworkSpec> = z
  .looseObject({
    family: z.enum(FAMILY_NAMES).default(DEFAULT_FAMILY),
    precision: z.enum(PRECISIONS).default(DEFAULT_PRECISION),
  })
  .transform(({ family: name, precision, ...settings }, context) => {
    const family = familyOf(name);
    check(family, settings, context);
    return { family: name, ...settingsOf(family, settings), precision } as unknown as NetworkSpec;
  });
