import { z } from 'zod';
import { InputError } from '../../../base/errors.ts';
import { nearest } from '../../../base/nearest.ts';

/* What the fields of a study file are made of. */

/** An object that accepts exactly these keys; an unknown one is reported with the nearest that exists. */
export function record<S extends z.core.$ZodLooseShape>(shape: S) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return undefined;
      const key = (issue as { keys: string[] }).keys[0];
      return `unknown key '${key}'; did you mean '${nearest(key, known)}'? Known here: ${known.join(', ')}`;
    },
  });
}

/** What fields that are changed before they are checked look like in the file. */
const forms = new WeakMap<z.core.$ZodType, z.ZodType>();

/** Tells what a field looks like in the file, for the JSON Schema. */
export function writtenAs<T extends z.ZodType>(form: z.ZodType, field: T): T {
  forms.set(field, form);
  return field;
}

/** What a field looks like in the file, where that was told; one that was described since is a copy, and looks like its original. */
export function formOf(field: z.core.$ZodType): z.ZodType | undefined {
  const { parent } = field._zod;
  return forms.get(field) ?? (parent && formOf(parent));
}

/**
 * A value of one of several forms, of which its keys tell the one that is meant: mistakes are told of that form.
 * @param form the schema of a value
 */
export function byForm<T>(
  forms: readonly [z.ZodType, ...z.ZodType[]],
  form: (value: unknown) => z.ZodType<T>,
): z.ZodType<T> {
  const field = z.unknown().transform((value, context): T => {
    const { success, data, error } = form(value).safeParse(value, { reportInput: true });
    if (success) return data;
    for (const issue of error.issues) context.issues.push(issue as z.core.$ZodRawIssue);
    return z.NEVER;
  });
  return writtenAs(z.union(forms), field);
}

/** Whether a value of a study file has a key. */
export const hasKey = (value: unknown, key: string): boolean =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key);

/** One value or a list of values without repetition: a grid's axis. */
export function axis<T extends z.ZodType>(item: T) {
  const list = z.preprocess(
    (value) => (Array.isArray(value) || value === undefined ? value : [value]),
    z
      .array(item)
      .min(1, { error: 'an empty list; give at least one value' })
      .superRefine((values: readonly unknown[], context) => {
        const seen = new Set<string>();
        values.forEach((value, index) => {
          const key = JSON.stringify(value);
          if (seen.has(key)) context.addIssue({ code: 'custom', path: [index], message: `${key} is listed twice` });
          seen.add(key);
        });
      }),
  );
  return writtenAs(z.union([item, z.array(item).min(1)]), list);
}

const FRACTION = /^\s*(\d+(?:\.\d+)?)\s*\/\s*(\d+(?:\.\d+)?)\s*$/;

/** A real number, or a fraction as text: `8/255`. */
export const fraction = writtenAs(
  z.union([z.number(), z.string().regex(FRACTION)]),
  z.unknown().transform((value, context) => {
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    const parts = typeof value === 'string' ? FRACTION.exec(value) : null;
    if (parts && Number(parts[2]) > 0) return Number(parts[1]) / Number(parts[2]);
    context.addIssue({
      code: 'custom',
      message: `expected a number or a fraction such as 8/255, found ${show(value)}`,
    });
    return z.NEVER;
  }),
);

/** A value as a reader of the file would recognise it. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number') return String(value);
  // YAML has values that JSON has not, such as a binary that holds none.
  const text = JSON.stringify(value) ?? 'what is no value';
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}

export const positiveInteger = z.int().min(1);
export const positive = z.number().gt(0);

/** The most combinations of one entry's values, and so the most objects that a line of a file can make. */
const MOST_CROSSED = 10_000;

/** Every combination, the last axis varying fastest. @throws InputError for more than `MOST_CROSSED` of them */
export function cross<T extends readonly (readonly unknown[])[]>(...axes: T): { [K in keyof T]: T[K][number] }[] {
  const count = axes.reduce((product, { length }) => product * length, 1);
  if (count > MOST_CROSSED) throw new InputError(`${count} combinations of values; at most ${MOST_CROSSED} are taken`);
  const combinations = axes.reduce<readonly (readonly unknown[])[]>(
    (rows, values) => rows.flatMap((row) => values.map((value) => [...row, value])),
    [[]],
  );
  return combinations as { [K in keyof T]: T[K][number] }[];
}

/** Keys as code calls them: `max_iter` is `maxIter`. */
export function camelCased<T extends Readonly<Record<string, unknown>>>(given: T): CamelCased<T> {
  const rename = (key: string) => key.replace(/_[a-z]/g, (pair) => pair[1].toUpperCase());
  return Object.fromEntries(Object.entries(given).map(([key, value]) => [rename(key), value])) as CamelCased<T>;
}

type Camel<K extends string> = K extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : K;
type CamelCased<T> = { [K in keyof T & string as Camel<K>]: T[K] };
