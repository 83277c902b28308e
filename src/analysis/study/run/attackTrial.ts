import { deviceClock } from '../../../engine/index.ts';
import { classBalanced, labelsAt, originsAt, toFloat } from '../../../models/index.ts';
import {
  type AttackOutcome,
  type AttackProgress,
  type AttackRecord,
  attackBenchFigures,
  attackNamed,
  type Certificate,
  type Classifier,
  certify,
  completeSettings,
  runAttackBench,
  runNamed,
  type Samples,
} from '../../robustness/index.ts';
import type { Subject } from '../calibration/calibrator.ts';
import { timed } from '../calibration/rounds.ts';
import { subjectOf } from '../calibration/subject.ts';
import { attackPictures } from '../trial/pictures.ts';
import type { AttackResult, AttackTrial, Calibration, ProtocolResult } from '../trial/trial.ts';
import type { TrialContext } from './machine.ts';
import type { Target } from './target.ts';
import type { TrialTools } from './trialResources.ts';

/** The certificates of a randomised smoothing; nothing of other defences. */
async function certified(
  { undefended, certificates: known }: Target,
  { images, labels }: Samples,
  { defence, seed }: AttackTrial,
  report: TrialContext['report'],
): Promise<{ readonly certificates?: readonly Certificate[] }> {
  if (defence.name !== 'randomised-smoothing') return {};
  const onProgress = (done: number, total: number) => report({ done, total, unit: 'images', note: 'certificates' });
  const key = `${labels.length} images of seed ${seed}`;
  const certificates = known.get(key) ?? (await certify(undefended, images, { ...defence, seed, onProgress }));
  known.set(key, certificates);
  return { certificates };
}

/** Records with the names of executables written once for all. */
function withRunsApart(records: readonly AttackRecord[]): Required<Pick<AttackResult, 'records' | 'executables'>> {
  const executables = [...new Set(records.flatMap(({ cost }) => Object.keys(cost.runs ?? {})))].sort();
  return {
    executables,
    records: records.map(({ cost: { runs = {}, ...cost }, ...record }) => ({
      ...record,
      cost,
      runs: executables.map((name) => runs[name] ?? 0),
    })),
  };
}

/** Times the executables of an attack again, while they are still there. */
async function calibrated(
  { resources: { device }, calibrator }: TrialTools,
  trial: AttackTrial,
  classifier: Classifier,
  { executables, seconds }: { readonly executables: readonly string[]; readonly seconds: number },
): Promise<Calibration | null> {
  const clock = deviceClock(device);
  const rehearsals = executables.map((name) => ({ name, ...classifier.rehearse(name) }));
  const subjects = rehearsals.map(
    ({ name, run }): Subject => ({ name, key: subjectOf(trial, name), ...timed(clock, run) }),
  );
  try {
    return await calibrator.after(subjects, seconds);
  } finally {
    for (const { free } of rehearsals) free();
  }
}

/** File of a trial under a protocol: the best distance of each image after so many passes. */
const TRACE_FILE = 'passes.csv';

interface Attacked {
  readonly outcome: AttackOutcome;
  readonly protocol?: ProtocolResult;
}

/** Runs a trial's attack, by its protocol where it has one; what was found after how many passes is then written into its folder. */
async function attacked(
  { resources }: TrialTools,
  { attack, budget, protocol, seed }: AttackTrial,
  { classifier, samples, folder, onProgress }: AttackedImages,
): Promise<Attacked> {
  const { name, expectationSamples: _, ...settings } = attack;
  if (protocol === undefined)
    return { outcome: await runNamed(name, classifier, samples, { ...settings, ...budget, seed, onProgress }) };
  const whole = completeSettings(attackNamed(name), settings);
  const options = { seed, budget: protocol.passes, onProgress };
  const { outcome, samples: found } = await runAttackBench(name, classifier, samples, whole, options);
  const rows = found.flatMap(({ trace }, sample) =>
    trace.map(({ passes, distance }) => `${sample},${passes},${distance}\n`),
  );
  const text = ['sample,passes,distance\n', ...rows].join('');
  await resources.writeFile(`${folder}/${TRACE_FILE}`, new TextEncoder().encode(text));
  const pixels = samples.images.length / samples.labels.length;
  const originals = found.map((__, i) => samples.images.subarray(i * pixels, (i + 1) * pixels));
  return { outcome, protocol: { samples: await attackBenchFigures(found, originals), trace: TRACE_FILE } };
}

/** What a trial attacks, and where it writes. */
interface AttackedImages {
  readonly classifier: Classifier;
  readonly samples: Samples;
  readonly folder: string;
  onProgress(progress: AttackProgress): void;
}

/** Attacks class-balanced test images. */
export async function runAttack(
  tools: TrialTools,
  trial: AttackTrial,
  { folder, report }: TrialContext,
  target: Target,
): Promise<AttackResult> {
  const { classifier, classes, test, testAccuracy } = target;
  const chosen = classBalanced(test.labels, classes, trial.samples, trial.seed);
  const samples: Samples = { images: toFloat(test, chosen), labels: Int32Array.from(labelsAt(test, chosen)) };
  const onProgress = ({ done, total, holding, samples: count }: AttackProgress) =>
    report({ done, total, unit: 'steps', note: `${holding} of ${count} hold out` });
  const { seed } = trial;
  // A trial's result must not depend on those that the classifier was attacked in before.
  classifier.restart(seed);
  const began = performance.now();
  const { outcome, protocol } = await attacked(tools, trial, { classifier, samples, folder, onProgress });
  const seconds = (performance.now() - began) / 1000;
  const counted = withRunsApart(outcome.records);
  const { executables } = counted;
  const calibration = await calibrated(tools, trial, classifier, { executables, seconds });
  return {
    kind: 'attack',
    cleanAccuracy: outcome.cleanAccuracy,
    robustAccuracy: outcome.robustAccuracy,
    testAccuracy,
    ...counted,
    ...(calibration && { calibration }),
    images: [...originsAt(test, chosen)],
    ...(await certified(target, samples, trial, report)),
    ...(protocol && { protocol }),
    warnings: outcome.warnings,
    pictures: attackPictures(samples, outcome.images, classifier.shape, outcome.records),
  };
}
