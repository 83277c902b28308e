import { defineConfig } from 'vitest/config';
import { driverEnvironment } from './scripts/driver.mjs';

// The workers inherit it: tests find the driver that set-up provided.
Object.assign(process.env, driverEnvironment());

/** WGSL is imported as text, as esbuild's text loader does for the bundle. */
const wgslAsText = {
  name: 'wgsl-as-text',
  enforce: 'pre' as const,
  transform(source: string, id: string) {
    return id.endsWith('.wgsl') ? { code: `export default ${JSON.stringify(source)};`, map: null } : undefined;
  },
};

export default defineConfig({
  plugins: [wgslAsText],
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // One process per test file: Dawn's state must not leak from one file to the next.
    isolate: true,
    maxWorkers: 2,
    // For what hangs alone: no test is so slow, on a machine with much else to do either.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    coverage: { provider: 'v8', include: ['src/**/*.ts', 'bench/**/*.ts'], reporter: ['text-summary', 'html'] },
  },
});
