import { expect, test } from 'vitest';
import { trialRunner } from '../../../../src/analysis/study/run/runTrial.ts';
import { finishedMistake } from '../../../../src/analysis/study/store/finishedSchema.ts';
import type { AttackResult, AttackTrial, TrainResult, TrainTrial } from '../../../../src/analysis/study/trial/trial.ts';
import type { Checkpoint } from '../../../../src/models/checkpoint/safetensors.ts';
import { useDevice } from '../../../support/checkOp.ts';
import { stripesDataset } from '../../../support/stripes.ts';

const device = useDevice();

const PASSES = 120;

const training: TrainTrial = {
  kind: 'train',
  data: { name: 'mnist', train: 120, test: 90 },
  model: { family: 'resnet', depth: 18, width: 4, stem: 'imagenet', precision: 'f32' },
  training: { epochs: 2, batchSize: 20, learningRate: 0.05, schedule: 'constant', momentum: 0.9, weightDecay: 5e-4 },
  defence: { name: 'none' },
  seed: 1,
};

/** PGD, by the protocol or at one strength. */
const pgd = (more: Partial<AttackTrial>, eps?: number): AttackTrial => ({
  ...{ kind: 'attack', train: training, defence: { name: 'none' }, samples: 12, seed: 1 },
  attack: {
    ...{ name: 'pgd', norm: 'inf', maxIter: 4, numRandomInit: 0 },
    ...(eps !== undefined && { eps, epsStep: eps / 4 }),
  },
  ...more,
});

test('a trial by the protocol keeps the nearest images, what they cost, and the best distance after every pass', async () => {
  const models = new Map<string, Checkpoint>();
  const files = new Map<string, string>();
  const runner = trialRunner({
    device: device(),
    loadDataset: async () => stripesDataset,
    readCheckpoint: async (path) => models.get(path) as Checkpoint,
    readOnnx: (path) => Promise.reject(new Error(`${path} is not asked for`)),
    digestOf: (path) => path,
    writeFile: async (path, bytes) => void files.set(path, new TextDecoder().decode(bytes)),
    writeCheckpoint: async (path, checkpoint) => void models.set(path, checkpoint),
  });
  const trained = (await runner.runTrial(training, {
    folder: 'train',
    training: null,
    report: () => {},
  })) as TrainResult;
  const rest = { adapter: device().adapter, finishedAt: '2025-01-01T00:00:00.000Z' };
  const finished = { id: 'train', trial: training, result: trained, ...rest };
  const told: string[] = [];
  const run = (trial: AttackTrial) =>
    runner.runTrial(trial, {
      folder: 'attack',
      training: { folder: 'train', finished },
      report: ({ done, total, unit }) => told.push(`${done} of ${total} ${unit}`),
    }) as Promise<AttackResult>;
  const trial = pgd({ protocol: { name: 'attackbench', passes: PASSES } });
  const result = await run(trial);
  expect(finishedMistake({ id: 'attack', trial, result, ...rest }, 'attack', trial)).toBeNull();
  expect(told).toContain('0 of 20 steps');
  expect([...files.keys()]).toEqual(['attack/passes.csv']);

  const [heading, ...lines] = (files.get('attack/passes.csv') ?? '').split('\n').slice(0, -1);
  expect(heading).toBe('sample,passes,distance');
  const trace = lines.map((line) => line.split(',').map(Number));
  const { samples = [] } = result.protocol ?? {};
  expect(samples).toHaveLength(12);
  samples.forEach(({ distances, forwards, backwards }, i) => {
    const record = result.records[i];
    const found = trace.filter(([sample]) => sample === i);
    expect(forwards + backwards).toBeLessThanOrEqual(PASSES);
    expect(record.success).toBe(distances !== null && !record.misclassifiedBefore);
    if (!record.success) {
      expect(found).toEqual([]);
      return;
    }
    expect(found.at(-1)?.[2]).toBe(distances?.linf);
    // Every improvement is nearer than the one before, and comes later.
    expect(
      found.every(([, passes, distance], k) => k === 0 || (passes > found[k - 1][1] && distance < found[k - 1][2])),
    ).toBe(true);
    // What was paid until the first of them: looks at what a radius came to are charged to the budget alone.
    expect(record.cost.queries + record.cost.gradients).toBeLessThanOrEqual(found[0][1]);
    expect(record.cost.queries).toBeGreaterThan(0);
    expect(record.firstStep).toBeGreaterThan(0);
  });
  const broken = result.records.filter(({ success }) => success);
  expect(broken.length).toBeGreaterThan(6);
  // The same attack run once as far as the image had to move breaks it, and a tenth of the way does not.
  const [{ sample, distances }] = broken.toSorted((a, b) => a.distances.linf - b.distances.linf).slice(3);
  expect((await run(pgd({}, distances.linf * (1 + 1e-6)))).records[sample].success).toBe(true);
  expect((await run(pgd({}, distances.linf / 10))).records[sample].success).toBe(false);
  runner.close();
});
