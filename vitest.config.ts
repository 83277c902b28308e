import { defineConfig } from 'vitest/config';
import { driverEnvironment } from './scripts/driver.mjs';
import { shadersForVite } from './scripts/shaders.mjs';

// The workers inherit it: tests find the driver that set-up provided.
Object.assign(process.env, driverEnvironment());

export default defineConfig({
  plugins: [shadersForVite],
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
