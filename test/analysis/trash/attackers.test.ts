import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Strategy,
  type TrashOptions,
  trashOfAttack,
  trashOfBest,
  trashOfEnvelope,
  trashOfPooled,
} from '../../../src/analysis/trash/index.ts';

const strategy = (attack: string, costs: readonly number[], training = 'a'): Strategy => ({
  attack,
  family: attack,
  outcomes: costs.map((cost, i) => ({ image: `${training} ${i}`, training, cost: Math.abs(cost), broken: cost > 0 })),
});

const options: TrashOptions = { trainingCosts: new Map([['a', 6]]), horizon: 10 };

describe('by hand', () => {
  const costs = [1, 2, 2, 3, 3, 4, 4, 5, 6, -10];

  test('one attack: an unbroken image counts as the horizon; the limits are those of Student', () => {
    const one = trashOfAttack(strategy('pgd', costs), options);
    // Mean 4, sum of squared deviations 60, standard error sqrt(60 / 9 / 10).
    expect(one).toMatchObject({
      kind: 'estimate',
      value: 1.5,
      meanCost: 4,
      images: 10,
      broken: 0.9,
    });
    // Sums of cubes and fourth powers 180 and 1428: skewness 1.2247, kurtosis 142.8 / 36. The variance of s² is that of
    // 20 / (kurtosis - 7 / 9) = 6.271777 degrees of freedom (Satterthwaite), and 97.5 % of Student's t with so many
    // 2.4214376 (SciPy 1.17.1, stats.t.ppf). Hall (1992): mean - s g⁻¹(±t / √n), g⁻¹(y) = 3 / γ ((1 + γ (y - γ /
    // 6n))^(1/3) - 1).
    const skewness = 180 / 10 / (60 / 10) ** 1.5;
    const inverse = (y: number) => (3 / skewness) * (Math.cbrt(1 + skewness * (y - skewness / 60)) - 1);
    const y = 2.421437593655303 / Math.sqrt(10);
    const scale = Math.sqrt(60 / 9);
    expect(one.lower!).toBeCloseTo(6 / (4 - scale * inverse(-y)), 5);
    expect(one.upper!).toBeCloseTo(6 / (4 - scale * inverse(y)), 5);
  });

  test('what an attack spent for each image that it broke stands beside its mean, which near the budget tells none from few', () => {
    // 30 on nine that broke, 10 on the one that did not. Nine of ten: lower limit 0.5549838829718 (sums of the
    // binomial's exact terms, bisected in Python).
    const one = trashOfAttack(strategy('pgd', costs), options);
    expect(one.costPerBroken).toBeCloseTo(40 / 9, 12);
    expect(one.perBrokenLower).toBeCloseTo((6 * 0.5549838829718046) / 4, 12);
    // One step breaks an image or does not: at that horizon every mean is one step. 13 of 100: 0.0710730461854 (the same).
    const steps = [...Array(13).fill(1), ...Array(87).fill(-1)];
    const oneStep = trashOfAttack(strategy('fgm', steps), { ...options, horizon: 1 });
    expect(oneStep).toMatchObject({ meanCost: 1, value: 6, costPerBroken: 1 / 0.13 });
    expect(oneStep.perBrokenLower).toBeCloseTo(6 * 0.07107304618542952, 12);
  });

  test('of attacks that cost the same at the horizon, the best is the one that breaks most', () => {
    const oneStep = (attack: string, broken: number) =>
      strategy(
        attack,
        Array.from({ length: 20 }, (_, i) => (i < broken ? 1 : -1)),
      );
    const weak = oneStep('fgm 0.05', 3);
    const strong = oneStep('fgm 0.3', 19);
    for (const order of [
      [weak, strong],
      [strong, weak],
    ]) {
      const best = trashOfBest(order, { ...options, horizon: 1 });
      expect(best).toMatchObject({ attacks: ['fgm 0.3'], broken: 0.95, value: 6 });
    }
  });

  test('an image under two equal attacks is one image: the pooled interval is that of one', () => {
    const [one, other] = [strategy('pgd', costs), strategy('bim', costs)];
    const pooled = trashOfPooled([one, other], options);
    const alone = trashOfAttack(one, options);
    expect(pooled.images).toBe(10);
    expect(pooled.lower!).toBeCloseTo(alone.lower!, 12);
    expect(pooled.upper!).toBeCloseTo(alone.upper!, 12);
  });

  test('the envelope takes the cheaper of the two for every image', () => {
    const envelope = trashOfEnvelope(
      [
        strategy('a', costs),
        strategy(
          'b',
          costs.map((_, i) => (i === 9 ? 2 : 5)),
        ),
      ],
      options,
    );
    // 1, 2, 2, 3, 3, 4, 4, 5, 5, 2.
    expect(envelope.meanCost).toBeCloseTo(3.1, 14);
    expect(envelope.broken).toBe(1);
  });

  test('none broken: an upper limit from the exact binomial bound, and nothing else', () => {
    const none = trashOfAttack(strategy('pgd', Array(100).fill(-10)), options);
    // 0.05^(1/100) = 0.97049, the rule of three.
    expect(none).toMatchObject({ kind: 'upper limit', value: null, lower: null });
    expect(none.upper!).toBeCloseTo(0.6 / 0.9704869503929601, 12);
  });

  test('below ten images there is no interval; one image under sixteen attacks is one image', () => {
    const strategies = Array.from({ length: 16 }, (_, k) => strategy(`attack ${k}`, [1 + k]));
    for (const score of [trashOfBest(strategies, options), trashOfPooled(strategies, options)])
      expect(score).toMatchObject({ kind: 'too few images', images: 1, lower: null, upper: null });
  });

  test('ten images that break at the same count have an interval of some width', () => {
    const { value, lower, upper } = trashOfAttack(strategy('pgd', Array(10).fill(4)), options);
    expect(value).toBe(1.5);
    // A share of up to 1 - 0.05^(1/10) = 0.2589 may lie elsewhere.
    expect(lower!).toBeCloseTo(6 / (4 + 0.2588655509 * 6), 8);
    expect(upper!).toBeCloseTo(6 / (4 * (1 - 0.2588655509)), 8);
  });

  test('between trainings: two whose scores lie far apart leave a wide interval, of one degree of freedom', () => {
    const apart = {
      ...strategy('pgd', []),
      outcomes: [
        ...strategy('pgd', costs, 'a').outcomes,
        ...strategy(
          'pgd',
          costs.map((cost) => cost / 2),
          'b',
        ).outcomes,
      ],
    };
    const score = trashOfAttack(apart, {
      trainingCosts: new Map([
        ['a', 6],
        ['b', 6],
      ]),
      horizon: 10,
    });
    expect(score).toMatchObject({ trainings: 2 });
    // Means 4 and 2.5 (the unbroken one stands at 10 both times, the others halve: 15 / 10 + 10 / 10): logarithms of 1.5 and 2.4.
    const spread = Math.abs(Math.log(2.4 / 1.5)) / 2;
    // 97.5 % of Student's t with 1 degree of freedom: 12.7062 (published table).
    expect(Math.log(score.upper! / score.value!)).toBeCloseTo(12.7062 * spread, 3);
  });

  test('the variance of a calibrated clock widens the interval', () => {
    const plain = trashOfAttack(strategy('pgd', costs), options);
    const clocked = trashOfAttack(strategy('pgd', costs), { ...options, clockLogVariance: 0.01 });
    const half = (score: typeof plain) => Math.log(score.upper! / score.value!);
    expect(half(clocked)).toBeCloseTo(Math.hypot(half(plain), 1.959964 * 0.1), 6);
  });
});

