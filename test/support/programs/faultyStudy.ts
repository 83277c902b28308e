/*
 * The command line on a device, with trials that need none but for what FAULTS says of attacks, by their eps: `{"0.1": "hang"}`. It hangs
 * (a kernel that never ends), crashes (as a driver does), crashes once (the first time, for which NOTES is a folder), is silent (a call
 * that never returns) or lasts (for ten minutes);
 * a process that does not answer for SILENCE seconds is silent.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { endProcess } from '../../../src/cli/program/endProcess.ts';
import { runProgram } from '../../../src/cli/program/program.ts';
import type { Device } from '../../../src/engine/device/device.ts';
import { spec } from '../../../src/engine/graph/graph.ts';
import { openDevice } from '../../../src/engine/open.node.ts';
import { compile } from '../../../src/engine/run/compile.ts';
import { endless } from '../endless.ts';
import { fakeAdapter, fakeResult } from '../fakeTrials.ts';

const { FAULTS = '{}', NOTES = '', SILENCE = '4' } = process.env;
const faults = JSON.parse(FAULTS) as Readonly<Record<string, string>>;

const crash = () => process.kill(process.pid, 'SIGSEGV');

const FAULTY: Readonly<Record<string, (eps: string, device: () => Promise<Device>) => unknown>> = {
  hang: async (_, device) => {
    const spinning = await compile(({ x }) => ({ y: endless([x], {}) }), { x: spec([4]) }, { device: await device() });
    await spinning.run({ x: new Float32Array(4) }).y.read();
  },
  crash,
  crashOnce: (eps) => {
    const note = join(NOTES, `crashed-${eps}`);
    if (existsSync(note)) return;
    writeFileSync(note, '');
    crash();
  },
  silent: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
  lasts: () => delay(600_000),
};

const refuse = () => Promise.reject(new Error('only trials open a device'));
endProcess(
  await runProgram(process.argv.slice(2), {
    terminal: process,
    script: process.argv[1],
    workerSilenceSeconds: Number(SILENCE),
    openDevice: refuse,
    openMachine: async () => {
      let device: Device | undefined;
      return {
        adapter: fakeAdapter,
        runTrial: async (trial) => {
          const eps = trial.kind === 'attack' ? String(trial.attack.eps) : '';
          const open = async () => {
            device ??= await openDevice();
            return device;
          };
          await FAULTY[faults[eps]]?.(eps, open);
          return fakeResult(trial);
        },
        broken: () => device?.broken ?? null,
        close: () => device?.destroy(),
      };
    },
  }),
);
