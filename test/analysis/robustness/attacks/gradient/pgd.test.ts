import { describe, expect, test } from 'vitest';
import { pgd } from '../../../../../src/analysis/robustness/attacks/gradient/pgd.ts';
import { InputError } from '../../../../../src/base/errors.ts';
import { expectClose, useDevice } from '../../../../support/checkOp.ts';
import { REFERENCE_BALLS, testAgainstReference } from '../../../../support/deterministicAttack.ts';
import { margin, planeClassifier, SLOPE } from '../../../../support/linearClassifier.ts';
import { values } from '../../../../support/values.ts';

const device = useDevice();
const L1 = SLOPE.reduce((sum, value) => sum + Math.abs(value), 0);
const L2 = Math.hypot(...SLOPE);

/** 13 images in [¼, ¾], labelled as the plane through their middle divides them. */
const COUNT = 13;
const BIAS = -margin([0.5, 0.5, 0.5, 0.5]);
const images = values(COUNT * 4, 5).map((value) => 0.5 + value / 4);
const margins = Array.from({ length: COUNT }, (_, i) => margin(images.subarray(4 * i, 4 * i + 4), BIAS));
const samples = { images, labels: Int32Array.from(margins, (m) => Number(m > 0)) };
const options = { norm: 'inf', eps: 0.15, epsStep: 0.03, maxIter: 10, numRandomInit: 0, seed: 3 } as const;
const classifier = () => planeClassifier(device(), { bias: BIAS });

test.each([
  { norm: 'inf' as const, gain: L1 },
  { norm: '2' as const, gain: L2 },
  // Along the gradient, as ART and Foolbox step.
  { norm: '1' as const, gain: L2 ** 2 / L1 },
])(
  'L$norm: the first step that breaks a sample is the first whose reach outweighs its margin',
  async ({ norm, gain }) => {
    const { records } = await pgd.run(classifier(), samples, { ...options, norm });
    const steps = margins.map((m) => {
      const step = Math.ceil(Math.abs(m) / (gain * options.epsStep));
      return Math.abs(m) < gain * options.eps && step <= options.maxIter ? step : null;
    });
    expect(new Set(steps).size).toBeGreaterThan(3);
    expect(steps).toContain(null);
    expect(records.map(({ firstStep }) => firstStep)).toEqual(steps);
    expect(records.map(({ success }) => success)).toEqual(steps.map((step) => step !== null));
  },
);

test('samples that hold out end at the ball’s best point; broken ones stay where they fell', async () => {
  const { records, images: final } = await pgd.run(classifier(), samples, options);
  const expected = records.flatMap(({ firstStep, label }, i) => {
    const length = Math.min(options.eps, options.epsStep * (firstStep ?? options.maxIter));
    const away = label === 1 ? -length : length;
    return SLOPE.map((value, k) => images[4 * i + k] + away * Math.sign(value));
  });
  // Up to ten steps of rounding to f32 below 1.
  expectClose(final, expected, { absolute: 6e-7, why: 'ten additions in f32' });
});

test('the ball and the pixel range are kept to one unit in the last place', async () => {
  const wide = { images: values(COUNT * 4, 6).map((value) => 0.5 + value / 2), labels: new Int32Array(COUNT) };
  for (const eps of [0.1, 8 / 255, 0.3]) {
    const { images: final } = await pgd.run(planeClassifier(device(), { bias: -20 }), wide, {
      ...options,
      eps,
      epsStep: eps / 4,
      numRandomInit: 2,
    });
    final.forEach((pixel, at) => {
      expect(pixel).toBeGreaterThanOrEqual(0);
      expect(pixel).toBeLessThanOrEqual(1);
      expect(Math.abs(pixel - wide.images[at])).toBeLessThanOrEqual(Math.fround(eps) + 2 ** -24);
    });
  }
});

test('costs: a query and a gradient for each image that was looked at, the start among them; operations are the passes’; seconds add up', async () => {
  const target = classifier();
  const before = target.asked();
  const { records } = await pgd.run(target, samples, options);
  const { maxIter } = options;
  const taken = records.map(({ firstStep }) => firstStep ?? maxIter);
  // Every pass but the last step's gives class and gradient together.
  expect(records.map(({ cost }) => cost.queries)).toEqual(taken.map((steps) => steps + 1));
  expect(records.map(({ cost }) => cost.gradients)).toEqual(taken.map((steps) => Math.min(steps + 1, maxIter)));
  expect(new Set(taken).size).toBeGreaterThan(3);
  const early = records.filter((_, i) => taken[i] < maxIter);
  const pass = early[0].cost.flops / early[0].cost.queries;
  for (const { cost } of early) expect(cost.flops).toBeCloseTo(pass * cost.queries, 6);
  const steps = Math.max(...taken);
  const asked = target.asked();
  // Beside the charged passes: the check of the clean images and two checks of the final ones. Warming up is not counted.
  expect(asked.backwardPasses - before.backwardPasses).toBe(Math.min(steps + 1, maxIter));
  expect(asked.forwardPasses - before.forwardPasses).toBe(steps + 1 + 3);
});

