import { InputError } from '../../../base/errors.ts';
import type { Dataset } from '../../../models/index.ts';
import { openCalibrator } from '../calibration/calibrator.ts';
import { canonicalJson } from '../trial/identity.ts';
import type { AttackTrial, TrainTrial } from '../trial/trial.ts';
import { runAttack } from './attackTrial.ts';
import type { RunTrial, TrialContext } from './machine.ts';
import { openTarget, type Target } from './target.ts';
import { runTraining } from './trainTrial.ts';
import { recipeOf } from './trialData.ts';
import type { TrialResources, TrialTools } from './trialResources.ts';

export interface TrialRunner {
  readonly runTrial: RunTrial;
  /** Frees what was kept between trials; the device stays open. */
  close(): void;
}

/** Computes trials on a device. It keeps the data set, and the latest target of attacks. */
export function trialRunner(resources: TrialResources): TrialRunner {
  const datasets = new Map<string, Promise<Dataset>>();
  const tools: TrialTools = { resources, calibrator: openCalibrator(resources.device) };
  let latest: Target | null = null;

  async function datasetOf({ data }: TrainTrial, { report }: TrialContext): Promise<Dataset> {
    const { source } = recipeOf(data);
    const key = canonicalJson(source);
    let loading = datasets.get(key);
    if (loading === undefined) {
      loading = resources.loadDataset(source, ({ doneBytes, totalBytes }) =>
        report({ ...inMegabytes(doneBytes, totalBytes), unit: 'MB', note: `downloading ${data.name}` }),
      );
      datasets.set(key, loading);
    }
    const { generated = false } = data;
    const dataset = await loading;
    if (generated !== (dataset.generated ?? false))
      throw new InputError(
        generated
          ? `the study says that ${data.name} is generated, but its files are not (they hold no GENERATED.txt)`
          : `the files of ${data.name} are generated (GENERATED.txt); say so in the study: generated: true`,
      );
    return dataset;
  }

  async function targetOf(trial: AttackTrial, context: TrialContext): Promise<Target> {
    const { train: training, defence, attack } = trial;
    const { expectationSamples = 1 } = attack;
    const key = canonicalJson({ training, defence, expectationSamples, folder: context.training?.folder });
    if (latest?.key === key) return latest;
    latest?.free();
    latest = null;
    latest = await openTarget(resources, trial, context, await datasetOf(trial.train, context), key);
    return latest;
  }

  return {
    runTrial: async (trial, context) =>
      trial.kind === 'train'
        ? runTraining(tools, trial, context, await datasetOf(trial, context))
        : runAttack(tools, trial, context, await targetOf(trial, context)),
    close: () => {
      tools.calibrator.free();
      latest?.free();
      latest = null;
    },
  };
}

/** A total that the server does not tell is what was done so far. */
const inMegabytes = (done: number, total: number | null) => ({
  done: Math.floor(done / 1e6),
  total: Math.max(1, Math.floor((total ?? done) / 1e6)),
});
