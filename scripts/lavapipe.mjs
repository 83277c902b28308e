/** Installs Mesa's software Vulkan driver, lavapipe, with apt. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Dawn refuses Mesa 22 (it lacks the dynamic indexing of uniform arrays); every later one that was tried works. */
const oldestMesa = 23;

const ownSource = '/etc/apt/sources.list.d/outlast-backports.sources';

/**
 * An entry of apt's sources, reduced to what a second suite of the same mirror needs.
 * @typedef {{ uri: string, suites: string[], signedBy: string | undefined }} Source
 */

/**
 * Reads apt's one-line format: `deb [options] uri suite component…`.
 * @param {string} text
 * @returns {Source[]}
 */
export function parseSourcesList(text) {
  return [...text.matchAll(/^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)/gm)].map(([, options, uri, suite]) => ({
    uri,
    suites: [suite],
    signedBy: options?.match(/(?:^|\s)signed-by=(\S+)/)?.[1].replaceAll(',', ' '),
  }));
}

/**
 * Reads apt's deb822 format: stanzas of `Field: value`, whose values go on in indented lines.
 * @param {string} text
 * @returns {Source[]}
 */
export function parseSourcesStanzas(text) {
  return text
    .replace(/^#.*\n?/gm, '')
    .split(/\n\s*\n/)
    .map(
      (stanza) =>
        new Map(
          [...stanza.matchAll(/^(\S+):[ \t]*(.*(?:\n[ \t].*)*)/gm)].map(([, key, value]) => [key.toLowerCase(), value]),
        ),
    )
    .filter((fields) => fields.get('types')?.split(/\s+/).includes('deb') && fields.get('enabled') !== 'no')
    .map((fields) => ({
      uri: (fields.get('uris') ?? '').trim().split(/\s+/)[0],
      suites: (fields.get('suites') ?? '').trim().split(/\s+/),
      signedBy: fields.get('signed-by'),
    }));
}

/**
 * The stanza that adds a release's backports from the mirror and with the key that serve the release itself.
 * @param {Source[]} sources
 * @param {string} codename for example 'bookworm'
 * @returns {string | undefined} nothing where no mirror serves that release
 */
export function backportsStanza(sources, codename) {
  const mirror = sources.find(({ uri, suites }) => suites.includes(codename) && !uri.startsWith('cdrom:'));
  if (!mirror) return undefined;
  const key = mirror.signedBy === undefined ? '' : `Signed-By: ${mirror.signedBy}\n`;
  return `Types: deb\nURIs: ${mirror.uri}\nSuites: ${codename}-backports\nComponents: main\n${key}`;
}

/** @returns {Source[]} */
function readSources() {
  const folder = '/etc/apt/sources.list.d';
  const files = [
    '/etc/apt/sources.list',
    ...(existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []),
  ];
  return files
    .filter((file) => existsSync(file))
    .flatMap((file) => {
      if (file.endsWith('.list')) return parseSourcesList(readFileSync(file, 'utf8'));
      return file.endsWith('.sources') ? parseSourcesStanzas(readFileSync(file, 'utf8')) : [];
    });
}

/**
 * @param {string} program
 * @param {string[]} args
 * @returns {string} standard output
 * @throws with the program's last words when it fails
 */
function run(program, ...args) {
  const child = spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (child.status === 0) return child.stdout;
  const words = child.stderr
    ?.trim()
    .split('\n')
    .filter((line) => line.startsWith('E:'))
    .join(' ');
  throw new Error(`${program} ${args[0]} failed: ${child.error?.message ?? (words || `status ${child.status}`)}`);
}

/** Versions of mesa-vulkan-drivers that apt offers: what it would install, and what backports hold. */
function offeredMesa() {
  const policy = run('apt-cache', 'policy', 'mesa-vulkan-drivers');
  const version = (/** @type {RegExp} */ pattern) => Number(policy.match(pattern)?.[1] ?? 0);
  return {
    usual: version(/Candidate: (?:\d+:)?(\d+)/),
    backports: version(/^ (?:\*\*\*| {3}) (?:\d+:)?(\d+)\S* \d+\n(?: {8,}.*\n)*? {8,}.*-backports\//m),
  };
}

/**
 * Says why lavapipe cannot be installed on this machine.
 * @returns {string | undefined} nothing when it can
 */
export function lavapipeObstacle() {
  if (process.getuid?.() !== 0) return 'installing it with apt-get needs root';
  return existsSync('/usr/bin/apt-get') ? undefined : 'this system has no apt-get';
}

/**
 * Installs lavapipe: this release's own where it is new enough, else the one of Debian's backports.
 * @throws when apt cannot; a suite that was added in vain is taken away again
 */
export function installLavapipe() {
  const install = (/** @type {string[]} */ ...options) =>
    run('apt-get', 'install', '--yes', '--no-install-recommends', ...options, 'mesa-vulkan-drivers', 'libvulkan1');
  run('apt-get', 'update');
  const offered = offeredMesa();
  if (offered.usual >= oldestMesa) return install();

  const release = new Map(
    [...readFileSync('/etc/os-release', 'utf8').matchAll(/^(\w+)="?([^"\n]*)/gm)].map(([, key, value]) => [key, value]),
  );
  const codename = release.get('VERSION_CODENAME') ?? '';
  if (offered.backports >= oldestMesa) return install('--target-release', `${codename}-backports`);

  const stanza = release.get('ID') === 'debian' ? backportsStanza(readSources(), codename) : undefined;
  if (!stanza) throw new Error(`${release.get('PRETTY_NAME')} offers Mesa ${offered.usual}, Dawn needs ${oldestMesa}`);
  writeFileSync(ownSource, `# Added by outlast's set-up: Debian's own Mesa is too old for WebGPU.\n${stanza}`);
  try {
    run('apt-get', 'update');
    install('--target-release', `${codename}-backports`);
  } catch (error) {
    rmSync(ownSource);
    throw error;
  }
}
