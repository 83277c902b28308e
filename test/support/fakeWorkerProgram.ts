/*
 * The command line on a machine whose trials take 100 ms, or TRIAL_MILLISECONDS, and need no GPU, as a program of its own. Trainings
 * leave weights, which their attacks must find. With WRONG_INPUT set, every trial finds its input wrong and says so; PATIENCE is how
 * many seconds a Redis that was lost may be away.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { canonicalJson } from '../../src/analysis/study/trial/identity.ts';
import type { TrainTrial } from '../../src/analysis/study/trial/trial.ts';
import { InputError } from '../../src/base/errors.ts';
import { runProgram } from '../../src/cli/program/program.ts';
import { fakeAdapter, fakeRunTrial } from './fakeTrials.ts';

const { WRONG_INPUT, PATIENCE = '60', TRIAL_MILLISECONDS = '100' } = process.env;

const weightsOf = (trial: TrainTrial) => `weights of ${canonicalJson(trial)}\n`.repeat(20_000);

runProgram(process.argv.slice(2), {
  terminal: process,
  queuePatienceSeconds: Number(PATIENCE),
  openDevice: () => Promise.reject(new Error('no device is needed')),
  openMachine: async () => ({
    adapter: fakeAdapter,
    runTrial: async (trial, context) => {
      await delay(Number(TRIAL_MILLISECONDS));
      if (WRONG_INPUT !== undefined) throw new InputError(WRONG_INPUT);
      const file = join(context.training?.folder ?? context.folder, 'model.safetensors');
      if (trial.kind === 'train') writeFileSync(file, weightsOf(trial));
      else if (readFileSync(file, 'utf8') !== weightsOf(trial.train)) throw new Error(`${file}: other weights`);
      return fakeRunTrial(trial, context);
    },
    close: () => {},
  }),
}).then((code) => {
  process.exitCode = code;
});
