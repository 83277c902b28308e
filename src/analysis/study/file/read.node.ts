import { InputError } from '../../../base/errors.ts';
import { readBytes } from '../../../base/files.node.ts';
import { modelDigest } from '../../../models/open.node.ts';
import { type ParsedStudy, parseStudy } from './parse.ts';
import type { NamedFile } from './storedModelSchema.ts';

/**
 * Reads and validates a study file, and finds the digests of the models' files that it names.
 * @throws InputError the file cannot be read, or `parseStudy` refuses it
 */
export async function readStudy(file: string): Promise<ParsedStudy> {
  const bytes = await readBytes(file);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) throw new InputError(`${file} is not UTF-8 text; give a study file (YAML)`);
    throw error;
  }
  return parseStudy(text, file, (named) => digestOfModel(named, file));
}

/** The digest of a model's file that a study names. @throws InputError that names both */
function digestOfModel({ file, kind }: NamedFile, study: string): string {
  try {
    return modelDigest(file, kind);
  } catch (error) {
    throw error instanceof InputError ? new InputError(`${study}: models: ${error.message}`) : error;
  }
}
