import { expect, test } from 'vitest';
import { subjectOf, TRAINING_BATCH } from '../../../../src/analysis/study/calibration/subject.ts';
import type { TrainTrial } from '../../../../src/analysis/study/trial/trial.ts';
import type { TrainingSpec } from '../../../../src/models/training/spec.ts';

const trial: TrainTrial & { readonly training: TrainingSpec } = {
  kind: 'train',
  data: { name: 'mnist', train: 100, test: 100 },
  model: { family: 'resnet', depth: 18, width: 4, stem: 'cifar', precision: 'f32' },
  training: { epochs: 2, batchSize: 10, learningRate: 0.1, schedule: 'constant', optimiser: 'adamw' },
  defence: { name: 'none' },
  seed: 0,
};
const batchOf = (training: Partial<TrainingSpec>) =>
  subjectOf({ ...trial, training: { ...trial.training, ...training } }, TRAINING_BATCH);

test('trainings of other lengths, rates and schedules have the same batches', () => {
  expect(batchOf({ epochs: 5, learningRate: 0.01, schedule: 'cosine', patience: 3 })).toBe(batchOf({}));
});

test('another optimiser, another recomputation or another batch is timed apart', () => {
  const others = [{}, { optimiser: 'adam' }, { recompute: 'blocks' }, { batchSize: 20 }, { accumulate: 2 }] as const;
  expect(new Set(others.map(batchOf)).size).toBe(others.length);
});
