import { z } from 'zod';
import { type DType, formats } from '../../src/engine/dtype.ts';
import { adapter } from '../result.ts';

const dtype = z.enum(Object.keys(formats) as [DType, ...DType[]]);

/** What `outlast fidelity` gives. */
export const fidelityResult = z.strictObject({
  adapter,
  rows: z
    .array(
      z.strictObject({
        op: z.string(),
        /** Format of the operands. */
        dtype,
        cases: z.number().int().nonnegative(),
        /** Results other than the correctly rounded one. */
        wrong: z.number().int().nonnegative(),
        /**
         * How far the wrong ones are from the exact result, in units in the last place; correctly rounded ones count as 0. null: without
         * bound, as something was not finite that should be, or the other way round.
         */
        maxUlp: z.number().nonnegative().nullable(),
        meanUlp: z.number().nonnegative().nullable(),
      }),
    )
    .readonly(),
  /** Whole networks against float64: none are measured yet. */
  networks: z
    .array(
      z.strictObject({
        network: z.string(),
        dtype,
        logitError: z.number(),
        gradientError: z.number(),
        lossError: z.number(),
      }),
    )
    .readonly(),
});

export type FidelityResult = z.infer<typeof fidelityResult>;
export type MeasuredRow = FidelityResult['rows'][number];
