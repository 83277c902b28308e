#!/usr/bin/env node
/**
 * Starts outlast with the driver that set-up found: from a checkout, whose bundle is built again when a source file is newer, or as npm
 * installed it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { driverEnvironment, isCheckout, root } from '../scripts/driver.mjs';

const setup = `run \`node ${join(root, 'scripts/setup.mjs')}\` first`;

/** @param {string} what is wrong, and what would help */
function refuse(what) {
  console.error(`outlast: ${what}`);
  process.exit(2);
}

/** The program: built where it can be. */
async function program() {
  if (!isCheckout) return join(root, 'lib/outlast.js');
  if (!existsSync(join(root, 'node_modules/.package-lock.json'))) refuse(`its packages are not installed; ${setup}`);
  const { build, bundlePath } = await import('../scripts/build.mjs');
  await build();
  return bundlePath;
}

try {
  const path = await program();
  Object.assign(process.env, driverEnvironment());
  process.setSourceMapsEnabled(true);
  await import(pathToFileURL(path).href);
} catch (error) {
  const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
  const [, missing] = (code === 'ERR_MODULE_NOT_FOUND' && /^Cannot find package '([^']+)'/.exec(message)) || [];
  if (missing === undefined) throw error;
  const help = isCheckout ? `, though package-lock.json names it; ${setup}` : `; \`npm install ${missing}\` adds it`;
  refuse(`the package ${missing} is not installed${help}`);
}
