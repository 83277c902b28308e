import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dependencies, version } from '../../../package.json';
import type { Surroundings } from './surroundings.ts';

/**
 * The version of this program with a digest of its code and engine: equal where the same configuration gives the same result.
 * Comments are left out, for the bundler writes paths into them. The file that the program starts from is enough: it names the others by
 * digests of what they hold.
 */
export function codeVersion({ entry = import.meta.url }: Pick<Surroundings, 'entry'>): string {
  const code = readFileSync(new URL(entry), 'utf8').replaceAll(/^\s*\/\/.*\n?/gm, '');
  const digest = createHash('sha256').update(code).update(dependencies.webgpu).digest('hex');
  return `${version}+${digest.slice(0, 12)}`;
}
