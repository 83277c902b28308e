/** What `outlast train` does, as it is kept in checkpoints. */
import { z } from 'zod';
import {
  applicable,
  networkSchema,
  PRECISIONS,
  parseEntry,
  recipeSchema,
  TRAINING_PARAMETERS,
  type TrainingSpec,
  trainingMistakes,
  trainingSpec,
} from '../../models/index.ts';
import { adversarialSchema } from './adversarial.ts';

const count = z.int().min(1);

/** A network whose graph is an ONNX file's, by the path that the file had. */
const onnxSchema = z.strictObject({ onnx: z.string(), precision: z.enum(PRECISIONS) });

/** The file whose weights a training starts from. */
const fromSchema = z.strictObject({ file: z.string(), sha256: z.string() });

const aroundSchema = z.looseObject({
  data: recipeSchema,
  model: z.union([onnxSchema, networkSchema]),
  from: fromSchema.optional(),
  adversarial: adversarialSchema.nullable().default(null),
  checkpointEvery: count,
  seed: z.int().min(0),
});

/** A training, with the model, the data and the files that it is run with. */
export type TrainConfig = TrainingSpec &
  Pick<z.infer<typeof aroundSchema>, 'data' | 'model' | 'from' | 'adversarial' | 'checkpointEvery' | 'seed'>;

/** Earlier versions wrote every option: what had no value as null, and also what the optimiser or the schedule does not have. */
const trainConfigSchema = aroundSchema.transform((given, context): TrainConfig => {
  const { data, model, from, adversarial, checkpointEvery, seed, ...rest } = given;
  const mistake = (parameter: string, message: string) =>
    context.addIssue({ code: 'custom', path: [parameter], message });
  for (const name of Object.keys(rest)) if (!(name in TRAINING_PARAMETERS)) mistake(name, 'is no option of a training');
  const training = applicable(Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null)));
  const mistakes = trainingMistakes(training);
  for (const { parameter, message } of mistakes) mistake(parameter, message);
  if (mistakes.length > 0) return z.NEVER;
  return { data, model, ...(from && { from }), ...trainingSpec(training), adversarial, checkpointEvery, seed };
});

/** What a checkpoint of this command holds beside the training itself. */
const keptSchema = z.strictObject({
  config: trainConfigSchema,
  /** Other adapters and other choices of kernels round otherwise. */
  computedBy: z.strictObject({ adapter: z.string(), kernels: z.string().nullable() }),
});

export type Kept = z.infer<typeof keptSchema>;

/** The configuration in a checkpoint. @throws InputError when there is none */
export function parseKept(value: unknown, file: string): Kept {
  return parseEntry(keptSchema, value, `${file}: the configuration`);
}