test('seconds: samples that fell together paid the same, later ones more', async () => {
  const { records } = await pgd.run(classifier(), samples, options);
  const byStep = new Map<number, Set<number>>();
  for (const { firstStep, cost } of records) {
    const step = firstStep ?? options.maxIter;
    byStep.set(step, (byStep.get(step) ?? new Set()).add(cost.seconds));
  }
  const steps = [...byStep.keys()].sort((a, b) => a - b);
  const seconds = steps.map((step) => {
    expect(byStep.get(step)?.size).toBe(1);
    return [...(byStep.get(step) ?? [])][0];
  });
  expect(seconds).toEqual([...seconds].sort((a, b) => a - b));
});

test('batches: the same result whatever the batch size, the last one filled up', async () => {
  const whole = await pgd.run(classifier(), samples, options);
  const parts = await pgd.run(classifier(), samples, { ...options, batchSize: 5 });
  const comparable = ({ records }: typeof whole) =>
    records.map(({ cost: { seconds: _, runs: __, ...cost }, ...record }) => ({
      ...record,
      cost: { ...cost, flops: 0 },
    }));
  expect(comparable(parts)).toEqual(comparable(whole));
  expect(parts.images).toEqual(whole.images);
});

test('random starts: each is for those who withstood the ones before, and the same seed gives the same bits', async () => {
  const restarted = { ...options, maxIter: 2, numRandomInit: 3 };
  const first = await pgd.run(classifier(), samples, restarted);
  const second = await pgd.run(classifier(), samples, restarted);
  expect(second.images).toEqual(first.images);
  expect((await pgd.run(classifier(), samples, { ...restarted, seed: 4 })).images).not.toEqual(first.images);
  for (const { firstStep, cost, success } of first.records) {
    // Three starts of two steps; the second step of a start, and whatever is not looked at again, asks for no gradient.
    const whole = Math.floor(((firstStep ?? 6) - 1) / 2);
    expect(cost.gradients).toBe(2 * (whole + 1));
    expect(cost.queries).toBe(3 * whole + ((firstStep ?? 6) % 2 === 0 ? 3 : 2));
    expect(success).toBe(firstStep !== null);
  }
  const falls = first.records.map(({ firstStep }) => firstStep);
  expect(falls).toContain(null);
  expect(falls.some((step) => step !== null && step > 2)).toBe(true);
});

test('eps 0 leaves the clean accuracy exactly', async () => {
  const {
    images: final,
    cleanAccuracy,
    robustAccuracy,
  } = await pgd.run(classifier(), samples, {
    ...options,
    eps: 0,
    numRandomInit: 1,
  });
  expect(final).toEqual(images);
  expect(robustAccuracy).toBe(cleanAccuracy);
});

test('progress is told after every step', async () => {
  const told: string[] = [];
  await pgd.run(
    planeClassifier(device(), { bias: 50 }),
    { images, labels: new Int32Array(COUNT).fill(1) },
    {
      ...options,
      maxIter: 3,
      onProgress: ({ done, total, holding, samples: count }) => told.push(`${done}/${total}: ${holding} of ${count}`),
    },
  );
  expect(told).toEqual(['1/3: 13 of 13', '2/3: 13 of 13', '3/3: 13 of 13']);
});

test('gradients of zero raise a warning that names the likely cause', async () => {
  // A margin of thousands saturates the softmax: its f32 gradient is exactly zero.
  const { warnings, robustAccuracy } = await pgd.run(
    planeClassifier(device(), { bias: 1e4 }),
    {
      images,
      labels: new Int32Array(COUNT).fill(1),
    },
    options,
  );
  expect(robustAccuracy).toBe(1);
  expect(warnings).toEqual([
    '13 of 13 images met a gradient of zero (vanishing gradients): probably a saturated softmax masks them, and robustness is overstated',
  ]);
  expect((await pgd.run(classifier(), samples, options)).warnings).toEqual([]);
});

test('gradients that are not finite raise a warning, and the images stay', async () => {
  // Of grey images all logits are 0, and the derivatives by the pixels ±3e38, whose absolute values add up to more than f32 holds.
  const broken = planeClassifier(device(), { slope: [6e38, -6e38, 6e38, -6e38], bias: 0 });
  const images = new Float32Array(4 * COUNT).fill(0.5);
  const { warnings, images: final } = await pgd.run(broken, { images, labels: new Int32Array(COUNT) }, options);
  expect(warnings).toEqual([
    '13 of 13 images met a gradient that is not finite (exploding gradients): the model overflows there, and robustness is overstated',
  ]);
  expect(final).toEqual(images);
});

describe('refuses', () => {
  test.each([
    [{ eps: 2 }, 'pgd: eps is 2; pixels lie in [0, 1], so it must be at least 0 and at most 1'],
    [{ epsStep: -0.1 }, 'pgd: eps_step is -0.1; pixels lie in [0, 1], so it must be at least 0 and at most 1'],
    [{ maxIter: 0 }, 'pgd: max_iter is 0; it must be a whole number from 1'],
    [{ numRandomInit: 0.5 }, 'pgd: num_random_init is 0.5; it must be a whole number from 0'],
  ])('%o', async (wrong, message) => {
    await expect(pgd.run(classifier(), samples, { ...options, ...wrong })).rejects.toThrow(new InputError(message));
  });
});

testAgainstReference(
  (['inf', '2', '1'] as const).map((norm) => {
    const settings = { norm, ...REFERENCE_BALLS[norm], maxIter: 10, numRandomInit: 0 };
    return { name: `pgd.${norm}`, run: (classifier, samples) => pgd.run(classifier, samples, settings) };
  }),
);
