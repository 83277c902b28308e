import { z } from 'zod';
import {
  ATTACK_NAMES,
  type AttackName,
  type AttackParameters,
  type AttackSpec,
  attackKind,
  snakeCase,
} from '../../robustness/index.ts';
import { axis, camelCased, fraction, positive, positiveInteger, record, writtenAs } from './fields.ts';

const fromZero = z.int().min(0);
const share = positive.max(1);

/** What values a parameter can have. */
const PARAMETERS: { readonly [P in keyof AttackParameters]: z.ZodType } = {
  maxIter: positiveInteger,
  numRandomInit: fromZero,
  decay: z.number().min(0),
  targets: fromZero,
  numRestarts: positiveInteger,
  pInit: share,
  squareIter: positiveInteger,
  epsilon: z.number().min(0),
  nbGrads: z.int().min(2),
  initEval: positiveInteger,
  maxEval: positiveInteger,
  initSize: positiveInteger,
  confidence: z.number().min(0),
  learningRate: positive,
  initialConst: positive,
  binarySearchSteps: positiveInteger,
  largestConst: positive,
  decreaseFactor: positive.lt(1),
  constFactor: z.number().gt(1),
  rounds: positiveInteger,
  es: z.enum(['de', 'cma-es']),
};

/** Those of which 0 means nothing. */
const AT_LEAST_ONE: Readonly<Partial<Record<AttackName, readonly (keyof AttackParameters)[]>>> = {
  'apgd-ce': ['numRandomInit'],
  'apgd-dlr': ['numRandomInit'],
  'apgd-t': ['numRandomInit', 'targets'],
};

/** A study's PGD starts at the image: it has no random number, and its trials keep the identity that they always had. */
const STUDY_DEFAULTS: Readonly<Partial<Record<AttackName, Partial<AttackParameters>>>> = { pgd: { numRandomInit: 0 } };

/** What the schema of any attack reads. */
interface Given {
  readonly name: AttackName;
  readonly norm?: 'inf' | '1' | '2';
  readonly eps?: readonly number[];
  readonly th?: readonly number[];
  readonly eps_step?: number;
}

/** An attack of a study file: its strengths are an axis, all else is one value. */
function schemaOf(name: AttackName) {
  const { strength, norms, stepped, defaults } = attackKind(name);
  const fields = Object.entries({ ...defaults, ...STUDY_DEFAULTS[name] }).map(([key, value]) => {
    const parameter = key as keyof AttackParameters;
    const field = AT_LEAST_ONE[name]?.includes(parameter) ? positiveInteger : PARAMETERS[parameter];
    return [snakeCase(key), field.default(value)];
  });
  return record({
    name: z.literal(name),
    ...(norms.length > 1 ? { norm: normField(norms) } : {}),
    ...(strength === 'eps' ? { eps: axis(fraction) } : {}),
    ...(strength === 'optional eps' ? { eps: axis(fraction).optional() } : {}),
    ...(strength === 'th' ? { th: axis(positiveInteger) } : {}),
    ...(stepped ? { eps_step: fraction.optional() } : {}),
    expectation_samples: positiveInteger.optional(),
    ...Object.fromEntries(fields),
  });
}

/** `1` and `2` may be numbers. */
export const normField = (norms: readonly string[]) =>
  writtenAs(
    z.union([z.enum(norms), z.literal([1, 2])]),
    z.preprocess((value) => (value === 1 || value === 2 ? String(value) : value), z.enum(norms)),
  ).default('inf');

/** What is wrong with a distance in units of the pixel range [0, 1], if anything is. */
export function distanceMistake(value: number, norm: string, name: string): string | undefined {
  if (value > 0 && (value <= 1 || norm !== 'inf')) return undefined;
  const range = norm === 'inf' ? 'above 0 and at most 1' : 'above 0';
  return `${name} ${value} is out of range; pixels lie in [0, 1], so it must be ${range} (8/255 for 8 of 255 grey levels)`;
}

const [first, ...others] = ATTACK_NAMES.map(schemaOf);

/** An attack of a study file as the attacks that it stands for, one for each strength. */
export const attackSchema = z
  .discriminatedUnion('name', [first, ...others])
  .superRefine((read, context) => {
    const { norm = 'inf', eps = [], eps_step: step } = read as unknown as Given;
    const check = (value: number, path: (string | number)[], name: string) => {
      const message = distanceMistake(value, norm, name);
      if (message) context.addIssue({ code: 'custom', path, message });
    };
    eps.forEach((value, index) => {
      check(value, ['eps', index], 'eps');
    });
    if (step !== undefined) check(step, ['eps_step'], 'eps_step');
  })
  .transform((read): AttackSpec[] => {
    const { name, norm, eps, th, eps_step: step, ...rest } = read as unknown as Given;
    const shared = { name, ...(norm === undefined ? {} : { norm }) };
    const parameters = camelCased(rest) as Partial<AttackParameters>;
    const stepOf = (value: number) => (attackKind(name).stepped ? { epsStep: step ?? value / 4 } : {});
    if (th !== undefined) return th.map((value) => ({ ...shared, th: value, ...parameters }));
    if (eps === undefined) return [{ ...shared, ...parameters }];
    return eps.map((value) => ({ ...shared, eps: value, ...stepOf(value), ...parameters }));
  })
  .meta({ id: 'attack' });
