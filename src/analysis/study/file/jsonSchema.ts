import { z } from 'zod';
import { formOf } from './fields.ts';
import { studySchema } from './schema.ts';

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** The study file as JSON Schema (draft 2020-12), for editors that complete and check while one writes. */
export function studyJsonSchema(): JsonSchema {
  const definitions: Record<string, JsonSchema> = {};
  return {
    ...schemaOf(studySchema, definitions),
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Study of outlast',
    description: 'Grids of data sets, models, defences and attacks; docs/study.md describes every key.',
    $defs: definitions,
  };
}

/** The schema as a file: a line for each key, which version control compares, and no indentation, which is half of such a text. */
export const studyJsonSchemaText = (): string => JSON.stringify(studyJsonSchema(), null, 1).replace(/^ +/gm, '');

/**
 * What is written in a file: before defaults are filled in, and before single values become lists.
 * @param definitions of schemas that have a name: added here, and referred to
 */
function schemaOf(schema: z.ZodType, definitions: Record<string, JsonSchema>): JsonSchema {
  const {
    $schema: _,
    $defs = {},
    ...written
  } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      // The largest whole number says nothing to a reader.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      const form = formOf(zodSchema);
      if (form === undefined) return;
      const { description, default: value } = jsonSchema;
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
      const described = {
        ...(description === undefined ? {} : { description }),
        ...(value === undefined ? {} : { default: value }),
      };
      Object.assign(jsonSchema, described, schemaOf(form, definitions));
    },
  });
  Object.assign(definitions, $defs);
  return written;
}
