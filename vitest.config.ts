import { defineConfig } from 'vitest/config';
import { driverEnvironment } from './scripts/driver.mjs';
import { shadersForVite } from './scripts/shaders.mjs';

// The workers inherit it: tests find the driver that set-up provided.
Object.assign(process.env, driverEnvironment());

const tests = ['test/**/*.test.ts'];

/** Files that need a process of their own: what they replace in a module, or how much memory they take, others would meet. */
const alone = ['test/bench/fidelity/coverage.test.ts', 'test/models/network/families/resnet152.test.ts'];

export default defineConfig({
  plugins: [shadersForVite],
  test: {
    pool: 'forks',
    maxWorkers: 2,
    // For what hangs alone: no test is so slow, on a machine with much else to do either.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // Most of a small file's time is loading the engine and the device: a worker keeps both from one file to the next.
    projects: [
      { extends: true, test: { name: 'shared', include: tests, exclude: alone, isolate: false } },
      { extends: true, test: { name: 'alone', include: alone, isolate: true } },
    ],
    coverage: { provider: 'v8', include: ['src/**/*.ts', 'bench/**/*.ts'], reporter: ['text-summary', 'html'] },
  },
});
