import { z } from 'zod';
import { DEFAULT_PRECISION, type Normalisation, PRECISIONS, type Precision } from '../../../models/index.ts';
import type { StatedCost, StoredModelSpec } from '../trial/storedModel.ts';
import { axis, camelCased, hasKey, positive, positiveInteger, record } from './fields.ts';

/** Models of a study that are trained already: one file, in every precision that is named. */
export interface StoredEntry extends Omit<StoredModelSpec, 'precision'> {
  readonly precision: readonly Precision[];
}

const normalisation = record({
  mean: z.array(z.number()).min(1).describe('Of each channel.'),
  std: z.array(positive).min(1).describe('Of each channel.'),
}).transform(({ mean, std }): Normalisation => ({ mean, standardDeviation: std }));

const cost = record({
  seconds: positive.describe('Seconds of the whole training.'),
  samples: positiveInteger.describe('Images that it was trained on, each counted once.'),
  price_per_hour: positive.optional().describe("Of the machine, in the currency of the study's prices."),
  hardware: z.string().min(1).optional().describe('What it was trained on, for the report.'),
}).transform((given): StatedCost => camelCased(given));

const digest = z.string().regex(/^[0-9a-f]{64}$/, {
  error: 'is no SHA-256; it must be 64 hexadecimal digits, as sha256sum prints them',
});

/** A file of a study's models. */
export const storedModelSchema: z.ZodType<StoredEntry> = record({
  checkpoint: z.string().min(1).describe('safetensors file of a trained model, or of its state dict in PyTorch.'),
  sha256: digest.optional().describe('What the file must be; without it, what it is when the study is read.'),
  normalisation: normalisation
    .optional()
    .describe('What the images were normalised by in training, where the file does not say.'),
  precision: axis(z.enum(PRECISIONS)).default([DEFAULT_PRECISION]).describe('Number format of the model.'),
  training: cost.optional().describe('What the training cost, which was not seen: TRASH follows from it.'),
})
  .meta({ id: 'checkpoint' })
  .transform(({ checkpoint, sha256, precision, normalisation: given, training }, context): StoredEntry => {
    if (sha256 === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['sha256'],
        message: 'is missing; it is found where a study is read from a file',
      });
      return z.NEVER;
    }
    return {
      ...{ family: 'checkpoint', sha256, precision, file: checkpoint },
      ...(given && { normalisation: given }),
      ...(training && { cost: training }),
    };
  });

/** The models of an entry, one for each precision. */
export const storedModelsOf = ({ precision, ...entry }: StoredEntry): StoredModelSpec[] =>
  precision.map((each) => ({ ...entry, precision: each }));

/** The entries that name a file, anywhere among the models of a study file's value. */
function entriesIn(study: unknown): Record<string, unknown>[] {
  const models = (part: unknown) => (hasKey(part, 'models') ? [(part as { models: unknown }).models].flat() : []);
  const includes = hasKey(study, 'includes') ? [(study as { includes: unknown }).includes].flat() : [];
  return [study, ...includes]
    .flatMap(models)
    .filter((entry): entry is Record<string, unknown> => hasKey(entry, 'checkpoint'));
}

/** Files that a study names without saying what is in them. */
export function undigestedFiles(study: unknown): string[] {
  const files = entriesIn(study).flatMap(({ checkpoint, sha256 }) => (sha256 === undefined ? [checkpoint] : []));
  return [...new Set(files.filter((file) => typeof file === 'string'))];
}

/** The value of a study file with the digests of such files. @param digests by file */
export function withDigests(study: unknown, digests: ReadonlyMap<string, string>): unknown {
  const whole: unknown = structuredClone(study);
  for (const entry of entriesIn(whole)) entry.sha256 ??= digests.get(String(entry.checkpoint));
  return whole;
}
