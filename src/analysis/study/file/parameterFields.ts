import { z } from 'zod';
import { accepts, type Parameter, type Parameters, rangeText, snakeCase } from '../../../base/parameter.ts';
import { axis, formOf, fraction, writtenAs } from './fields.ts';

/**
 * The fields of a study file for some parameters, by their names there. A parameter that is an axis takes a list, and reads as one; one
 * without a default must be given, unless it is optional.
 * @param defaults for what a study does otherwise than the thing by itself, by names in code
 */
export function parameterFields(
  parameters: Parameters,
  defaults: Readonly<Record<string, unknown>> = {},
): Record<string, z.ZodType> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, parameter]) => {
      const value = defaults[name] ?? parameter.default;
      return [snakeCase(name), wholeField(parameter, value).describe(sentence(parameter.about))];
    }),
  );
}

/** The field of a parameter with all its values, and with what it has where the file does not give it. */
function wholeField(parameter: Parameter, value: unknown): z.ZodType {
  const field = parameter.axis ? axis(valueField(parameter)) : valueField(parameter);
  if (value !== undefined) return field.default(parameter.axis ? [value] : value);
  return parameter.optional ? field.optional() : field;
}

/** A line of help as a sentence: `Steps.` */
export const sentence = (about: string): string => `${about[0].toUpperCase()}${about.slice(1)}.`;

/** The field of one value of a parameter. */
export function valueField(parameter: Parameter): z.ZodType {
  switch (parameter.kind) {
    case 'integer': {
      const { from, to } = parameter;
      return to === undefined ? z.int().min(from) : z.int().min(from).max(to);
    }
    case 'number':
      return parameter.fraction ? fractionField(parameter) : numberField(parameter);
    case 'choice': {
      const { choices } = parameter;
      const words = choices.filter((each) => typeof each === 'string');
      return words.length === choices.length ? wordField(words) : z.literal([...choices]);
    }
    case 'boolean':
      return z.boolean();
  }
}

/** One of some words; one in digits, such as the norm 2, may be written as a number. */
function wordField(words: readonly string[]): z.ZodType {
  const numbers = words.map(Number).filter((value) => words.includes(String(value)));
  const asText = (value: unknown) => (numbers.some((each) => each === value) ? String(value) : value);
  const field = z.enum(words);
  return numbers.length === 0 ? field : writtenAs(z.union([field, z.literal(numbers)]), z.preprocess(asText, field));
}

function numberField({ from, above, to, below }: Parameter & { readonly kind: 'number' }): z.ZodType {
  let field = z.number();
  if (above !== undefined) field = field.gt(above);
  if (from !== undefined) field = field.min(from);
  if (to !== undefined) field = field.max(to);
  if (below !== undefined) field = field.lt(below);
  return field;
}

/** A number that may be written as a fraction; the JSON Schema tells its forms only. */
const fractionField = (parameter: Parameter): z.ZodType =>
  writtenAs(
    formOf(fraction) as z.ZodType,
    fraction.refine((value) => accepts(parameter, value), {
      error: ({ input }) => `${input} is out of range; it must be ${rangeText(parameter)}`,
    }),
  );
