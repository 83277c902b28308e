/**
 * Shaders for bundlers: a `.wgsl` file is its text, and src/shaders/all.ts is the texts of all of them by their paths, so that a shader
 * finds what it says that it uses.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../src/shaders', import.meta.url));
const isAll = /[\\/]src[\\/]shaders[\\/]all\.ts$/;

/** What src/shaders/all.ts becomes. */
function allShaders() {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => path.replaceAll('\\', '/'));
  const files = paths.filter((path) => path.endsWith('.wgsl')).sort();
  const imports = files.map((path, i) => `import shader${i} from ${JSON.stringify(`./${path}`)};`);
  const entries = files.map((path, i) => `${JSON.stringify(path)}: shader${i}`);
  return `${imports.join('\n')}\nexport const shaders = { ${entries.join(', ')} };\n`;
}

/** @type {import('esbuild').Plugin} */
export const shadersForEsbuild = {
  name: 'shaders',
  setup(build) {
    build.initialOptions.loader = { ...build.initialOptions.loader, '.wgsl': 'text' };
    build.onLoad({ filter: isAll }, () => ({ contents: allShaders(), loader: 'js', resolveDir: folder }));
  },
};

/** @type {import('vitest/config').Plugin} */
export const shadersForVite = {
  name: 'shaders',
  enforce: 'pre',
  load(id) {
    if (isAll.test(id)) return allShaders();
    return id.endsWith('.wgsl') ? `export default ${JSON.stringify(readFileSync(id, 'utf8'))};` : undefined;
  },
};
