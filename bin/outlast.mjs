#!/usr/bin/env node
/** Starts outlast from a checkout: rebuilds the bundle when a source file is newer, and opens it with the driver that set-up found. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, bundlePath } from '../scripts/build.mjs';
import { driverEnvironment, root } from '../scripts/driver.mjs';

if (!existsSync(join(root, 'node_modules/.package-lock.json'))) {
  console.error(`outlast: its packages are not installed; run \`node ${join(root, 'scripts/setup.mjs')}\` first`);
  process.exit(2);
}
await build();
Object.assign(process.env, driverEnvironment());
process.setSourceMapsEnabled(true);
await import(pathToFileURL(bundlePath).href);
