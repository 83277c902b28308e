import { expect, test } from 'vitest';
import {
  type AttackOutcome,
  type Strategy,
  type TrashEstimate,
  type TrashOptions,
  trashOfAttack,
  trashOfBest,
  trashOfEnvelope,
  trashOfPooled,
} from '../../../src/analysis/trash/index.ts';
import { randomNormal } from '../../../src/engine/philox.ts';

/*
 * Coverage of every interval in 1,000 simulated studies. Images have a robustness of their own that all attacks meet; an attack works in
 * steps of one cost, so that times are tied, up to a budget that leaves some unbroken; trainings differ. The truth is the same mean over
 * 200,000 images and trainings drawn apart from the studies, which is exact to a few tenths of a percent, less than a tenth of an interval.
 */

const STUDIES = 1000;
const HORIZON = 20;

interface Attack {
  readonly name: string;
  /** Mean of the logarithm of the steps that an image takes. */
  readonly difficulty: number;
  readonly steps: number;
  readonly price: number;
}

interface Scenario {
  readonly name: string;
  readonly attacks: readonly Attack[];
  readonly images: number;
  readonly trainings: number;
  /** Standard deviations of the logarithm: between images, between trainings, of the rest. */
  readonly spread: readonly [image: number, training: number, rest: number];
}

const PGD = { name: 'pgd', difficulty: 1, steps: 20, price: 1 };
const NEAR = { name: 'bim', difficulty: 1.02, steps: 20, price: 1 };
const FGM = { name: 'fgm', difficulty: 0.8, steps: 1, price: 1 };
const NOISE = { name: 'random-noise', difficulty: 4, steps: 60, price: 0.3 };

const SCENARIOS: readonly Scenario[] = [
  { name: '100 images, one training', attacks: [PGD, FGM, NOISE], images: 100, trainings: 1, spread: [0.6, 0, 0.4] },
  { name: '40 images, near ties', attacks: [PGD, NEAR, FGM], images: 40, trainings: 1, spread: [0.7, 0, 0.3] },
  { name: '30 images, five seeds', attacks: [PGD, NEAR, NOISE], images: 30, trainings: 5, spread: [0.6, 0.15, 0.4] },
  { name: '100 images, three seeds', attacks: [PGD, FGM], images: 100, trainings: 3, spread: [0.6, 0.2, 0.4] },
];

/** A stream of standard normal numbers, drawn in blocks. */
function normals(seed: number): () => number {
  let block = new Float32Array(0);
  let [next, substream] = [0, 0];
  return () => {
    if (next === block.length) {
      block = randomNormal({ seed, stream: 1, substream: substream++ }, 4096) as Float32Array<ArrayBuffer>;
      next = 0;
    }
    return block[next++];
  };
}

/** The strategies of one study. */
function draw({ attacks, images, trainings, spread: [image, training, rest] }: Scenario, seed: number): Strategy[] {
  const normal = normals(seed);
  const outcomes = attacks.map((): AttackOutcome[] => []);
  for (let t = 0; t < trainings; t++) {
    const ofTraining = training * normal();
    for (let i = 0; i < images; i++) {
      const ofImage = image * normal();
      attacks.forEach(({ difficulty, steps, price }, k) => {
        const taken = Math.ceil(Math.exp(difficulty + ofTraining + ofImage + rest * normal()));
        outcomes[k].push({
          image: `${t} ${i}`,
          training: `${t}`,
          cost: price * Math.min(taken, steps),
          broken: taken <= steps,
        });
      });
    }
  }
  return attacks.map(({ name }, k) => ({ attack: name, family: name, outcomes: outcomes[k] }));
}

const ESTIMATORS: Readonly<Record<string, (strategies: readonly Strategy[], options: TrashOptions) => TrashEstimate>> =
  {
    attack: ([first], options) => trashOfAttack(first, options),
    best: trashOfBest,
    envelope: trashOfEnvelope,
    pooled: trashOfPooled,
  };

const optionsOf = (trainings: number): TrashOptions => ({
  trainingCosts: new Map(Array.from({ length: trainings }, (_, t) => [`${t}`, 5])),
  horizon: HORIZON,
});

test.each(SCENARIOS)(
  'intervals of $name hold the truth in at least 93 % of 1,000 studies',
  (scenario) => {
    // With several trainings, the truth is the ratio of means over many of them.
    const many = {
      ...scenario,
      images: scenario.trainings === 1 ? 200_000 : 100,
      trainings: scenario.trainings === 1 ? 1 : 2000,
    };
    const population = draw(many, 999_983);
    const covered: Record<string, number> = {};
    const truth: Record<string, number> = {};
    for (const [name, estimate] of Object.entries(ESTIMATORS)) {
      covered[name] = 0;
      truth[name] =
        name === 'best'
          ? Math.max(...population.map((one) => trashOfAttack(one, optionsOf(many.trainings)).value!))
          : estimate(population, optionsOf(many.trainings)).value!;
    }
    for (let study = 0; study < STUDIES; study++) {
      const strategies = draw(scenario, study);
      for (const [name, estimate] of Object.entries(ESTIMATORS)) {
        const { lower, upper } = estimate(strategies, optionsOf(scenario.trainings));
        if (lower! <= truth[name] && truth[name] <= upper!) covered[name]++;
      }
    }
    console.log(
      `coverage, ${scenario.name}: ${Object.entries(covered)
        .map(([name, count]) => `${name} ${(100 * count) / STUDIES} %`)
        .join(', ')}`,
    );
    for (const [name, count] of Object.entries(covered)) expect(count / STUDIES, name).toBeGreaterThanOrEqual(0.93);
  },
  300_000,
);
