import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { buildReport } from '../../../../src/analysis/report/build.ts';
import { reportTables } from '../../../../src/analysis/report/csv.ts';
import { renderReport } from '../../../../src/analysis/report/page/render.ts';
import { distances } from '../../../../src/analysis/robustness/attacks/run/distances.ts';
import type { AttackRecord } from '../../../../src/analysis/robustness/attacks/run/record.ts';
import { attackBenchFigures } from '../../../../src/analysis/robustness/protocol/attackBenchFile.ts';
import { parseStudy } from '../../../../src/analysis/study/file/parse.ts';
import { planTrials } from '../../../../src/analysis/study/run/run.ts';
import type { AttackResult, FinishedTrial } from '../../../../src/analysis/study/trial/trial.ts';
import { attackBenchRuns, type MadeUpRun } from '../../../support/attackBenchRuns.ts';
import { fakeAdapter, fakeResult } from '../../../support/fakeTrials.ts';
import { ORIGIN } from '../../../support/reportOf.ts';

const { study: parsed } = parseStudy(
  `name: bench
data: { name: mnist, train: 100, test: 1000 }
models: { depth: [18, 34] }
training: { epochs: 3, batch_size: 10, learning_rate: 0.1 }
protocol: attackbench
attacks: [{ name: pgd, norm: 2, eps: [0.1, 0.2] }, { name: ddn }, { name: fab, norm: 2 }]
survival: { clock: distance }
`,
  'bench.yaml',
);
/** The made-up runs have 12 images. */
const study = { ...parsed, samples: 12 };

const read = (file: string) => readFileSync(new URL(`../../../fixtures/attackBench/${file}`, import.meta.url), 'utf8');

/** What a trial would have kept of a made-up run. */
async function resultOf({ samples, originals }: MadeUpRun, fake: AttackResult): Promise<AttackResult> {
  const records = samples.map(({ label, predictedBefore, predictedAfter, distance, image }, sample): AttackRecord => {
    const misclassifiedBefore = predictedBefore !== label;
    const success = !misclassifiedBefore && Number.isFinite(distance);
    return {
      ...{ sample, label, predictedBefore, predictedAfter, misclassifiedBefore, success },
      ...{ successAfterRounding: success, firstStep: success ? 1 : null },
      cost: { seconds: 1 + sample, queries: 1 + sample, gradients: 1, flops: 1 + sample },
      distances: distances(originals[sample], image, [1, 2, 2]),
    };
  });
  const figures = await attackBenchFigures(samples, originals);
  return { ...fake, records, protocol: { samples: figures, trace: 'passes.csv' } };
}

const built = (async () => {
  const runs = attackBenchRuns();
  const planned = await planTrials(study);
  const finished = await Promise.all(
    planned.map(async ({ id, trial }): Promise<FinishedTrial> => {
      const rest = { adapter: fakeAdapter, finishedAt: '2025-01-01T00:00:00.000Z' };
      const fake = fakeResult(trial);
      if (trial.kind === 'train' || fake.kind === 'train') return { id, trial, result: fake, ...rest };
      const model = 'depth' in trial.train.model && trial.train.model.depth === 18 ? 'first' : 'second';
      const own = runs.find(({ run }) => run.model === model && run.attack === trial.attack.name) as MadeUpRun;
      return { id, trial, result: await resultOf(own, fake), ...rest };
    }),
  );
  return buildReport(finished, study, { ...ORIGIN, planned: planned.length });
})();

test('strengths are dropped, so that every attack is on a model once, and none has a control', async () => {
  const { report } = await built;
  expect(report.attacks.map(({ attack, model, eps }) => [model, attack, eps])).toEqual(
    ['ResNet-18', 'ResNet-34'].flatMap((model) => ['pgd', 'ddn', 'fab'].map((attack) => [model, attack, null])),
  );
  expect(report.assumptions.protocols).toEqual([{ name: 'attackbench', passes: 2000 }]);
});

test('optimality is what attackbenchlib 2.0.2 makes of the same runs', async () => {
  const { report } = await built;
  const scores = JSON.parse(read('scores.json'));
  expect(report.protocol).toHaveLength(1);
  const [{ norm, targets, overall }] = report.protocol;
  expect([norm, targets.map(({ model }) => model)]).toEqual(['2', ['ResNet-18', 'ResNet-34']]);
  targets.forEach(({ attacks, envelopeArea }, k) => {
    expect(attacks).toHaveLength(3);
    for (const { attack, optimality, area } of attacks) {
      // Sums of a dozen doubles.
      expect(optimality).toBeCloseTo(scores[attack].local[k], 12);
      expect(area).toBeCloseTo(scores[attack].area[k], 12);
      expect(envelopeArea).toBeCloseTo(scores[attack].envelopeArea[k], 12);
    }
  });
  for (const { attack, mean, deviation, models } of overall) {
    expect(mean).toBeCloseTo(scores[attack].global, 12);
    expect(deviation).toBeCloseTo(scores[attack].deviation, 12);
    expect(models).toBe(2);
  }
  // Of the survival analysis of distances no other score stands beside it.
  expect(report.distances.map(({ optimality }) => optimality)).toEqual([[]]);
});

test('curves fall where an image breaks, those of all attacks where the first attack breaks it', async () => {
  const { report } = await built;
  const [{ curves }] = report.protocol[0].targets;
  const runs = attackBenchRuns().filter(({ run }) => run.model === 'first');
  const accuracy = (within: (i: number) => number, eps: number) =>
    runs[0].samples.filter((_, i) => within(i) > eps).length / runs[0].samples.length;
  for (const { attack, eps, accuracy: told } of curves) {
    const ofAttack = runs.filter(({ run }) => attack === 'all attacks' || run.attack === attack);
    const nearest = (i: number) => Math.min(...ofAttack.map(({ samples }) => samples[i].distance));
    expect(told).toBe(accuracy(nearest, eps));
  }
  expect(new Set(curves.map(({ attack }) => attack))).toEqual(new Set(['pgd', 'ddn', 'fab', 'all attacks']));
});

test('the report exports the files that attackbenchlib 2.0.2 read, but for the names of models', async () => {
  const { attackBench } = await built;
  expect(Object.keys(attackBench)).toHaveLength(6);
  const names = { first: 'ResNet_18', second: 'ResNet_34' };
  for (const [model, ours] of Object.entries(names))
    for (const attack of ['pgd', 'ddn', 'fab']) {
      const text = read(`mnist-l2-${model}-${attack}-outlast-12.json`);
      const own = attackBench[`mnist-l2-${ours}-${attack}-outlast-12.json`];
      expect(own).toBe(text.replaceAll(`"${model}"`, `"${ours}"`));
    }
});

test('the page and the tables hold it', async () => {
  const { report } = await built;
  const page = renderReport(report);
  expect(page).toContain('Attacks by AttackBench&#39;s protocol');
  expect(page).toContain('2,000 forward and backward passes (AttackBench)');
  const tables = reportTables(report);
  expect(tables['protocol.csv'].split('\r\n')).toHaveLength(1 + 6 + 1);
  expect(tables['protocol-global.csv']).toMatch(/^norm,attack,mean,deviation,models\r\n2,\w+,/);
  expect(tables['protocol-curves.csv']).toContain('2,mnist,ResNet-18,none,0,all attacks,0,');
});
