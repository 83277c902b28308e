import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import { openMetrics } from '../../../src/cli/train/metrics.ts';

let scratch: string;
let folder: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'outlast-metrics-'));
  folder = join(scratch, 'out');
});
afterEach(() => rmSync(scratch, { recursive: true }));

const path = () => join(folder, 'metrics.jsonl');
const lines = () => readFileSync(path(), 'utf8').split('\n');

/** Writes lines of these batches. */
async function write(batches: number | null, steps: readonly number[]): Promise<void> {
  const metrics = await openMetrics(folder, batches);
  for (const step of steps) metrics.add({ event: 'batch', step });
  await metrics.close();
}

test('lines are JSON, in their order, each ended', async () => {
  const steps = Array.from({ length: 200 }, (_, i) => i);
  await write(null, steps);
  expect(lines().at(-1)).toBe('');
  expect(
    lines()
      .slice(0, -1)
      .map((line) => JSON.parse(line)),
  ).toEqual(steps.map((step) => ({ event: 'batch', step })));
});

test('a training that goes on keeps what was before its checkpoint, without a line that was cut off', async () => {
  await write(null, [10, 20, 30]);
  appendFileSync(path(), '{"event":"search","learningRate":1}\n{"event":"batch","st');
  await write(20, [25]);
  expect(lines()).toEqual([
    '{"event":"batch","step":10}',
    '{"event":"batch","step":20}',
    '{"event":"search","learningRate":1}',
    '{"event":"batch","step":25}',
    '',
  ]);
});

test('a new training begins anew, and one that goes on needs no file', async () => {
  await write(null, [1]);
  await write(null, [2]);
  expect(lines()).toEqual(['{"event":"batch","step":2}', '']);
  rmSync(folder, { recursive: true });
  await write(5, [6]);
  expect(lines()).toEqual(['{"event":"batch","step":6}', '']);
});

test('a folder that cannot be made is told at once', async () => {
  writeFileSync(folder, 'a file');
  await expect(openMetrics(folder, null)).rejects.toThrow(InputError);
  expect(existsSync(path())).toBe(false);
});
