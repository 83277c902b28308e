/**
 * SwiftShader, a software Vulkan driver that needs no installation: the one of an installed Chromium, or else out of an npm package
 * that carries Chromium.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { dawnFolder, userCache } from './driver.mjs';
import { runNpm } from './npm.mjs';

const carrier = '@sparticuz/chromium';
const version = '153.0.0';
/** What carries the driver that is fetched. */
export const carriedBy = `${carrier} ${version}`;
const integrity = 'sha512-jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA==';

const loader = 'libvulkan.so.1';
const manifest = 'vk_swiftshader_icd.json';
const driver = 'libvk_swiftshader.so';
/** What a program needs beside it to find the driver. */
export const driverFiles = [loader, driver, manifest];

/** Where distributions' packages of Chromium keep their driver. */
const installed = [
  '/usr/lib/chromium',
  '/usr/lib64/chromium-browser',
  '/usr/lib/chromium-browser',
  '/opt/google/chrome',
];

const besideDawn = () => join(dawnFolder(), 'dist', `linux-${process.arch}`);
const folder = cacheFolder('swiftshader');

/** @param {string} name of what the package carries */
export function cacheFolder(name) {
  return join(userCache, `${name}-${version}`);
}

/**
 * One file of a tar archive (POSIX ustar; the archives read here have no longer names).
 * @param {Buffer} archive
 * @param {string} name its whole path
 * @returns {Buffer}
 * @throws when the archive does not hold it
 */
export function readTarEntry(archive, name) {
  const text = (/** @type {number} */ from, /** @type {number} */ length) =>
    archive.toString('latin1', from, from + length).replace(/\0.*$/s, '');
  for (let header = 0; header + 512 <= archive.length; ) {
    const size = Number.parseInt(text(header + 124, 12), 8) || 0;
    const start = header + 512;
    if (text(header, 100).replace(/^\.\//, '') === name) return archive.subarray(start, start + size);
    header = start + Math.ceil(size / 512) * 512;
  }
  throw new Error(`the archive holds no ${name}`);
}

/**
 * Fills a folder of the cache with what the package carries, whole or not at all.
 * @param {string} folder
 * @param {(carried: (name: string) => Buffer, unpacked: string) => void} unpack writes files into a folder; `carried`
 * gives a file of the package's `bin`, decompressed
 */
export function fetchCarried(folder, unpack) {
  mkdirSync(userCache, { recursive: true });
  const work = mkdtempSync(join(userCache, 'fetch-'));
  try {
    runNpm(['pack', `${carrier}@${version}`, '--ignore-scripts'], work);
    const tarball = readFileSync(join(work, readdirSync(work).find((name) => name.endsWith('.tgz')) ?? ''));
    const found = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
    if (found !== integrity) throw new Error(`${carrier}@${version} has the checksum ${found}, expected ${integrity}`);
    const archive = gunzipSync(tarball);
    const unpacked = join(work, 'unpacked');
    mkdirSync(unpacked);
    unpack((name) => brotliDecompressSync(readTarEntry(archive, `package/bin/${name}.br`)), unpacked);
    rmSync(folder, { recursive: true, force: true });
    renameSync(unpacked, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** @type {Parameters<typeof fetchCarried>[1]} */
export function unpackDriver(carried, unpacked) {
  const archive = carried('swiftshader.tar');
  for (const name of driverFiles) writeFileSync(join(unpacked, name), readTarEntry(archive, name), { mode: 0o755 });
}

/**
 * Says why SwiftShader cannot be used on this machine.
 * @returns {string | undefined} nothing when it can
 */
export function swiftshaderObstacle() {
  return process.arch === 'x64' ? undefined : `it is carried for x64 only, this is ${process.arch}`;
}

/**
 * The driver for a second run of tests; Dawn keeps the Vulkan loader that it has.
 * @returns {string} the driver's manifest, for VK_DRIVER_FILES
 * @throws when there is none and none can be fetched
 */
export function swiftshaderManifest() {
  if (process.platform !== 'linux') throw new Error(`it is looked for on Linux only, this is ${process.platform}`);
  const found = [...installed, folder].find((place) =>
    [driver, manifest].every((name) => existsSync(join(place, name))),
  );
  if (found) return join(found, manifest);
  const obstacle = swiftshaderObstacle();
  if (obstacle) throw new Error(obstacle);
  fetchCarried(folder, unpackDriver);
  return join(folder, manifest);
}

/** Takes away the loader that `installSwiftshader` put beside Dawn, so that Dawn takes the system's. */
export function removeSwiftshader() {
  rmSync(join(besideDawn(), loader), { force: true });
}

/**
 * Puts SwiftShader into the user's cache folder, and its Vulkan loader beside Dawn, which looks there first.
 * @returns {string} the driver's manifest, for VK_DRIVER_FILES
 * @throws when it cannot be fetched or is not what was expected
 */
export function installSwiftshader() {
  if (!driverFiles.every((name) => existsSync(join(folder, name)))) fetchCarried(folder, unpackDriver);
  removeSwiftshader();
  symlinkSync(join(folder, loader), join(besideDawn(), loader));
  return join(folder, manifest);
}
