#!/usr/bin/env node
/**
 * Makes a fresh clone ready to run: npm packages, a WebGPU adapter (on Linux a software one, where there is no other), the bundle. Where
 * npm installed outlast (`npx outlast-setup`) only the adapter can be missing.
 * Does only what is missing and says what and why; ends with status 2 when no adapter can be had. Needs Node and npm only.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chosenDriver, isCheckout, probeAdapter, rememberAdapter, rememberedAdapter, root } from './driver.mjs';
import { installLavapipe, lavapipeObstacle } from './lavapipe.mjs';
import { runNpm } from './npm.mjs';
import { installSwiftshader, removeSwiftshader, swiftshaderObstacle } from './swiftshader.mjs';

/** @param {string} line */
const say = (line) => console.log(`set-up: ${line}`);

/** The machine lacks something that set-up cannot provide. */
class SetupError extends Error {}

/**
 * Why the packages have to be installed. The lock file that npm leaves in node_modules is compared with the project's, because
 * times of modification change with every checkout.
 * @returns {string | undefined} nothing when they are what the lock file says
 */
function missingPackages() {
  const installedFile = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installedFile)) return 'node_modules is missing or incomplete';
  const read = (/** @type {string} */ file) => JSON.parse(readFileSync(file, 'utf8')).packages;
  const installed = read(installedFile);
  const wanted = read(join(root, 'package-lock.json'));
  const differs = Object.keys(wanted).some(
    (path) =>
      path !== '' && installed[path]?.version !== wanted[path].version && (path in installed || !wanted[path].optional),
  );
  return differs ? 'node_modules is older than package-lock.json' : undefined;
}

/** Finds a WebGPU adapter, providing one where there is none, and remembers it. */
function provideAdapter() {
  removeSwiftshader();
  const own = probeAdapter();
  if (own.adapter) return remember(own.adapter, null);
  if (chosenDriver() !== undefined)
    throw new SetupError(`${own.reason}, with the Vulkan driver that the environment names: ${chosenDriver()}`);
  if (process.platform !== 'linux') throw new SetupError(own.reason);

  const failures = [own.reason];
  for (const { name, obstacle, plan, install } of softwareDrivers) {
    try {
      const reason = obstacle();
      if (reason) throw new SetupError(reason);
      say(`${plan}, because there is no WebGPU adapter (${failures.join('; ')})`);
      const driverFiles = install();
      const probe = probeAdapter(driverFiles ? { VK_DRIVER_FILES: driverFiles } : {});
      if (probe.adapter) return remember(probe.adapter, driverFiles);
      throw new SetupError(probe.reason);
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  removeSwiftshader();
  throw new SetupError(
    `no WebGPU adapter can be had: ${failures.join('\n  ')}\n` +
      "Install a Vulkan driver for your GPU, or Mesa's lavapipe of version 23 or later, and run this again.",
  );
}

/** In order of preference: lavapipe is about ten times as fast. */
const softwareDrivers = [
  {
    name: 'lavapipe',
    obstacle: lavapipeObstacle,
    plan: "installing Mesa's software driver lavapipe with apt",
    install: () => {
      installLavapipe();
      return null;
    },
  },
  {
    name: 'SwiftShader',
    obstacle: swiftshaderObstacle,
    plan: 'fetching the software driver SwiftShader with npm',
    install: installSwiftshader,
  },
];

/**
 * @param {import('./driver.mjs').Adapter} adapter
 * @param {string | null} driverFiles
 */
function remember(adapter, driverFiles) {
  rememberAdapter(adapter, driverFiles);
  return adapter;
}

try {
  const [major] = process.versions.node.split('.').map(Number);
  if (major < 20) throw new SetupError(`outlast needs Node 20 or later, this is ${process.versions.node}`);
  const missing = isCheckout ? missingPackages() : undefined;
  if (missing) {
    say(`installing the npm packages, because ${missing}`);
    runNpm(['ci', '--include=dev', '--include=optional'], root);
  }
  const remembered = rememberedAdapter();
  const { name, software } = remembered ?? provideAdapter();
  if (!remembered || missing || !isCheckout) say(`WebGPU runs on ${name}${software ? ' (software)' : ''}`);
  if (isCheckout) await (await import('./build.mjs')).build();
} catch (error) {
  console.error(`set-up failed: ${error instanceof Error ? error.message : error}`);
  process.exitCode = error instanceof SetupError ? 2 : 1;
}
