/*
 * The command line on a machine whose trials take 30 ms and need no GPU, as a program of its own: for tests of several processes. With
 * WRONG_INPUT set, every trial finds its input wrong and says so.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { InputError } from '../../src/base/errors.ts';
import { runProgram } from '../../src/cli/program/program.ts';
import { fakeAdapter, fakeRunTrial } from './fakeTrials.ts';

runProgram(process.argv.slice(2), {
  terminal: process,
  script: process.argv[1],
  openDevice: () => Promise.reject(new Error('no device is needed')),
  openMachine: async () => ({
    adapter: fakeAdapter,
    runTrial: async (trial, context) => {
      await delay(30);
      if (process.env.WRONG_INPUT !== undefined) throw new InputError(process.env.WRONG_INPUT);
      return fakeRunTrial(trial, context);
    },
    close: () => {},
  }),
}).then((code) => {
  process.exitCode = code;
});
