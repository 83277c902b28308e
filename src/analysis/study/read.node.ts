import { readFileSync } from 'node:fs';
import { InputError } from '../../engine/errors.ts';
import { type ParsedStudy, parseStudy } from './parse.ts';

/**
 * Reads and validates a study file.
 * @throws InputError the file cannot be read, or `parseStudy` refuses it
 */
export function readStudy(file: string): ParsedStudy {
  return parseStudy(readText(file), file);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const reasons: Record<string, string> = {
      ENOENT: 'no such file',
      EISDIR: 'is a folder; give a study file (YAML)',
      EACCES: 'may not be read (permission denied)',
    };
    throw new InputError(`${file}: ${reasons[code ?? ''] ?? (error as Error).message}`);
  }
}
