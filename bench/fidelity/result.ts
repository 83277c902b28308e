import { z } from 'zod';
import { type DType, formats } from '../../src/engine/index.ts';
import { PRECISIONS } from '../../src/models/index.ts';
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
         * Of an op made of many operations: units of the sum of the absolute values of its terms (see `operations.ts`).
         */
        maxUlp: z.number().nonnegative().nullable(),
        meanUlp: z.number().nonnegative().nullable(),
      }),
    )
    .readonly(),
  /** Whole networks against float64 (see `networks.ts`); null: not finite. */
  networks: z
    .array(
      z.strictObject({
        network: z.string(),
        /** A precision of models. */
        dtype: z.enum(PRECISIONS),
        logitError: z.number().nonnegative().nullable(),
        gradientError: z.number().nonnegative().nullable(),
        lossError: z.number().nonnegative().nullable(),
        /** Share of the verdicts of an attack that are those of f64 (see `agreement.ts`). */
        verdictAgreement: z.number().min(0).max(1),
      }),
    )
    .readonly(),
});

export type FidelityResult = z.infer<typeof fidelityResult>;
export type MeasuredRow = FidelityResult['rows'][number];
export type MeasuredNetwork = FidelityResult['networks'][number];
