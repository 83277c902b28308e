import { z } from 'zod';
import { groupBy } from '../../../base/groupBy.ts';
import { accepts, listed, type Parameter, rangeText, snakeCase } from '../../../base/parameter.ts';
import {
  DEFAULT_FAMILY,
  DEFAULT_PRECISION,
  FAMILY_NAMES,
  familyOf,
  NETWORKS,
  type NetworkDefinition,
  type NetworkSpec,
  PRECISIONS,
} from '../../../models/index.ts';
import { isStoredModel, type ModelSpec } from '../trial/storedModel.ts';
import { axis, byForm, cross, hasKey, record, show, writtenAs } from './fields.ts';
import { parameterFields, sentence, valueField } from './parameterFields.ts';
import { kindOfFile, STORED_SCHEMAS, type StoredEntry, storedModelsOf } from './storedModelSchema.ts';

const FAMILIES: readonly NetworkDefinition[] = NETWORKS;

const precision = axis(z.enum(PRECISIONS)).describe('Number format of the model.');

/** Lists of values by the keys of a study file, and the name of a family. */
export type ModelAxes = Readonly<Record<string, unknown>> & { readonly family: string };

/** The networks of one family: every key but the family is an axis. */
function schemaOf({ name, parameters }: NetworkDefinition) {
  const family = z.literal(name);
  return record({
    family: name === DEFAULT_FAMILY ? family.default(name).optional() : family,
    ...parameterFields(parameters),
    precision: precision.default([DEFAULT_PRECISION]),
  });
}

const [first, ...others] = FAMILIES.map(schemaOf);

/** An entry of the models of a study: axes of a family, or files of models that are trained already. */
export type ModelEntry = ModelAxes | StoredEntry;

const isStoredEntry = (entry: ModelEntry): entry is StoredEntry => isStoredModel(entry);

const familiesSchema = z
  .discriminatedUnion('family', [first, ...others])
  .meta({ id: 'networks' }) as z.ZodType<unknown> as z.ZodType<ModelAxes>;

/** The models of a study file: an entry, or a list of such. */
export const modelsSchema: z.ZodType<readonly ModelEntry[]> = axis(
  byForm<ModelEntry>([familiesSchema, ...Object.values(STORED_SCHEMAS)], (value) => {
    const kind = kindOfFile(value);
    return kind === undefined ? familiesSchema : STORED_SCHEMAS[kind];
  }),
);

/** A family's parameter, by the family's name. */
interface Use {
  readonly owner: string;
  readonly parameter: Parameter;
}

/** A value that some family's parameter accepts; which family's it is, is known where the models are. */
function anyOf(uses: readonly Use[]): z.ZodType {
  const forms = groupBy(uses, ({ parameter }) => rangeText(parameter)).map(([{ parameter }]) => valueField(parameter));
  const field = z.unknown().refine((value) => uses.some(({ parameter }) => accepts(parameter, value)), {
    error: ({ input }) =>
      `${show(input)} is not known here; it must be ${groupBy(uses, ({ parameter }) => rangeText(parameter))
        .map(
          (alike) =>
            `${rangeText(alike[0].parameter)} (${listed(
              alike.map(({ owner }) => owner),
              'and',
            )})`,
        )
        .join(', or ')}`,
  });
  return writtenAs(forms.length === 1 ? forms[0] : z.union(forms), field);
}

/** Some axes of any family. */
const partFields: Readonly<Record<string, z.ZodType>> = {
  ...Object.fromEntries(
    [...new Set(FAMILIES.flatMap(({ parameters }) => Object.keys(parameters)))].map((name) => {
      const uses = FAMILIES.flatMap(({ name: owner, parameters }) =>
        name in parameters ? [{ owner, parameter: parameters[name] }] : [],
      );
      const about = [...new Set(uses.map(({ parameter }) => sentence(parameter.about)))].join(' ');
      return [snakeCase(name), axis(anyOf(uses)).optional().describe(about)];
    }),
  ),
  precision: precision.optional(),
};

/** Which models an entry of `excludes` means. */
export const modelsPatternSchema = record({ family: axis(z.enum(FAMILY_NAMES)).optional(), ...partFields }).meta({
  id: 'modelsPattern',
});

const changesSchema = record(partFields).meta({ id: 'modelsPart' });

/** What an entry of `includes` says of its models: all of them, or what is otherwise with the study's. */
export type ModelChanges =
  | { readonly models: readonly ModelEntry[] }
  | { readonly changes: Readonly<Record<string, unknown>> };

const isWhole = (value: unknown) => Array.isArray(value) || hasKey(value, 'family') || kindOfFile(value) !== undefined;

const wholeSchema = modelsSchema.transform((models): ModelChanges => ({ models }));
const partSchema = changesSchema.transform((changes): ModelChanges => ({ changes: withoutGaps(changes) }));

/** The models of an entry of `includes`: with a family, as a file or as a list they stand by themselves. */
export const modelChangesSchema: z.ZodType<ModelChanges> = byForm([modelsSchema, changesSchema], (value) =>
  isWhole(value) ? wholeSchema : partSchema,
);

/** Without keys that were not given. */
const withoutGaps = (given: object): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));

/** The models of a grid with what an entry of `includes` changes. Changes are of the one family that the study has. */
export function changedModels(study: readonly ModelEntry[], changed: ModelChanges | undefined): readonly ModelEntry[] {
  if (changed === undefined) return study;
  return 'models' in changed ? changed.models : study.map((axes) => ({ ...axes, ...changed.changes }) as ModelEntry);
}

/** What is wrong with changes of a study's models: where, from the entry's `models`, and what. */
export function modelChangesIssues(study: readonly ModelEntry[], changed: ModelChanges): readonly z.core.$ZodIssue[] {
  if ('models' in changed) return [];
  if (study.length > 1 || isStoredEntry(study[0]))
    return [
      {
        code: 'custom',
        path: [],
        input: changed,
        message: "the study's models are not axes of one family; name the family of these, or list them",
      },
    ];
  const { error } = modelsSchema.safeParse({ ...study[0], ...changed.changes }, { reportInput: true });
  // The first step of a path is the place in the list that a single entry is read as.
  return (error?.issues ?? []).map((issue) => ({ ...issue, path: issue.path.slice(1) }));
}

/** The models that axes cross: the family's first parameter varies fastest, then the precision. */
export const modelsOf = (entries: readonly ModelEntry[]): ModelSpec[] =>
  entries.flatMap((entry): ModelSpec[] => (isStoredEntry(entry) ? storedModelsOf(entry) : crossed(entry)));

function crossed(axes: ModelAxes): NetworkSpec[] {
  const names = Object.keys(familyOf(axes.family).parameters);
  const [fastest, ...rest] = names;
  const order = [...rest.reverse(), 'precision', ...(fastest === undefined ? [] : [fastest])];
  const lists = order.map((name) => axes[snakeCase(name)] as readonly unknown[]);
  return cross(...lists).map((values) => {
    const chosen = Object.fromEntries(order.map((name, i) => [name, values[i]]));
    const settings = Object.fromEntries(names.map((name) => [name, chosen[name]]));
    return { family: axes.family, ...settings, precision: chosen.precision } as unknown as NetworkSpec;
  });
}
