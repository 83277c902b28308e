import type { AttackRecord } from '../../src/analysis/robustness/attacks/run/record.ts';
import type { DefenceName } from '../../src/analysis/robustness/defences/catalogue.ts';
import type { Study } from '../../src/analysis/study/file/schema.ts';
import type { RunTrial } from '../../src/analysis/study/run/machine.ts';
import { planTrials } from '../../src/analysis/study/run/run.ts';
import { canonicalJson } from '../../src/analysis/study/trial/identity.ts';
import { attackPictures } from '../../src/analysis/study/trial/pictures.ts';
import { isStoredModel, type ModelSpec } from '../../src/analysis/study/trial/storedModel.ts';
import { epsOf } from '../../src/analysis/study/trial/strength.ts';
import type {
  AttackResult,
  AttackTrial,
  FinishedTrial,
  TrainResult,
  TrainTrial,
  Trial,
  TrialResult,
} from '../../src/analysis/study/trial/trial.ts';
import type { AdapterDescription } from '../../src/engine/device/profile.ts';
import { mulberry32 } from './mulberry32.ts';
import { resnetOf } from './resnetOf.ts';

/*
 * Plausible results without a GPU, the same for the same trial. A sample has a robustness of its own that all attacks
 * meet, so its rows are a cluster; strength grows with eps and steps. Two groups are exact on purpose: PGD at eps >= 0.3
 * breaks every sample, and FGM at eps <= 0.05 breaks none under feature squeezing.
 */

export const fakeAdapter: AdapterDescription = {
  name: 'llvmpipe (LLVM 19.1.7, 256 bits)',
  vendor: 'mesa',
  driver: 'Mesa 25.0.7',
  backend: 'vulkan',
  software: true,
};

/** The quickstart's shape as YAML text: 2 depths, 3 defences, 2 attacks, 4 strengths, 100 samples. */
export const fakeStudyText = `name: fake
data: { name: mnist, train: 6000, test: 10000 }
models: { depth: [18, 34], width: 16 }
training: { epochs: 4, batch_size: 64, learning_rate: 0.05, weight_decay: 5e-4 }
control: false
defences:
  - { name: none }
  - { name: gaussian-augmentation, sigma: 0.3, ratio: 0.5 }
  - { name: feature-squeezing, bit_depth: 4 }
attacks:
  - { name: fgm, eps: [0.05, 0.1, 0.2, 0.3] }
  - { name: pgd, eps: [0.05, 0.1, 0.2, 0.3] }
survival: { model: weibull, clock: seconds }
`;

/** A stream of uniform numbers in (0, 1) that depends on the text only (FNV-1a into mulberry32). */
function uniforms(text: string): () => number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  const word = mulberry32(state);
  return () => (word() + 0.5) / 2 ** 32;
}

