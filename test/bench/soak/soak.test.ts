import { expect, test } from 'vitest';
import type { Soak } from '../../../bench/soak/soak.node.ts';
import { runProgram } from '../../../src/cli/program/program.ts';
import { collectTerminal } from '../../support/collectTerminal.ts';
import { useKeptDevice } from '../../support/keptDevice.ts';

const openDevice = useKeptDevice();

async function outlast(...words: string[]) {
  const { texts, terminal } = collectTerminal();
  const openMachine = () => Promise.reject(new Error('a soak computes no trials'));
  return { code: await runProgram(['bench', 'soak', ...words], { terminal, openDevice, openMachine }), ...texts };
}

// Memory of a process that has just begun says nothing, so that its growth is not looked at here; what is held is counted.
test('ten rounds give back all device memory, handles and files', async () => {
  const { code, stdout, stderr } = await outlast('--rounds', '10', '--most-growth', '1000', '--json');
  expect([code, stderr]).toEqual([0, '']);
  const { tenths, ...did } = JSON.parse(stdout) as Soak;
  expect(did).toMatchObject({ rounds: 10, trainings: 10, attacks: 30, fits: 30, executables: 200 });
  expect(tenths).toHaveLength(10);
  const held = tenths.map(({ deviceBytes, handles, files }) => ({ deviceBytes, handles, files }));
  expect(new Set(held.slice(1).map((each) => JSON.stringify(each)))).toEqual(new Set([JSON.stringify(held[1])]));
});
