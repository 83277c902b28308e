import { z } from 'zod';
import { type Parameters, snakeCase } from '../../../base/parameter.ts';
import { DEFAULT_PRECISION, NETWORKS, type NetworkSpec, PRECISIONS } from '../../../models/index.ts';
import { axis, cross, record } from './fields.ts';
import { parameterFields } from './parameterFields.ts';

const [family] = NETWORKS;
const parameters: Parameters = family.parameters;
const precision = axis(z.enum(PRECISIONS)).describe('Number format of the model.');

/** The networks of a study file: every key but the family is an axis. */
export const modelsSchema = record({
  family: z.enum([family.name]).default(family.name),
  ...parameterFields(parameters),
  precision: precision.default([DEFAULT_PRECISION]),
});

/** Some of the axes: what an entry of `includes` changes, or which models one of `excludes` means. */
export const modelsPartSchema = record({
  ...parameterFields(
    Object.fromEntries(
      Object.entries(parameters).map(([name, { default: _, ...parameter }]) => [
        name,
        { ...parameter, optional: true as const },
      ]),
    ),
  ),
  precision: precision.optional(),
});

/** Lists of values by the keys of a study file. */
export type ModelAxes = Readonly<Record<string, unknown>>;

/** The models that these axes cross: the family's first parameter varies fastest, then the precision. */
export function modelsOf(axes: ModelAxes): NetworkSpec[] {
  const [first, ...others] = Object.keys(parameters);
  const order = [...others.reverse(), 'precision', first];
  const lists = order.map((name) => axes[snakeCase(name)] as readonly unknown[]);
  return cross(...lists).map((values) => {
    const chosen = Object.fromEntries(order.map((name, i) => [name, values[i]]));
    const settings = Object.fromEntries(Object.keys(parameters).map((name) => [name, chosen[name]]));
    return { family: axes.family, ...settings, precision: chosen.precision } as unknown as NetworkSpec;
  });
}