function normal(uniform: () => number): number {
  return Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** Layers of a ResNet; a stored model is taken for one of 18. */
const depthOf = (model: ModelSpec) => (isStoredModel(model) ? 18 : resnetOf(model).depth);

/** 1,000 images of each of 10 classes, of which this many are right in all; the others are taken for the class opposite. */
function confusionOf(right: number): number[][] {
  return Array.from({ length: 10 }, (_, row) => {
    const wrong = Math.floor((10_000 - right + row) / 10);
    return Array.from({ length: 10 }, (_, column) => (row === column ? 1000 - wrong : row + column === 9 ? wrong : 0));
  });
}

function fakeTraining(trial: TrainTrial): TrainResult {
  const uniform = uniforms(canonicalJson(trial));
  const deep = depthOf(trial.model) / 18;
  const seen = trial.training !== null;
  const samples = trial.data.train ?? 60_000;
  const epochs = Array.from({ length: trial.training?.epochs ?? 0 }, (_, index) => ({
    epoch: index + 1,
    loss: 0.6 * 0.4 ** index + 0.02 * uniform(),
    accuracy: 1 - 0.12 * 0.5 ** index - 0.01 * uniform(),
  }));
  const right = Math.round(10_000 * (0.985 - 0.01 * uniform()));
  return {
    kind: 'train',
    accuracy: right / 10_000,
    testLoss: 0.05 + 0.02 * uniform(),
    trainSeconds: seen ? 48 * deep * (1 + 0.05 * uniform()) : 0,
    compileSeconds: seen ? 6 + uniform() : 0,
    trainSamples: seen ? samples : 0,
    trainFlops: 3.1e6 * deep * samples * (trial.training?.epochs ?? 0) * 3,
    ...(seen ? {} : { network: 'WRN-16-2' }),
    predictSecondsPerSample: 6e-4 * deep,
    confusion: confusionOf(right),
    parameters: Math.round(698_000 * deep ** 1.2),
    epochs,
    checkpoint: 'model.safetensors',
  };
}

function fakeAttack(trial: AttackTrial): AttackResult {
  const { attack, samples } = trial;
  const uniform = uniforms(canonicalJson(trial));
  const depth = depthOf(trial.train.model);
  const { maxIter: steps = 1 } = attack;
  // A scale on which attacks without a bound, and those that count pixels, have a place.
  const eps = epsOf(attack) ?? 0.01 * (attack.th ?? 20);
  const shields: Partial<Record<DefenceName, number>> = {
    'gaussian-augmentation': 0.9,
    'adversarial-training': 1.2,
    'feature-squeezing': 0.35,
    'spatial-smoothing': 0.3,
    'high-confidence': 0.1,
    'gaussian-noise': 0.2,
    'label-smoothing': 0.1,
    'jpeg-compression': 0.3,
    'total-variance-minimisation': 0.4,
    'randomised-smoothing': 0.8,
  };
  const { [trial.defence.name]: shield = 0 } = shields;
  const wrongBefore = Array.from({ length: samples }, (_, i) => uniforms(`clean ${depth} ${i}`)() < 0.04);
  const failsAt = Array.from({ length: samples }, (_, i) => {
    const robustness = 1.1 + shield + 0.3 * Math.log(depth / 18) + 0.8 * normal(uniforms(`sample ${i}`));
    for (let step = 1; step <= steps; step++) {
      const reach = Math.min(1, (step * 2.5) / Math.max(steps, 2.5));
      const strength = 11 * eps * reach * (attack.name === 'pgd' ? 1.5 : 1);
      if (strength + 0.3 * normal(uniform) > robustness) return step;
    }
    return attack.name === 'pgd' && eps >= 0.3 ? steps : null;
  });
  if (attack.name === 'fgm' && eps <= 0.05 && trial.defence.name === 'feature-squeezing') failsAt.fill(null);

  const seconds = new Array<number>(samples).fill(0);
  for (let step = 1; step <= steps; step++) {
    const active = failsAt.flatMap((at, i) => (!wrongBefore[i] && (at ?? steps) >= step ? [i] : []));
    const batch = (0.004 + 9e-4 * active.length) * (depth / 18) * (1 + 0.1 * uniform());
    for (const i of active) seconds[i] += batch / active.length;
  }
  const flops = 3.1e6 * (depth / 18);
  const records = failsAt.map((at, i): AttackRecord => {
    const taken = wrongBefore[i] ? 0 : (at ?? steps);
    const success = !wrongBefore[i] && at !== null;
    return {
      sample: i,
      label: i % 10,
      misclassifiedBefore: wrongBefore[i],
      success,
      successAfterRounding: success && uniform() > 0.02,
      firstStep: success ? at : null,
      cost: { seconds: seconds[i], queries: 2 * taken, gradients: taken, flops: 4 * flops * taken },
      distances: { l0: 0.8 * 784, l1: 600 * eps, l2: 25 * eps, linf: eps },
    };
  });
  const right = records.filter(({ misclassifiedBefore }) => !misclassifiedBefore);
  return {
    kind: 'attack',
    cleanAccuracy: right.length / samples,
    robustAccuracy: right.filter(({ success }) => !success).length / samples,
    testAccuracy: 0.982 - 0.01 * uniform(),
    records,
    warnings:
      trial.defence.name === 'feature-squeezing' && eps === 0.05
        ? ['3 of 100 gradients are zero: feature squeezing masks them, so robustness may be overstated']
        : [],
    pictures: attackPictures({ images: DISCS, labels: new Int32Array(4) }, noisy(eps), SHAPE, records.slice(0, 4)),
  };
}

const SHAPE = [1, 28, 28] as const;

/** Four images of discs, and these with noise of a strength. */
const DISCS = Float32Array.from({ length: 4 * 784 }, (_, i) =>
  Math.hypot((i % 28) - 14, (Math.floor(i / 28) % 28) - 14) < 6 + 2 * Math.floor(i / 784) ? 0.9 : 0.05,
);

function noisy(eps: number): Float32Array {
  const uniform = uniforms('noise');
  return DISCS.map((value) => value + Math.min(eps, 0.5) * (2 * uniform() - 1));
}

/** The result that a fake machine gives for a trial. */
export function fakeResult(trial: Trial): TrialResult {
  return trial.kind === 'train' ? fakeTraining(trial) : fakeAttack(trial);
}

export const fakeRunTrial: RunTrial = async (trial, { report }) => {
  report({ done: 1, total: 1, unit: 'steps' });
  return fakeResult(trial);
};

/** All trials of a study, finished by the fake machine. */
export async function fakeTrials(study: Study): Promise<FinishedTrial[]> {
  const planned = await planTrials(study);
  return planned.map(({ id, trial }) => ({
    id,
    trial,
    result: fakeResult(trial),
    adapter: fakeAdapter,
    finishedAt: '2025-01-02T03:04:05.000Z',
  }));
}
