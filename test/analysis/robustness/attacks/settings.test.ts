import { expect, test } from 'vitest';
import { ATTACK_NAMES, type AttackName } from '../../../../src/analysis/robustness/attacks/parameters.ts';
import {
  type AttackSettings,
  completeSettings,
  settingsTaken,
} from '../../../../src/analysis/robustness/attacks/settings.ts';
import { InputError } from '../../../../src/base/errors.ts';

/** The norms of each attack, from its paper: those with one norm are named after it or defined in it. */
const ONE_NORM: Readonly<Partial<Record<AttackName, string>>> = {
  bim: 'inf',
  deepfool: '2',
  'carlini-l2': '2',
  'carlini-linf': 'inf',
  'carlini-l0': '0',
  pixel: '0',
  threshold: 'inf',
};

test.each(ATTACK_NAMES)('%s refuses the norms that it does not measure in', (name) => {
  const own = ONE_NORM[name];
  for (const norm of ['inf', '1', '2', '0'] as const) {
    if (own !== undefined && norm !== own)
      expect(() => completeSettings(name, { norm }), norm).toThrow(
        new InputError(`${name}: the norm is ${norm}; it must be ${own}`),
      );
    if (own === norm) expect(completeSettings(name, { norm }).norm).toBe(norm);
  }
  expect(completeSettings(name, {}).norm).toBe(own ?? 'inf');
});

/** Attacks that look for the nearest adversarial image, or count pixels or grey levels, have no ball. */
const WITHOUT_EPS: readonly AttackName[] = [
  'fab',
  'hopskipjump',
  'deepfool',
  'carlini-l2',
  'carlini-linf',
  'carlini-l0',
  'pixel',
  'threshold',
];

// RobustBench's CIFAR-10 leaderboards (Linf 8/255, L2 0.5) and Croce and Hein, arXiv 2103.01208 (L1 12).
test.each([
  ['inf', 8 / 255],
  ['2', 0.5],
  ['1', 12],
] as const)('without eps the ball in norm %s has the radius %d, and minimal-norm attacks have none', (norm, radius) => {
  for (const name of ATTACK_NAMES.filter((each) => ONE_NORM[each] === undefined)) {
    let complete: AttackSettings;
    try {
      complete = completeSettings(name, { norm });
    } catch {
      continue;
    }
    expect(complete.eps, name).toBe(WITHOUT_EPS.includes(name) ? undefined : radius);
  }
  for (const name of WITHOUT_EPS) expect(completeSettings(name, {}), name).not.toHaveProperty('eps');
});

test('a step is a quarter of eps, whether eps was given or not', () => {
  expect(completeSettings('pgd', { norm: '2', eps: 1 })).toEqual({
    norm: '2',
    eps: 1,
    epsStep: 0.25,
    maxIter: 10,
    numRandomInit: 1,
  });
  expect(completeSettings('bim', {})).toEqual({ norm: 'inf', eps: 8 / 255, epsStep: 2 / 255, maxIter: 10 });
});

test.each([
  ['fgm', { maxIter: 40, th: 4 }, 'fgm takes no max_iter and no th; it takes norm and eps'],
  ['deepfool', { eps: 0.1 }, 'deepfool takes no eps; it takes norm, max_iter, epsilon and nb_grads'],
  ['square', { epsStep: 0.1 }, 'square takes no eps_step; it takes norm, eps, max_iter and p_init'],
  ['pixel', { eps: 0.1 }, 'pixel takes no eps; it takes norm, th, es and max_iter'],
] as const)('%s refuses %j by name', (name, settings, message) => {
  expect(() => completeSettings(name, settings)).toThrow(new InputError(message));
});

test.each(ATTACK_NAMES)('%s: a setting is taken or refused, none passes unsaid', (name) => {
  const some: AttackSettings = {
    ...{
      eps: 0.1,
      epsStep: 0.1,
      th: 3,
      maxIter: 3,
      numRandomInit: 3,
      decay: 0.5,
      targets: 3,
      numRestarts: 3,
      pInit: 0.3,
    },
    ...{
      squareIter: 3,
      epsilon: 0.3,
      nbGrads: 3,
      initEval: 3,
      maxEval: 3,
      initSize: 3,
      confidence: 3,
      learningRate: 3,
    },
    ...{ initialConst: 3, binarySearchSteps: 3, largestConst: 3, decreaseFactor: 0.3, constFactor: 3, rounds: 3 },
    es: 'cma-es',
  };
  const taken = settingsTaken(name);
  for (const [setting, value] of Object.entries(some)) {
    const complete = () => completeSettings(name, { [setting]: value });
    if ((taken as readonly string[]).includes(setting)) expect(complete()).toHaveProperty(setting, value);
    else expect(complete).toThrow(InputError);
  }
});
