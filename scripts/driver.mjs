/**
 * What Dawn needs around it to find a GPU driver, and the adapter that was found with it. Set-up, the launcher and the tests all
 * start Dawn with `driverEnvironment()`.
 *
 * Dawn looks for the Vulkan loader libvulkan.so.1 beside dawn.node first, then where the system keeps it; the loader reads
 * driver manifests from the system's folders, or only those that VK_DRIVER_FILES names.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package that this script belongs to: a checkout, or what npm installed. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** Whether it is a checkout, with sources. */
export const isCheckout = existsSync(join(root, 'src'));

/** The user's folder for what was fetched. */
export const userCache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'outlast');

/** Where Dawn's package is: npm may have put it beside this one. */
export const dawnFolder = () => dirname(createRequire(import.meta.url).resolve('webgpu/package.json'));

const memory = isCheckout ? join(root, 'node_modules/.cache/outlast') : userCache;
const memoryFile = join(memory, 'adapter.json');

/** An adapter that is slower than this to appear is as good as none (a cold software driver takes under a second). */
const probeLimitMs = 60_000;

/**
 * @typedef {{ name: string, vendor: string, software: boolean }} Adapter
 * @typedef {{ adapter: Adapter, reason?: undefined } | { adapter?: undefined, reason: string }} Probe
 * @typedef {{ key: string, adapter: Adapter, driverFiles: string | null }} Memory
 */

/** @returns {Memory | undefined} */
function readMemory() {
  return existsSync(memoryFile) ? JSON.parse(readFileSync(memoryFile, 'utf8')) : undefined;
}

/** The user's own choice of Vulkan driver; it is never overridden. */
export function chosenDriver() {
  return process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES;
}

/**
 * Variables to add to the environment of a process that opens Dawn: the driver that set-up found to work, when it is not one of
 * the system's own, and a runtime folder where there is none (Mesa complains on standard error without).
 * @returns {Record<string, string>}
 */
export function driverEnvironment() {
  if (process.platform !== 'linux') return {};
  /** @type {Record<string, string>} */
  const environment = {};
  const driverFiles = readMemory()?.driverFiles;
  if (driverFiles && existsSync(driverFiles) && chosenDriver() === undefined) environment.VK_DRIVER_FILES = driverFiles;
  if (!process.env.XDG_RUNTIME_DIR) {
    environment.XDG_RUNTIME_DIR = join(memory, 'runtime');
    mkdirSync(environment.XDG_RUNTIME_DIR, { recursive: true, mode: 0o700 });
  }
  return environment;
}

/**
 * Asks Dawn, in a process of its own (it may crash or hang on a bad driver), for an adapter and a device.
 * @param {Record<string, string>} [environment] added to this process's own
 * @returns {Probe}
 */
export function probeAdapter(environment = {}) {
  const child = spawnSync(process.execPath, [join(root, 'scripts/probe.mjs')], {
    encoding: 'utf8',
    env: { ...process.env, ...driverEnvironment(), ...environment },
    timeout: probeLimitMs,
    killSignal: 'SIGKILL',
  });
  const answer = child.stdout?.split('\n').find((line) => line.startsWith('{'));
  if (child.status === 0 && answer) return { adapter: JSON.parse(answer) };
  if (child.error && 'code' in child.error && child.error.code === 'ETIMEDOUT') {
    return { reason: `Dawn did not answer within ${probeLimitMs / 1000} s` };
  }
  if (child.signal) return { reason: `Dawn crashed (${child.signal})` };
  return { reason: child.stderr.match(/^Error: (.*)/m)?.[1] ?? child.error?.message ?? 'Dawn offers no adapter' };
}

/**
 * What an answer of Dawn depends on: its version, the drivers and devices of this machine, and the environment's choice.
 * @returns {string} a hash
 */
function driverKey() {
  const dataFolders = (process.env.XDG_DATA_DIRS || '/usr/local/share:/usr/share').split(':');
  const manifests = [...dataFolders, '/etc', process.env.XDG_DATA_HOME || join(homedir(), '.local/share')]
    .map((folder) => join(folder, 'vulkan/icd.d'))
    .flatMap((folder) => list(folder).map((name) => join(folder, name)))
    .map((path) => [path, statSync(path, { throwIfNoEntry: false })?.mtimeMs]);
  const devices = [...list('/dev/dri'), ...list('/dev').filter((name) => /^(nvidia|kfd|dxg)/.test(name))];
  const { version } = JSON.parse(readFileSync(join(dawnFolder(), 'package.json'), 'utf8'));
  const parts = [version, process.platform, process.arch, manifests, devices, chosenDriver() ?? null];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** @param {string} folder */
function list(folder) {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

/**
 * The adapter of an earlier probe, when nothing that it depends on has changed since.
 * @returns {Adapter | undefined}
 */
export function rememberedAdapter() {
  const remembered = readMemory();
  if (remembered?.key !== driverKey()) return undefined;
  if (remembered.driverFiles && !existsSync(remembered.driverFiles)) return undefined;
  return remembered.adapter;
}

/**
 * Keeps a positive probe for `driverEnvironment` and `rememberedAdapter`.
 * @param {Adapter} adapter
 * @param {string | null} driverFiles what VK_DRIVER_FILES has to be, or null for the system's own drivers
 */
export function rememberAdapter(adapter, driverFiles) {
  mkdirSync(memory, { recursive: true });
  const temporary = `${memoryFile}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify({ key: driverKey(), adapter, driverFiles }));
  renameSync(temporary, memoryFile);
}
