/** The flags of adversarial training. */
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { type AdversarialTrainingOptions, adversarialTraining } from '../../analysis/robustness/index.ts';
import { InputError } from '../../base/errors.ts';
import { flagCase } from '../../base/parameter.ts';
import type { Adversary } from '../../models/index.ts';
import { withParameterFlags } from '../flags/parameterFlags.ts';

/** Adversarial training as checkpoints keep it. */
export const adversarialSchema = z.strictObject({
  method: z.enum(['madry', 'trades']),
  norm: z.enum(['inf', '2']),
  eps: z.number(),
  epsStep: z.number(),
  maxIter: z.int(),
  beta: z.number().optional(),
  epsWarmup: z.number(),
});

/** Flags of `outlast train`: the parameters of adversarial training. */
export interface AdversarialFlags extends Partial<Omit<AdversarialTrainingOptions, 'method'>> {
  readonly adversarial?: AdversarialTrainingOptions['method'];
}

/** The method is the value of `--adversarial`; all else has a flag of its own. */
const { method: METHOD, ...OTHERS } = adversarialTraining.parameters;

const FLAGS = Object.keys(OTHERS) as (keyof typeof OTHERS)[];

/** Adds `--adversarial`, and a flag for each other parameter of adversarial training. */
export function withAdversarialFlags(command: Command): Command {
  command.addOption(
    new Option('--adversarial <method>', 'train on images that an attack has made of the batch').choices(
      METHOD.choices,
    ),
  );
  return withParameterFlags(command, [{ name: '--adversarial', parameters: OTHERS }]);
}

/**
 * What flags say of adversarial training; null without `--adversarial`.
 * @throws InputError when they do not belong together, or are out of range
 */
export function adversarialFrom(flags: AdversarialFlags): AdversarialTrainingOptions | null {
  const { adversarial: method, eps } = flags;
  const named = FLAGS.filter((name) => flags[name] !== undefined);
  if (method === undefined) {
    if (named.length === 0) return null;
    throw new InputError(
      `train: ${named.map(flagCase).join(', ')} without --adversarial; give --adversarial madry or trades as well`,
    );
  }
  if (eps === undefined) throw new InputError(`train: --adversarial ${method} needs --eps, such as --eps 0.3`);
  if (flags.beta !== undefined && method !== 'trades')
    throw new InputError(`train: --beta is of --adversarial trades, not of ${method}`);
  const given = Object.fromEntries(FLAGS.map((name) => [name, flags[name]]));
  const { name: _, ...options } = adversarialTraining.specOf({ ...given, method, eps });
  return options;
}

/** The adversary of a configuration. */
export const adversaryFrom = (options: AdversarialTrainingOptions | null): Adversary | undefined =>
  options === null ? undefined : adversarialTraining.make(options).adversary;
