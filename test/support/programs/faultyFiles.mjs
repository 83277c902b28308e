/*
 * Preloaded by `node --import`: one of the calls that write below a folder meets a fault. Environment: FAULT_UNDER, the folder; FAULT_AT,
 * which of the calls, from 1; FAULT, what happens there:
 *   none    nothing; the calls are listed in the file FAULT_NOTES
 *   kill    the process is killed before the call
 *   half    the process is killed half-way through it, where a call has a middle: a write, the removal of a folder
 *   states  nothing; what lies in the folder before each call, and half-way through it, is copied to FAULT_NOTES/N and FAULT_NOTES/N-half
 *   ENOSPC  the disk is full from this call on: what needs room fails
 *   EIO, …  the call fails with this code of the system
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join, relative, resolve } from 'node:path';

const { FAULT = 'none', FAULT_AT = '0', FAULT_NOTES = '' } = process.env;
const under = resolve(process.env.FAULT_UNDER ?? '.');
const at = Number(FAULT_AT);
const { appendFileSync, cpSync, existsSync, readdirSync, rmSync, writeFileSync } = fs;
let calls = 0;

/** @typedef {(path: string) => void} Half does the half of a call to a path, which may be a copy's */

/** Calls that a full disk does not refuse. */
const NEEDS_NO_ROOM = ['rename', 'rm', 'utimes'];

/**
 * Counts a call; on the chosen one, does what is chosen.
 * @param {string} name
 * @param {unknown} path
 * @param {Half} [half]
 */
function meet(name, path, half) {
  const file = resolve(String(path));
  if (file !== under && !file.startsWith(`${under}/`)) return;
  calls++;
  if (FAULT === 'none') appendFileSync(FAULT_NOTES, `${name} ${relative(under, file)}\n`);
  if (FAULT === 'states') return keepStates(file, half);
  const full = FAULT === 'ENOSPC' && calls >= at && !NEEDS_NO_ROOM.includes(name);
  if (!full && (calls !== at || FAULT === 'none' || FAULT === 'ENOSPC')) return;
  if (FAULT === 'half') half?.(file);
  if (FAULT === 'half' || FAULT === 'kill') process.kill(process.pid, 'SIGKILL');
  const message = `${FAULT}: injected, ${name} '${file}'`;
  throw Object.assign(new Error(message), { code: FAULT, syscall: name, path: file });
}

/**
 * @param {string} file
 * @param {Half} [half]
 */
function keepStates(file, half) {
  if (!existsSync(under)) return;
  for (const [name, change] of /** @type {const} */ ([
    ['', undefined],
    ['-half', half],
  ])) {
    if (name !== '' && change === undefined) continue;
    const copy = join(FAULT_NOTES, `${calls}${name}`);
    cpSync(under, copy, { recursive: true });
    change?.(join(copy, relative(under, file)));
  }
}

/** @param {string | Uint8Array} data */
const halfOf = (data) => data.slice(0, Math.floor(data.length / 2));

/** @type {(data: string | Uint8Array) => Half} */
const writes = (data) => (path) => writeFileSync(path, halfOf(data));
/** @type {(data: string | Uint8Array) => Half} */
const appends = (data) => (path) => appendFileSync(path, halfOf(data));
/** @type {Half} */
const removes = (path) => {
  if (!existsSync(path) || !fs.statSync(path).isDirectory()) return;
  const names = readdirSync(path);
  for (const name of names.slice(0, Math.ceil(names.length / 2))) rmSync(join(path, name), { recursive: true });
};

/** The calls by the names of their functions, and what the half of each is, by its arguments. */
/** @type {Readonly<Record<string, (data: any) => Half | undefined>>} */
const CALLS = {
  writeFile: writes,
  appendFile: appends,
  rm: () => removes,
  mkdir: () => undefined,
  rename: () => undefined,
  utimes: () => undefined,
};

const synchronous = /** @type {Record<string, any>} */ (fs);
const promised = /** @type {Record<string, any>} */ (fs.promises);
for (const [name, half] of Object.entries(CALLS)) {
  const { [`${name}Sync`]: sync } = synchronous;
  const { [name]: asynchronous } = promised;
  synchronous[`${name}Sync`] = (/** @type {any[]} */ ...all) => {
    meet(name, all[0], half(all[1]));
    return sync(...all);
  };
  promised[name] = async (/** @type {any[]} */ ...all) => {
    meet(name, all[0], half(all[1]));
    return asynchronous(...all);
  };
}

const { open } = fs.promises;
fs.promises.open = async (path, flags = 'r', ...rest) => {
  if (flags === 'r') return open(path, flags, ...rest);
  meet('open', path);
  const handle = await open(path, flags, ...rest);
  const { appendFile, sync } = handle;
  handle.appendFile = async (data, ...more) => {
    meet('write', path, appends(/** @type {any} */ (data)));
    return appendFile.call(handle, data, ...more);
  };
  handle.sync = async () => {
    meet('fsync', path);
    return sync.call(handle);
  };
  return handle;
};
syncBuiltinESMExports();
