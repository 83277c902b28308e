import { z } from 'zod';
import {
  COLOUR_ORDERS,
  DEFAULT_PRECISION,
  LAYOUTS,
  type Normalisation,
  PIXEL_RANGES,
  PRECISIONS,
  type Precision,
} from '../../../models/index.ts';
import {
  FILE_KINDS,
  type FileKind,
  type StatedCost,
  type StoredCheckpoint,
  type StoredModelSpec,
  type StoredOnnx,
} from '../trial/storedModel.ts';
import { axis, camelCased, hasKey, positive, positiveInteger, record } from './fields.ts';

type InPrecisions<S> = Omit<S, 'precision'> & { readonly precision: readonly Precision[] };

/** Models of a study that are trained already: one file, in every precision that is named. */
export type StoredEntry = InPrecisions<StoredCheckpoint> | InPrecisions<StoredOnnx>;

const normalisation = record({
  mean: z.array(z.number()).min(1).describe('Of each channel.'),
  std: z.array(positive).min(1).describe('Of each channel.'),
})
  .refine(({ mean, std }) => mean.length === std.length, { error: 'mean and std must have a number for each channel' })
  .transform(({ mean, std }): Normalisation => ({ mean, standardDeviation: std }));

const cost = record({
  seconds: positive.describe('Seconds of the whole training.'),
  samples: positiveInteger.describe('Images that it was trained on, each counted once.'),
  price_per_hour: positive.optional().describe("Of the machine, in the currency of the study's prices."),
  hardware: z.string().min(1).optional().describe('What it was trained on, for the report.'),
}).transform((given): StatedCost => camelCased(given));

const digest = z.string().regex(/^[0-9a-f]{64}$/, {
  error: 'is no SHA-256; it must be 64 hexadecimal digits, as sha256sum prints them',
});

const file = z.string().min(1);

/** What an entry says of its file, whichever kind it is. */
const fileFields = {
  sha256: digest.optional().describe('What the file must be; without it, what it is when the study is read.'),
  normalisation: normalisation
    .optional()
    .describe('What the images were normalised by in training, where the file does not say.'),
  precision: axis(z.enum(PRECISIONS)).default([DEFAULT_PRECISION]).describe('Number format of the model.'),
  training: cost.optional().describe('What the training cost, which was not seen: TRASH follows from it.'),
};

/** What every entry has, once it is read. */
interface FileEntry {
  readonly sha256?: string;
  readonly normalisation?: Normalisation;
  readonly precision: readonly Precision[];
  readonly training?: StatedCost;
}

/** An entry without what it does not say. Its digest is known where a study is read from a file. */
function storedEntry<K extends FileKind>(
  family: K,
  path: string,
  { sha256, normalisation: given, precision, training }: FileEntry,
  context: z.RefinementCtx,
) {
  if (sha256 === undefined) {
    const message = 'is missing; it is found where a study is read from a file';
    context.addIssue({ code: 'custom', path: ['sha256'], message });
    return z.NEVER;
  }
  return {
    ...{ family, sha256, precision, file: path },
    ...(given && { normalisation: given }),
    ...(training && { cost: training }),
  };
}

const checkpointSchema = record({
  checkpoint: file.describe('safetensors file of a trained model, or of its state dict in PyTorch.'),
  ...fileFields,
})
  .meta({ id: 'checkpoint' })
  .transform(({ checkpoint, ...entry }, context): StoredEntry => storedEntry('checkpoint', checkpoint, entry, context));

const onnxSchema = record({
  onnx: file.describe('ONNX file of a trained classifier of images.'),
  ...fileFields,
  range: z.enum(PIXEL_RANGES).optional().describe('Pixels that the network takes; 0..1 unless given.'),
  order: z.enum(COLOUR_ORDERS).optional().describe('Colours that the network takes; rgb unless given.'),
  layout: z
    .enum(LAYOUTS)
    .optional()
    .describe('Axes of the images that the network takes, which its file mostly tells.'),
})
  .meta({ id: 'onnx' })
  .transform(
    ({ onnx, range, order, layout, ...entry }, context): StoredEntry => ({
      ...storedEntry('onnx', onnx, entry, context),
      ...(range && { range }),
      ...(order && { order }),
      ...(layout && { layout }),
    }),
  );

/** A file of a study's models, by the key that names it. */
export const STORED_SCHEMAS: Readonly<Record<FileKind, z.ZodType<StoredEntry>>> = {
  checkpoint: checkpointSchema,
  onnx: onnxSchema,
};

/** The kind of file that a value of a study file names as a model; undefined: it names none. */
export const kindOfFile = (value: unknown): FileKind | undefined => FILE_KINDS.find((kind) => hasKey(value, kind));

/** The models of an entry, one for each precision. */
export const storedModelsOf = ({ precision, ...entry }: StoredEntry): StoredModelSpec[] =>
  precision.map((each) => ({ ...entry, precision: each }));

/** A file that a study names. */
export interface NamedFile {
  readonly kind: FileKind;
  readonly file: string;
}

/** The entries that name a file, anywhere among the models of a study file's value. */
function entriesIn(study: unknown): (NamedFile & { readonly entry: Record<string, unknown> })[] {
  const models = (part: unknown) => (hasKey(part, 'models') ? [(part as { models: unknown }).models].flat() : []);
  const includes = hasKey(study, 'includes') ? [(study as { includes: unknown }).includes].flat() : [];
  return [study, ...includes].flatMap(models).flatMap((value) => {
    const kind = kindOfFile(value);
    if (kind === undefined) return [];
    const entry = value as Record<string, unknown>;
    return typeof entry[kind] === 'string' ? [{ kind, file: entry[kind], entry }] : [];
  });
}

/** The value of a study file with the digests of files that it names without saying what is in them. */
export function withDigests(study: unknown, digestOf: (named: NamedFile) => string | undefined): unknown {
  const whole: unknown = structuredClone(study);
  for (const { kind, file: path, entry } of entriesIn(whole)) entry.sha256 ??= digestOf({ kind, file: path });
  return whole;
}