/** Costs of forty images under one attack, some unbroken. */
const randomCosts = fc.array(
  fc
    .tuple(fc.double({ min: 0.01, max: 20, noNaN: true }), fc.boolean())
    .map(([cost, broken]) => (broken ? cost : -cost)),
  { minLength: 40, maxLength: 40 },
);
const study = fc
  .array(randomCosts, { minLength: 2, maxLength: 8 })
  .map((all) => all.map((each, k) => strategy(`attack ${k}`, each)));

describe('200 random sets of attacks at one horizon', () => {
  test('one more attack never lowers the envelope', () => {
    fc.assert(
      fc.property(study, (strategies) => {
        const mean = (attacks: readonly Strategy[]) => trashOfEnvelope(attacks, options).meanCost;
        expect(mean(strategies)).toBeLessThanOrEqual(mean(strategies.slice(0, -1)));
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  test('one more attack never lowers the best single attack', () => {
    fc.assert(
      fc.property(study, (strategies) => {
        const before = trashOfBest(strategies.slice(0, -1), options);
        const after = trashOfBest(strategies, options);
        if (before.value === null || after.value === null) return;
        expect(after.value).toBeGreaterThanOrEqual(before.value);
      }),
      { numRuns: 200, seed: 2 },
    );
  });

  test('the order of attacks and images changes nothing', () => {
    fc.assert(
      fc.property(study, (strategies) => {
        const turned = strategies.toReversed().map((each) => ({ ...each, outcomes: each.outcomes.toReversed() }));
        // Sums in another order: within a few units in the last place.
        for (const score of [trashOfEnvelope, trashOfPooled])
          expect(score(turned, options).meanCost).toBeCloseTo(score(strategies, options).meanCost, 12);
      }),
      { numRuns: 200, seed: 3 },
    );
  });
});
