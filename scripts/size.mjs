/** Tells how large outlast is as npm packs it: `npm run size`. */
import { execFileSync } from 'node:child_process';
import { root } from './driver.mjs';

const [{ size, unpackedSize, files }] = JSON.parse(
  execFileSync('npm', ['pack', '--dry-run', '--json', '--silent'], { cwd: root, encoding: 'utf8' }),
);
const megabytes = (/** @type {number} */ bytes) => `${(bytes / 1e6).toFixed(2)} MB`;
/** @type {Record<string, number>} */
const parts = {};
for (const { path, size: bytes } of files) {
  const part = path.startsWith('lib/types/') ? 'lib/types' : path.split('/')[0];
  parts[part] = (parts[part] ?? 0) + bytes;
}
console.log(`${megabytes(size)} packed, ${megabytes(unpackedSize)} installed, ${files.length} files`);
for (const [part, bytes] of Object.entries(parts).sort(([, a], [, b]) => b - a))
  console.log(`  ${part.padEnd(14)} ${megabytes(bytes)}`);
