import { z } from 'zod';
import { InputError } from '../../../base/errors.ts';
import { accepts, rangeText } from '../../../base/parameter.ts';
import {
  ATTACKS,
  type Attack,
  type AttackNorm,
  type AttackSpec,
  attackNamed,
  completeSettings,
  distanceRange,
} from '../../robustness/index.ts';
import { axis, camelCased, fraction, positiveInteger, record, writtenAs } from './fields.ts';
import { parameterFields, sentence } from './parameterFields.ts';

/** What the schema of any attack reads. */
interface Given {
  readonly name: AttackSpec['name'];
  readonly norm?: AttackNorm;
  readonly eps?: readonly number[];
  readonly th?: readonly number[];
  readonly eps_step?: number;
  readonly expectation_samples?: number;
}

/** An attack of a study file: its strengths are an axis, all else is one value. */
function schemaOf({ name, norms, strength, stepped, settings, parameters, studyDefaults }: Attack) {
  const about = (setting: string) => sentence(settings[setting].about);
  return record({
    name: z.literal(name),
    ...(norms.length > 1 && { norm: normField(norms).describe(about('norm')) }),
    ...(strength === 'eps' && { eps: axis(fraction).describe(about('eps')) }),
    ...(strength === 'optional eps' && { eps: axis(fraction).optional().describe(about('eps')) }),
    ...((strength === 'pixels' || strength === 'grey levels') && {
      th: axis(positiveInteger).describe(about('th')),
    }),
    ...(stepped && { eps_step: fraction.optional().describe(about('epsStep')) }),
    expectation_samples: positiveInteger.optional(),
    ...parameterFields(parameters, studyDefaults),
  });
}

/** The first unless another is named; `1` and `2` may be numbers. */
const normField = (norms: readonly string[]) =>
  writtenAs(
    z.union([z.enum(norms), z.literal([1, 2])]),
    z.preprocess((value) => (value === 1 || value === 2 ? String(value) : value), z.enum(norms)),
  ).default(norms[0]);

/** What is wrong with a distance, if anything is: a study has no attack that may change nothing. */
function distanceMistake(value: number, norm: AttackNorm, name: string): string | undefined {
  const range = distanceRange(norm, { allowsZero: false });
  if (accepts(range, value)) return undefined;
  return `${name} ${value} is out of range; pixels lie in [0, 1], so it must be ${rangeText(range)} (8/255 for 8 of 255 grey levels)`;
}

const [first, ...others] = ATTACKS.map((attack: Attack) => schemaOf(attack));

/** An attack of a study file as the attacks that it stands for, one for each strength. */
export const attackSchema = z
  .discriminatedUnion('name', [first, ...others])
  .superRefine((read, context) => {
    const { name: attack, eps = [], eps_step: step, ...given } = read as unknown as Given;
    const { norm = attackNamed(attack).norms[0] } = given;
    const check = (value: number, path: (string | number)[], name: string) => {
      const message = distanceMistake(value, norm, name);
      if (message) context.addIssue({ code: 'custom', path, message });
    };
    eps.forEach((value, index) => {
      check(value, ['eps', index], 'eps');
    });
    if (step !== undefined) check(step, ['eps_step'], 'eps_step');
  })
  .transform((read, context): AttackSpec[] => {
    try {
      return specsOf(read as unknown as Given);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  })
  .meta({ id: 'attack' });

/** The attacks that an entry of the file stands for. What an attack does not choose, as a norm of its own, is no part of it. */
function specsOf({ name, norm, eps, th, ...rest }: Given): AttackSpec[] {
  const attack = attackNamed(name);
  const { expectationSamples, ...parameters } = camelCased(rest);
  const shared = {
    name,
    ...(norm === undefined ? {} : { norm }),
    ...(expectationSamples === undefined ? {} : { expectationSamples }),
  };
  const strengths = eps?.map((value) => ({ eps: value })) ?? th?.map((value) => ({ th: value })) ?? [{}];
  return strengths.map((strength) => {
    const { norm: _, ...settings } = completeSettings(attack, { norm, ...strength, ...parameters });
    return { ...shared, ...settings } as AttackSpec;
  });
}
