import type { TrialMachine } from '../../src/analysis/study/run/machine.ts';
import { trialRunner } from '../../src/analysis/study/run/runTrial.ts';
import type { FinishedTrial } from '../../src/analysis/study/trial/trial.ts';
import { writeFileAtomic } from '../../src/base/files.node.ts';
import { nodePlatform, requestAdapter } from '../../src/engine/open.node.ts';
import { openOn } from '../../src/engine/open.ts';
import { readCheckpoint, writeCheckpoint } from '../../src/models/checkpoint/file.node.ts';
import { type Faults, faulty } from './faultyAdapter.ts';
import { stripesDataset } from './stripes.ts';

/**
 * Machines on devices of this process's adapter, of which the first ones have faults, for trials on stripes.
 * @param faults of the devices in the order in which they are opened, counted from when each is open
 * @param adapted changes the adapter
 */
export function faultyMachines(faults: readonly Faults[], adapted = (adapter: GPUAdapter) => adapter) {
  let opened = 0;
  let counts = () => ({ submits: 0, buffers: 0, flips: 0 });
  const openMachine = async (): Promise<TrialMachine> => {
    let hangs = () => false;
    const platform = {
      ...nodePlatform(),
      // A kernel that is said to hang is not waited for; one that a busy machine keeps waiting is.
      get waitLimitSeconds() {
        return hangs() ? 0.05 : 100_000;
      },
    };
    const made = faulty(adapted(await requestAdapter(platform)));
    counts = made.counts;
    const device = await openOn(made.adapter, platform);
    const { [opened++]: ofThis = {} } = faults;
    made.fail(ofThis);
    hangs = () => ofThis.hangsAtSubmit !== undefined && made.counts().submits >= ofThis.hangsAtSubmit;
    const runner = trialRunner({
      device,
      loadDataset: async () => stripesDataset,
      digestOf: () => '',
      readCheckpoint,
      readOnnx: () => Promise.reject(new Error('no ONNX file here')),
      writeCheckpoint,
      writeFile: writeFileAtomic,
    });
    const close = () => {
      runner.close();
      device.destroy();
      // A device that is said to hang is left to the end of the process, which here goes on.
      device.gpu.destroy();
    };
    return { adapter: device.adapter, runTrial: runner.runTrial, broken: () => device.broken, close };
  };
  return { openMachine, counts: () => counts(), opened: () => opened };
}

/** The results of trials without what the clock of the moment has a part in. */
export const figuresOf = (finished: readonly FinishedTrial[]) =>
  JSON.parse(
    JSON.stringify(finished.map(({ id, result }) => ({ id, result }))).replaceAll(
      /"(seconds|trainSeconds|compileSeconds|predictSecondsPerSample|gpuSeconds)":[\d.e-]+/g,
      '"$1":0',
    ),
    (key, value) => (key === 'calibration' ? undefined : value),
  );
