import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  ATTACK_NAMES,
  ATTACKS,
  type AttackName,
  type AttackSettings,
  type AttackSpec,
  attackNamed,
  passesOf,
} from '../../../../src/analysis/robustness/attacks/catalogue.ts';
import { completeSettings, type SettingsOf } from '../../../../src/analysis/robustness/attacks/defineAttack.ts';
import type { pgd } from '../../../../src/analysis/robustness/attacks/gradient/pgd.ts';
import { InputError } from '../../../../src/base/errors.ts';
import { accepts, listed, type Parameter } from '../../../../src/base/parameter.ts';

const complete = (name: AttackName, settings: AttackSettings) => completeSettings(attackNamed(name), settings);

/** The norms of each attack, from its paper: those with one norm are named after it or defined in it. */
const ONE_NORM: Readonly<Partial<Record<AttackName, string>>> = {
  bim: 'inf',
  deepfool: '2',
  'carlini-l2': '2',
  'carlini-linf': 'inf',
  'carlini-l0': '0',
  ead: '1',
  pixel: '0',
  threshold: 'inf',
  boundary: '2',
  surfree: '2',
  rays: 'inf',
};

test('attacks with one norm measure in that of their paper', () => {
  for (const [name, norm] of Object.entries(ONE_NORM)) expect(complete(name as AttackName, {}).norm, name).toBe(norm);
});

test.each(ATTACK_NAMES)('%s refuses the norms that it does not measure in', (name) => {
  const { norms } = attackNamed(name);
  for (const norm of ['inf', '1', '2', '0'] as const)
    if (norms.includes(norm)) expect(complete(name, { norm }).norm).toBe(norm);
    else
      expect(() => complete(name, { norm })).toThrow(
        new InputError(`${name}: norm is ${norm}; it must be ${listed(norms, 'or')}`),
      );
});

/** Attacks that look for the nearest adversarial image, or count pixels or grey levels, have no ball. */
const WITHOUT_EPS: readonly AttackName[] = [
  'fab',
  'hopskipjump',
  'boundary',
  'geoda',
  'surfree',
  'rays',
  'deepfool',
  'carlini-l2',
  'carlini-linf',
  'carlini-l0',
  'ead',
  'pixel',
  'threshold',
];

// RobustBench's CIFAR-10 leaderboards (Linf 8/255, L2 0.5) and Croce and Hein, arXiv 2103.01208 (L1 12).
test.each([
  ['inf', 8 / 255],
  ['2', 0.5],
  ['1', 12],
] as const)('without eps the ball in norm %s has the radius %d, and minimal-norm attacks have none', (norm, radius) => {
  for (const name of ATTACK_NAMES) {
    const { norms, strength } = attackNamed(name);
    if (norms.includes(norm)) expect(complete(name, { norm }).eps, name).toBe(strength === 'eps' ? radius : undefined);
  }
  for (const name of WITHOUT_EPS) expect(complete(name, {}), name).not.toHaveProperty('eps');
});

test('a step is a quarter of eps, whether eps was given or not', () => {
  expect(complete('pgd', { norm: '2', eps: 1 })).toEqual({
    norm: '2',
    eps: 1,
    epsStep: 0.25,
    maxIter: 10,
    numRandomInit: 1,
  });
  expect(complete('bim', {})).toEqual({ norm: 'inf', eps: 8 / 255, epsStep: 2 / 255, maxIter: 10 });
});

test.each([
  ['fgm', { maxIter: 40, th: 4 }, 'fgm takes no max_iter and no th; it takes norm and eps'],
  ['deepfool', { eps: 0.1 }, 'deepfool takes no eps; it takes norm, max_iter, epsilon and nb_grads'],
  ['square', { epsStep: 0.1 }, 'square takes no eps_step; it takes norm, eps, max_iter and p_init'],
  ['pixel', { eps: 0.1 }, 'pixel takes no eps; it takes norm, th, es and max_iter'],
] as const)('%s refuses %j by name', (name, settings, message) => {
  expect(() => complete(name, settings)).toThrow(new InputError(message));
});

describe.each(ATTACK_NAMES)('%s', (name) => {
  const { settings, parameters } = attackNamed(name);

  test('a setting is taken or refused, none passes unsaid', () => {
    for (const setting of new Set(ATTACKS.flatMap((attack) => Object.keys(attack.settings)))) {
      const act = () => complete(name, { [setting]: setting === 'norm' ? settings.norm.default : 0.5 });
      if (setting in settings) expect(act).not.toThrow(/takes no/);
      else expect(act).toThrow(`${name} takes no ${setting.replace(/[A-Z]/g, (l) => `_${l.toLowerCase()}`)}; it takes`);
    }
  });

  test('every parameter has a default within its range', () => {
    for (const parameter of Object.values(parameters)) {
      const { default: value, optional }: Parameter = parameter;
      // What is optional may stand for nothing when it is left out.
      expect(accepts(parameter, value) || (optional === true && value === undefined)).toBe(true);
    }
  });
});

test('names are told apart', () => {
  expect(new Set(ATTACK_NAMES).size).toBe(ATTACKS.length);
  expect(new Set(ATTACKS.map(({ title }) => title)).size).toBe(ATTACKS.length);
});

// By hand from the papers: a gradient is three forward passes, a forward pass one.
test.each<[AttackSpec, number]>([
  [{ name: 'fgm' }, 3],
  [{ name: 'pgd', maxIter: 10, numRandomInit: 2 }, 60],
  // In each step the logits, and a gradient towards each of two other classes; the original once, and the lengthened way in the end.
  [{ name: 'deepfool', maxIter: 5, nbGrads: 3 }, 2 + 5 * (1 + 3 * 2)],
  [{ name: 'square', maxIter: 100 }, 100],
  [{ name: 'carlini-l2', maxIter: 10, binarySearchSteps: 4 }, 120],
  // 400 individuals of 5 genes; 3 · 8 · 8 = 192 pixels go into 400 twice.
  [{ name: 'pixel', th: 1, maxIter: 2 }, 3 * 400],
  [{ name: 'threshold', maxIter: 2 }, 3 * 384],
])('%j takes at most %i forward passes', (spec, passes) => {
  expect(passesOf(spec, { shape: [3, 8, 8], classes: 10 })).toBe(passes);
});

test('settings that do not go together are refused', () => {
  expect(() => complete('hopskipjump', { initEval: 100, maxEval: 10 })).toThrow(
    new InputError('hopskipjump: max_eval is 10; it must be a whole number from init_eval, 100'),
  );
});

test('types follow from the descriptions', () => {
  expectTypeOf<SettingsOf<typeof pgd>>().toEqualTypeOf<{
    readonly norm: 'inf' | '1' | '2';
    readonly eps: number;
    readonly epsStep: number;
    readonly maxIter: number;
    readonly numRandomInit: number;
  }>();
  expectTypeOf<{ name: 'pgd'; norm: '2'; eps: number; maxIter: number }>().toExtend<AttackSpec>();
  expectTypeOf<{ name: 'fgm'; maxIter: number }>().not.toExtend<AttackSpec>();
  expectTypeOf<{ name: 'bim'; norm: '2' }>().not.toExtend<AttackSpec>();
  // @ts-expect-error PGD aims at no targets
  expect(() => complete('pgd', { targets: 'all' })).toThrow(InputError);
  expectTypeOf<{ targets: number }>().not.toExtend<Parameters<typeof pgd.run>[2]>();
});
