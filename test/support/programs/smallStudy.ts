/* The command line on a machine that needs no GPU and keeps a model for each training: for faults of files. */
import { join } from 'node:path';
import { writeFileAtomic } from '../../../src/base/files.node.ts';
import { runProgram } from '../../../src/cli/program/program.ts';
import { fakeAdapter, fakeResult } from '../fakeTrials.ts';

process.exitCode = await runProgram(process.argv.slice(2), {
  terminal: process,
  openDevice: () => Promise.reject(new Error('no device is needed')),
  openMachine: async () => ({
    adapter: fakeAdapter,
    runTrial: async (trial, { folder }) => {
      if (trial.kind === 'train') await writeFileAtomic(join(folder, 'model.safetensors'), 'weights '.repeat(500));
      return fakeResult(trial);
    },
    close: () => {},
  }),
});
