import type { AttackRecord } from '../src/analysis/robustness/index.ts';
import {
  type AttackResult,
  type AttackTrial,
  epsOf,
  identity,
  pixelsOf,
  type TrainResult,
  type TrainTrial,
  type Trial,
  type TrialResult,
} from '../src/analysis/study/index.ts';
import { drawUniform, streamId } from '../src/base/philox.ts';

/** A study of 10,000 attacks and 160 trainings, for reports of what they might have come to. */
export const largeStudy = `name: large
data: [{ name: mnist, train: 6000, test: 10000 }, { name: cifar10, train: 6000, test: 10000 }]
models: { depth: [18, 34, 50, 101, 152], width: 16, precision: [f32, f16] }
training: { epochs: 4, batch_size: 64, learning_rate: 0.05 }
defences:
  - { name: none }
  - { name: gaussian-augmentation, sigma: [0.1, 0.3, 1] }
  - { name: feature-squeezing, bit_depth: [2, 4, 8] }
  - { name: high-confidence, cutoff: 0.9 }
  - { name: gaussian-noise, scale: [0.01, 0.1] }
attacks:
  - { name: fgm, eps: [0.001, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.8, 1] }
  - { name: pgd, eps: [0.001, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.8, 1] }
  - { name: deepfool }
  - { name: hopskipjump }
  - { name: pixel, th: [1, 4, 16] }
  - { name: threshold, th: [16, 64] }
samples: 100
control: false
seeds: [0, 1]
`;

/** At most `count` uniform numbers in (0, 1), which a trial alone decides. */
async function uniforms(trial: Trial, count: number): Promise<() => number> {
  const seed = Number.parseInt((await identity(trial)).slice(0, 13), 16);
  const numbers = drawUniform({ seed, stream: streamId('bench report'), substream: 0 }, count);
  let next = 0;
  // Multiples of 2^-24 from 0, moved to the middle between them: their logarithms are finite.
  return () => numbers[next++] + 2 ** -25;
}

/** Seconds of one image's step, by the attack. */
const PACE: Readonly<Record<string, number>> = {
  fgm: 1,
  pgd: 3,
  deepfool: 10,
  hopskipjump: 100,
  pixel: 300,
  threshold: 500,
};

/** A result that a trial might have come to: Weibull times to failure, shorter for stronger attacks, all different. */
export async function plausibleResult(trial: Trial): Promise<TrialResult> {
  return trial.kind === 'train' ? trainResult(trial) : attackResult(trial);
}

/** Layers of a network that has a depth; 18 of others. */
const depthOf = ({ model }: TrainTrial): number => ('depth' in model ? model.depth : 18);

async function trainResult(trial: TrainTrial): Promise<TrainResult> {
  const uniform = await uniforms(trial, 3);
  const deep = depthOf(trial) / 18;
  return {
    kind: 'train',
    accuracy: 0.99 - 0.02 * uniform(),
    testLoss: 0.05,
    trainSeconds: 48 * deep * (1 + 0.1 * uniform()),
    compileSeconds: 6,
    trainSamples: trial.data.train ?? 60_000,
    trainFlops: 7e10 * deep,
    predictSecondsPerSample: 6e-4 * deep * (1 + 0.1 * uniform()),
    parameters: Math.round(698_000 * deep),
    epochs: [{ epoch: 1, loss: 0.1, accuracy: 0.97 }],
    checkpoint: 'model.safetensors',
  };
}

async function attackResult(trial: AttackTrial): Promise<AttackResult> {
  const { attack, samples, train, defence } = trial;
  const uniform = await uniforms(trial, 3 * samples);
  const strength = epsOf(attack) ?? 0.02 * (pixelsOf(attack) ?? 10);
  const scale = 0.004 * PACE[attack.name] * (depthOf(train) / 18) ** 0.8 * (defence.name === 'none' ? 1 : 1.2);
  const budget = 3 * scale;
  const records = Array.from({ length: samples }, (_, sample): AttackRecord => {
    const misclassifiedBefore = uniform() < 0.03;
    const time = scale * (-Math.log(uniform()) * Math.exp(1.5 - 4 * strength)) ** 0.8;
    const success = !misclassifiedBefore && time < budget;
    const seconds = misclassifiedBefore ? 0 : Math.min(time, budget * (1 - 0.01 * uniform()));
    const queries = Math.ceil(seconds / 0.002);
    return {
      sample,
      label: sample % 10,
      misclassifiedBefore,
      success,
      successAfterRounding: success,
      firstStep: success ? queries : null,
      cost: { seconds, queries, gradients: queries, flops: 1e6 * queries },
      distances: { l0: 600, l1: 30, l2: 2, linf: strength },
    };
  });
  const right = records.filter((record) => !record.misclassifiedBefore);
  return {
    kind: 'attack',
    cleanAccuracy: right.length / samples,
    robustAccuracy: right.filter(({ success }) => !success).length / samples,
    testAccuracy: 0.97,
    records,
    warnings: [],
  };
}
