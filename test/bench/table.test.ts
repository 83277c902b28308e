import { expect, it } from 'vitest';
import { comparePeers } from '../../bench/peers.ts';
import { comparisonTable, describeSurroundings, suiteTable } from '../../bench/table.ts';
import { fakeSystem, fakeWorkload } from '../support/fakeSystems.ts';

it('a comparison shows every system with its version, speed, spread, share and ratio', async () => {
  const compared = await comparePeers({
    ours: fakeSystem('outlast', [20, 40, 25]),
    peers: [fakeSystem('jax-js', [200, 160, 200])],
    workloads: [fakeWorkload],
    rounds: 3,
    roofline: { gflops: 200, gbs: 10 },
    say: () => {},
  });
  const table = comparisonTable(compared, fakeWorkload);
  expect(table.map((line) => line.trim().replaceAll(/ +/g, ' '))).toEqual([
    '',
    'W1: matrix product',
    'median lowest highest runs roofline processor ms',
    'outlast 80.0 50.0 100 GFLOP/s 3 40 % 50.0',
    'jax-js 1.2.3 10.0 10.0 12.5 GFLOP/s 3 5 % 400 outlast is 8.00 x as fast (4.00 to 10.0), 8.00 x by processor time',
  ]);
});

it('a comparison of files shows what passes until the first result: time, memory, and both beside the file', async () => {
  const workload = { ...fakeWorkload, name: 'resnet.onnx', fileBytes: 100e6 };
  const load = { milliseconds: 12_300, peakBytes: 400e6 };
  const compared = await comparePeers({
    ours: fakeSystem('outlast', [20], { load, idleBytes: 150e6 }),
    // A system that does not tell memory.
    peers: [fakeSystem('onnxruntime-cpu', [10], { load: { ...load, peakBytes: null } })],
    workloads: [workload],
    rounds: 1,
    roofline: { gflops: 200, gbs: 10 },
    say: () => {},
  });
  expect(compared.loads).toEqual([
    { workload: 'resnet.onnx', system: 'outlast', fileBytes: 100e6, ...load, idleBytes: 150e6 },
    {
      ...{ workload: 'resnet.onnx', system: 'onnxruntime-cpu', fileBytes: 100e6 },
      ...load,
      peakBytes: null,
      idleBytes: null,
    },
  ]);
  const lines = comparisonTable(compared, workload).slice(-2);
  expect(lines.map((line) => line.trim().replaceAll(/ +/g, ' '))).toEqual([
    'outlast first result after 12.3 s, 400 MB resident at the peak (4.00 x the file; 2.50 x the file beyond 150 MB before)',
    'onnxruntime-cpu first result after 12.3 s',
  ]);
});

it('a suite shows every row with the sizes of its workload; a time has no share', () => {
  const rows = [
    { workload: 'W1', system: 'outlast', metric: 'GFLOP/s', median: 80, min: 50, max: 100, runs: 3, roofline: 0.4 },
    { workload: 'W4 encoding', system: 'outlast', metric: 'ms', median: 2, min: 1, max: 3, runs: 3, roofline: null },
  ] as const;
  const table = suiteTable(rows, new Map([['W1', 'matrix product 1024x1024x1024']]));
  expect(table.map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
    'workload median lowest highest runs roofline',
    'W1 80.0 50.0 100 GFLOP/s 3 40 % matrix product 1024x1024x1024',
    'W4 encoding 2.00 1.00 3.00 ms 3',
  ]);
});

it('says adapter, driver, processor, load and date above', () => {
  const adapter = { name: 'GPU', vendor: 'v', driver: 'driver 1', backend: 'vulkan', software: true };
  const machine = {
    processor: 'CPU',
    cores: 2,
    memoryBytes: 1,
    system: 'Linux 6',
    node: 'v20.0.0',
    load: 1.25,
    date: '2026-11-22T20:00:59.000Z',
  };
  const date = '2 x CPU, load 1.3 at 2026-11-22 20:00 UTC';
  expect(describeSurroundings({ adapter, machine })).toEqual([
    'GPU, driver driver 1, vulkan (software); kernels: defaults',
    date,
  ]);
  expect(describeSurroundings({ adapter, machine, kernels: 'ab12' })).toEqual([
    'GPU, driver driver 1, vulkan (software); kernels: measured, choice ab12',
    date,
  ]);
});
