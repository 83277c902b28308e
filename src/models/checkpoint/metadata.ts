import type { z } from 'zod';
import { InputError } from '../../base/errors.ts';

/**
 * An entry of a checkpoint's metadata, which holds JSON.
 * @param text undefined where the checkpoint has no such entry
 * @param missing what follows from that, for the message
 * @throws InputError when it is missing, not JSON, or not what the schema asks for; it names the file and the entry
 */
export function parseMetadata<T>(
  schema: z.ZodType<T>,
  name: string,
  text: string | undefined,
  file: string,
  missing = '',
): T {
  const entry = `${file}: the metadata entry ${name}`;
  if (text === undefined) throw new InputError(`${entry} is missing${missing}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new InputError(`${entry} is not JSON: ${error.message}`);
    throw error;
  }
  return parseEntry(schema, value, entry);
}

/** A value by its schema. @param entry what it is, as the message begins @throws InputError with the path and what is wrong there */
export function parseEntry<T>(schema: z.ZodType<T>, value: unknown, entry: string): T {
  const { data, error } = schema.safeParse(value);
  if (error === undefined) return data;
  const [{ path, message }] = error.issues;
  throw new InputError(`${entry}${path.length > 0 ? `, ${path.join('.')}` : ''}: ${message}`);
}
