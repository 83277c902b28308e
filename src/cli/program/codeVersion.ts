import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dependencies, version } from '../../../package.json';

/**
 * The version of this program with a digest of its code and engine: equal where the same configuration gives the same result.
 * Comments are left out, for the bundler writes paths into them.
 */
export function codeVersion(): string {
  const code = readFileSync(new URL(import.meta.url), 'utf8').replaceAll(/^\s*\/\/.*\n?/gm, '');
  const digest = createHash('sha256').update(code).update(dependencies.webgpu).digest('hex');
  return `${version}+${digest.slice(0, 12)}`;
}
