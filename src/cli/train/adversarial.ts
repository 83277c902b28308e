/** The flags of adversarial training. */
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { type AdversarialTrainingOptions, adversarialTraining } from '../../analysis/robustness/index.ts';
import { InputError } from '../../base/errors.ts';
import type { Adversary } from '../../models/index.ts';
import { fraction } from '../flags/fraction.ts';
import { wholeNumber } from '../flags/modelFlags.ts';

/** As it is kept in checkpoints. */
export const adversarialSchema = z.strictObject({
  method: z.enum(['madry', 'trades']),
  norm: z.enum(['inf', '2']),
  eps: z.number(),
  epsStep: z.number(),
  maxIter: z.int(),
  beta: z.number().optional(),
  epsWarmup: z.number(),
});

export interface AdversarialFlags {
  readonly adversarial?: AdversarialTrainingOptions['method'];
  readonly norm?: AdversarialTrainingOptions['norm'];
  readonly eps?: number;
  readonly epsStep?: number;
  readonly maxIter?: number;
  readonly beta?: number;
  readonly epsWarmup?: number;
}

/** Adds them, in the words of `outlast attack`. */
export function withAdversarialFlags(command: Command): Command {
  return command
    .addOption(
      new Option('--adversarial <method>', 'train on images that an attack has made of the batch').choices([
        'madry',
        'trades',
      ]),
    )
    .addOption(new Option('--norm <norm>', 'of that attack; inf without it').choices(['inf', '2']))
    .option('--eps <distance>', 'its largest distance, in units of the pixel range, as 0.3 or 8/255', fraction)
    .option('--eps-step <distance>', 'length of its steps; a quarter of eps without it', fraction)
    .option('--max-iter <count>', 'its steps on each batch; 7 without it', wholeNumber)
    .option('--beta <factor>', 'weight of the divergence of trades; 6 without it', fraction)
    .option('--eps-warmup <share>', 'share of the training in which eps rises from 0; 0 without it', fraction);
}

/** @throws InputError when they do not belong together, or are out of range */
export function adversarialFrom(flags: AdversarialFlags): z.infer<typeof adversarialSchema> | null {
  const { adversarial: method, norm = 'inf', eps, maxIter = 7, beta = 6, epsWarmup = 0 } = flags;
  const given = {
    ...{ '--norm': flags.norm, '--eps': eps, '--eps-step': flags.epsStep, '--max-iter': flags.maxIter },
    ...{ '--beta': flags.beta, '--eps-warmup': flags.epsWarmup },
  };
  const named = Object.entries(given).flatMap(([flag, value]) => (value === undefined ? [] : [flag]));
  if (method === undefined) {
    if (named.length === 0) return null;
    throw new InputError(
      `train: ${named.join(', ')} without --adversarial; give --adversarial madry or trades as well`,
    );
  }
  if (eps === undefined) throw new InputError(`train: --adversarial ${method} needs --eps, such as --eps 0.3`);
  if (flags.beta !== undefined && method !== 'trades')
    throw new InputError(`train: --beta is of --adversarial trades, not of ${method}`);
  const options = {
    ...{ method, norm, eps, epsStep: flags.epsStep ?? eps / 4, maxIter },
    ...(method === 'trades' ? { beta } : {}),
    epsWarmup,
  };
  adversarialTraining(options);
  return options;
}

/** The adversary of a configuration. */
export const adversaryFrom = (options: AdversarialTrainingOptions | null): Adversary | undefined =>
  options === null ? undefined : adversarialTraining(options).adversary;
