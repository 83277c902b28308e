import { z } from 'zod';
import { InputError } from '../../../base/errors.ts';
import { whyRefused } from '../../../base/parameter.ts';
import { checkTraining, networkSchema, PRECISIONS, SOURCE_NAMES } from '../../../models/index.ts';
import { ATTACK_NAMES, attackNamed, completeSettings, DEFENCES, defenceNamed } from '../../robustness/index.ts';
import { trialIdentity } from '../trial/identity.ts';
import { FILE_KINDS, isStoredModel } from '../trial/storedModel.ts';
import type { Artefact, TrialJob, TrialOutcome } from './job.ts';

/*
 * What may stand in Redis, checked by whoever reads it: everybody who can write there can write anything. A job is a trial and nothing
 * else, and names of files come from its identity, which is checked to be that of the trial.
 */

/** The longest job and the longest list of files, in characters of JSON. */
export const MOST_CHARACTERS = 2 ** 16;

const MOST_FILES = 1000;
const MOST_FILE_BYTES = 2 ** 33;

const count = z.int().min(1);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const id = z.string().regex(/^[0-9a-f]{24}$/);
const line = z.string().max(1000);

const data = z.strictObject({
  name: z.enum(SOURCE_NAMES),
  path: z.string().optional(),
  resize: count.optional(),
  crop: count.optional(),
  split: z.literal('shuffled').optional(),
  generated: z.literal(true).optional(),
  train: count.nullable(),
  test: count.nullable(),
  validation: z.int().min(0).optional(),
});

const storedModel = z.looseObject({
  family: z.enum(FILE_KINDS),
  sha256,
  file: z.string().min(1),
  precision: z.enum(PRECISIONS),
});

const named = <N extends string>(names: readonly N[]) => z.looseObject({ name: z.enum(names) });

/** A check that throws an `InputError`, as one of a schema. */
const accepted =
  <T>(check: (value: T) => void) =>
  (value: T, context: z.RefinementCtx): void => {
    try {
      check(value);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
    }
  };

const model = z.looseObject({ family: z.string() }).superRefine((value, context) => {
  const { error } = (isStoredModel(value) ? storedModel : networkSchema).safeParse(value);
  for (const issue of error?.issues ?? []) context.issues.push(issue as z.core.$ZodRawIssue);
});

const training = z.looseObject({}).superRefine(accepted((value) => checkTraining(value)));

const defence = named(DEFENCES.map(({ name }) => name)).superRefine(({ name, ...values }, context) => {
  const { parameters = {} } = defenceNamed(name) ?? {};
  for (const [key, value] of Object.entries(values)) {
    const parameter = Object.hasOwn(parameters, key) ? parameters[key] : undefined;
    const message = parameter === undefined ? `is no parameter of ${name}` : whyRefused(parameter, value);
    if (message !== null) context.addIssue({ code: 'custom', path: [key], message });
  }
});

const attack = named(ATTACK_NAMES).superRefine(
  accepted(({ name, expectationSamples, ...settings }) => {
    if (expectationSamples !== undefined) count.parse(expectationSamples);
    completeSettings(attackNamed(name), settings);
  }),
);

const train = z.strictObject({
  kind: z.literal('train'),
  ...{ data, model, defence },
  training: training.nullable(),
  seed: z.int().min(0),
});

const trial = z.discriminatedUnion('kind', [
  train,
  z.strictObject({
    kind: z.literal('attack'),
    ...{ train, defence, attack },
    samples: count,
    budget: z
      .strictObject({
        maxSeconds: z.number().positive().optional(),
        maxQueries: count.optional(),
        maxGradients: count.optional(),
      })
      .optional(),
    protocol: z.strictObject({ name: z.literal('attackbench'), passes: count }).optional(),
    seed: z.int().min(0),
    control: z.literal(true).optional(),
  }),
]);

const job = z.strictObject({
  ...{ id, trial, label: line },
  trainId: id.nullable(),
  failure: z
    .strictObject({ message: z.string(), stack: z.string().nullable(), input: z.boolean(), worker: line })
    .optional(),
});

const artefact = z.strictObject({
  key: z.string().regex(/^outlast:files:[0-9a-f-]{36}$/),
  files: z
    .array(
      z.strictObject({ name: z.string().regex(/^[\w-][\w.-]*$/), bytes: z.int().min(0).max(MOST_FILE_BYTES), sha256 }),
    )
    .max(MOST_FILES),
});

const outcome = z.strictObject({ artefact, seconds: z.number().min(0), worker: line });

/** A value of Redis in its form. @throws Error one line: what it is not, and where it differs */
function inForm<T>(value: unknown, schema: z.ZodType, what: string): T {
  if ((JSON.stringify(value) ?? '').length > MOST_CHARACTERS)
    throw new Error(`what lies in Redis is no ${what}: it has more than ${MOST_CHARACTERS} characters`);
  const { error } = schema.safeParse(value);
  if (error === undefined) return value as T;
  const [{ path, message }] = error.issues;
  throw new Error(`what lies in Redis is no ${what}: ${path.length === 0 ? '' : `${path.join('.')}: `}${message}`);
}

/** A job as a trial that may be computed. @throws Error it is none, or has another identity than its trial */
export async function trialJobOf(value: unknown): Promise<TrialJob> {
  const found = inForm<TrialJob>(value, job, 'trial');
  const trainId = found.trial.kind === 'attack' ? await trialIdentity(found.trial.train) : null;
  if ((await trialIdentity(found.trial)) !== found.id || trainId !== found.trainId)
    throw new Error(`what lies in Redis is no trial: its identity is not ${found.id}`);
  return found;
}

/** The files of a training or a result. @throws Error */
export const artefactOf = (value: unknown): Artefact => inForm(value, artefact, 'list of files');

/** What a worker says that came of a trial. @throws Error */
export const outcomeOf = (value: unknown): TrialOutcome => inForm(value, outcome, 'result of a trial');

/** The files of a result, where it has some: none of a trial that failed, or of what is no result. */
export const artefactIn = (value: unknown): Artefact | undefined =>
  outcome.safeParse(value).success ? (value as TrialOutcome).artefact : undefined;
