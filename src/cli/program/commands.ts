import type { Command } from 'commander';
import type { Surroundings } from './surroundings.ts';

/** A command as `outlast --help` lists it, and where the rest of it is. */
export interface CommandEntry {
  readonly name: string;
  readonly description: string;
  /** Loads what gives the command its arguments, options and action. Until then only its name and description are known. */
  load(): Promise<(command: Command, around: Surroundings) => void>;
}

/** All commands, in the order of the help. What they are made of is loaded when one is called: help of the program needs none of it. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'attack',
    description:
      'Attack a trained model, own or in ONNX: what it withstands, how far the nearest failures are, and what they cost.',
    load: async () => (await import('../attack.ts')).addAttackCommand,
  },
  {
    name: 'bench',
    description: 'Measure the speed of this machine, and compare with other systems.',
    load: async () => (await import('../bench.ts')).addBenchCommand,
  },
  {
    name: 'completion',
    description: 'Print the script by which a shell completes commands, options and their values.',
    load: async () => (await import('./completion.ts')).addCompletionCommand,
  },
  {
    name: 'data',
    description: 'Fetch data sets, for machines that have no internet later.',
    load: async () => (await import('../data.ts')).addDataCommand,
  },
  {
    name: 'doctor',
    description:
      'Tell what this machine offers: adapter, driver, features, limits, measured properties and number formats.',
    load: async () => (await import('../doctor.ts')).addDoctorCommand,
  },
  {
    name: 'evaluate',
    description: 'Classify the test images of a data set by a network, own or in ONNX: accuracy, loss, calibration.',
    load: async () => (await import('../evaluate.ts')).addEvaluateCommand,
  },
  {
    name: 'export',
    description: 'Write a trained model, own or in ONNX, as an ONNX file for other programs. Needs no GPU.',
    load: async () => (await import('../export.ts')).addExportCommand,
  },
  {
    name: 'fidelity',
    description:
      'Count the results of every op and number format that are not the correctly rounded ones, and say how far whole networks are from float64.',
    load: async () => (await import('../fidelity.ts')).addFidelityCommand,
  },
  {
    name: 'profile',
    description: 'Show where the time of a training step or an inference goes, kernel by kernel.',
    load: async () => (await import('../profile.ts')).addProfileCommand,
  },
  {
    name: 'serve',
    description: 'Serve the pages that run in a browser on this machine, and the report of a run.',
    load: async () => (await import('../serve.ts')).addServeCommand,
  },
  {
    name: 'study',
    description: 'Run a study (grids of models, defences and attacks) and report on it.',
    load: async () => (await import('../study.ts')).addStudyCommand,
  },
  {
    name: 'summary',
    description: 'Show the layers, shapes, parameters, operations and planned memory of a model. Needs no GPU.',
    load: async () => (await import('../summary.ts')).addSummaryCommand,
  },
  {
    name: 'survival',
    description: 'Survival analysis of any table (CSV or Parquet): models, curves, figures.',
    load: async () => (await import('../survival.ts')).addSurvivalCommand,
  },
  {
    name: 'train',
    description: 'Train a network, with checkpoints to go on from, metrics and an evaluation at the end.',
    load: async () => (await import('../train.ts')).addTrainCommand,
  },
  {
    name: 'tune',
    description:
      'Time the variants of each kernel that a model needs, for training and inference, and remember the quickest for all other commands.',
    load: async () => (await import('../tune.ts')).addTuneCommand,
  },
  {
    name: 'worker',
    description: 'Compute trials for `outlast study run FILE --queue URL`, on this machine or others, until stopped.',
    load: async () => (await import('../worker.ts')).addWorkerCommand,
  },
];

/** Commands that write of all others, and so need all of each. */
export const WRITE_OF_ALL: readonly string[] = ['completion', 'reference'];
