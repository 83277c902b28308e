import { z } from 'zod';
import { snakeCase } from '../../../base/parameter.ts';
import { type AnyDefence, DEFENCES, type DefenceName, type DefenceSpec, defenceNamed } from '../../robustness/index.ts';
import { camelCased, cross, record } from './fields.ts';
import { parameterFields } from './parameterFields.ts';

/** A defence of a study file as the defences that it stands for, one for each combination of the values of its axes. */
function schemaOf({ name, parameters, mistakeOf, specOf }: AnyDefence) {
  const fields = parameterFields(parameters);
  return record({ name: z.literal(name), ...fields }).transform((read, context): DefenceSpec[] => {
    const { name: _, ...given } = camelCased<Readonly<Record<string, unknown>>>(read);
    const axes = Object.entries(given).map(([key, value]) =>
      (parameters[key].axis ? (value as readonly unknown[]) : [value]).map((each, index) => ({ key, each, index })),
    );
    return cross(...axes).map((cell) => {
      const values = Object.fromEntries(cell.map(({ key, each }) => [key, each])) as Parameters<typeof specOf>[0];
      const mistake = mistakeOf?.(values);
      if (mistake === undefined) return specOf(values) as DefenceSpec;
      const at = cell.filter(({ key }) => key === mistake.name && parameters[key].axis).map(({ index }) => index);
      context.addIssue({ code: 'custom', path: [snakeCase(mistake.name), ...at], message: mistake.message });
      return z.NEVER;
    });
  });
}

const [first, ...others] = DEFENCES.map(({ name }) => schemaOf(defenceNamed(name) as AnyDefence));

/** A defence of a study file as the defences that it stands for: its parameters are axes. */
export const defenceSchema = z.discriminatedUnion('name', [first, ...others]).meta({ id: 'defence' });

export const DEFENCE_NAMES = DEFENCES.map(({ name }) => name) as [DefenceName, ...DefenceName[]];

/** The parameters of all defences, as the file calls them. */
export const DEFENCE_KEYS: ReadonlySet<string> = new Set([
  'name',
  ...DEFENCES.flatMap(({ parameters }) => Object.keys(parameters).map(snakeCase)),
]);
