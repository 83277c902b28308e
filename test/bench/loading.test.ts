import { expect, it } from 'vitest';
import { benchLoading } from '../../bench/loading.ts';
import { trainingWorkloads } from '../../bench/training.ts';
import { useDevice } from '../support/checkOp.ts';

const device = useDevice();

it('a step, and the loading of its batch in both ways, as milliseconds and as a share', async () => {
  const before = device().allocatedBytes;
  const { rows, shares } = await benchLoading(device(), [trainingWorkloads[0]], { rounds: 2, slice: 1 });
  expect(rows.map(({ workload, metric, runs }) => [workload, metric, runs])).toEqual([
    ['W4m step', 'ms', 2],
    ['W4m resident batch', 'ms', 2],
    ['W4m streamed batch', 'ms', 2],
  ]);
  for (const { median, min } of rows) expect(median).toBeGreaterThanOrEqual(min);
  expect(shares).toHaveLength(2);
  expect(shares[0]).toMatch(/^W4m: loading a resident batch takes \d+\.\d\d % of a step$/);
  expect(device().allocatedBytes).toBe(before);
});
