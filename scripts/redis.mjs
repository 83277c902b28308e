/** Finds a Redis server for tests, or fetches Debian's into the user's cache folder: nothing is installed, and root is not needed. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'outlast');
const folder = join(cache, 'redis-server');

/** What the server is made of; libraries that it needs are looked up. */
const packages = ['redis-server', 'redis-tools'];

/**
 * A program with the variables that it needs in its environment.
 * @typedef {{ program: string, environment: Record<string, string> }} Server
 */

/**
 * @param {string} program
 * @param {string[]} args
 * @param {string} [cwd]
 * @returns {string} standard output
 * @throws with the program's last words when it fails
 */
function run(program, args, cwd) {
  const child = spawnSync(program, args, { cwd, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  if (child.status === 0) return child.stdout;
  const words = child.stderr?.trim().split('\n').at(-1);
  throw new Error(`${program} ${args.at(-1)} failed: ${child.error?.message ?? (words || `status ${child.status}`)}`);
}

/** @returns {string | undefined} */
function installedServer() {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((place) => join(place, 'redis-server'))
    .find((path) => existsSync(path));
}

/** Folders of shared libraries in an unpacked package: `usr/lib/x86_64-linux-gnu` and the like. */
function libraryFolders(/** @type {string} */ unpacked) {
  return ['usr/lib', 'lib']
    .map((place) => join(unpacked, place))
    .filter((place) => existsSync(place))
    .flatMap((place) =>
      readdirSync(place)
        .filter((name) => name.includes('-linux-'))
        .map((name) => join(place, name)),
    );
}

/** @returns {Server} */
function fetchedServer() {
  return {
    program: join(folder, 'usr/bin/redis-server'),
    environment: { LD_LIBRARY_PATH: libraryFolders(folder).join(delimiter) },
  };
}

/** Libraries that the packages need and this system has not. */
function missingLibraries(/** @type {string[]} */ settings) {
  const listed = run('apt-cache', [...settings, 'depends', '--important', ...packages]);
  const names = [...listed.matchAll(/^ [ |]Depends: (lib\S+)/gm)].map(([, name]) => name);
  return [...new Set(names)].filter((name) => {
    const { stdout } = spawnSync('dpkg-query', ['--status', name], { encoding: 'utf8' });
    return !/^Status: .* installed$/m.test(stdout ?? '');
  });
}

/** Fills the cache folder, whole or not at all, with apt's lists in a folder of their own. */
function fetchServer() {
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'fetch-'));
  try {
    for (const name of ['lists/partial', 'archives/partial', 'debs', 'server'])
      mkdirSync(join(work, name), { recursive: true });
    const settings = [
      `Dir::State::Lists=${join(work, 'lists')}`,
      `Dir::Cache=${work}`,
      `APT::Sandbox::User=${process.getuid?.() === 0 ? 'root' : ''}`,
    ].flatMap((setting) => ['-o', setting]);
    run('apt-get', [...settings, 'update']);
    run('apt-get', [...settings, 'download', ...packages, ...missingLibraries(settings)], join(work, 'debs'));
    for (const name of readdirSync(join(work, 'debs')))
      run('dpkg-deb', ['--extract', join(work, 'debs', name), join(work, 'server')]);
    // Another process may have been quicker.
    if (!existsSync(folder)) renameSync(join(work, 'server'), folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * A Redis server on this machine: the installed one, or Debian's, fetched once.
 * @returns {Server}
 * @throws when there is none and apt cannot fetch it
 */
export function provideRedis() {
  const program = installedServer();
  if (program) return { program, environment: {} };
  if (!existsSync(folder)) {
    if (!existsSync('/usr/bin/apt-get'))
      throw new Error('there is no redis-server, and no apt-get to fetch it with; install Redis, for the tests only');
    fetchServer();
  }
  return fetchedServer();
}

/** A port of the loopback that nobody listens on. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}
