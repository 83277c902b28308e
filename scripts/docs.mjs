/** Writes what the documentation takes from the program: docs/commands.md. */
import { spawnSync } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, bundlePath } from './build.mjs';
import { root } from './driver.mjs';

await build();
const { stdout, stderr, status } = spawnSync(process.execPath, [bundlePath, 'reference'], { encoding: 'utf8' });
if (status !== 0) throw new Error(`the program does not tell of its commands: ${stderr}`);
const path = join(root, 'docs/commands.md');
writeFileSync(`${path}.new`, stdout);
renameSync(`${path}.new`, path);
