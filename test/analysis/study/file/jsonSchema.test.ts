import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { ATTACK_NAMES } from '../../../../src/analysis/robustness/attacks/catalogue.ts';
import { studyJsonSchema, studyJsonSchemaText } from '../../../../src/analysis/study/file/jsonSchema.ts';
import { fakeStudyText } from '../../../support/fakeTrials.ts';

interface Schema {
  readonly [key: string]: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
}

const schema = JSON.parse(JSON.stringify(studyJsonSchema()));

/**
 * The part of JSON Schema (draft 2020-12) that the schema uses, checked independently of what made it.
 * @returns the first place that is wrong, or null
 */
function mistakeIn(value: unknown, part: Schema, place = ''): string | null {
  for (const key of Object.keys(part)) if (!KEYWORDS.has(key)) throw new Error(`the keyword ${key} is not checked`);
  if (part.$ref !== undefined) return mistakeIn(value, schema.$defs[String(part.$ref).slice('#/$defs/'.length)], place);
  const alternatives = (part.anyOf ?? part.oneOf) as Schema[] | undefined;
  if (alternatives !== undefined) {
    const fitting = alternatives.filter((one) => mistakeIn(value, one, place) === null).length;
    return fitting === 0 || (part.oneOf !== undefined && fitting > 1) ? place : null;
  }
  const text = typeof value === 'string' ? value : '';
  const number = typeof value === 'number' ? value : 0;
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  const types: Readonly<Record<string, boolean>> = {
    string: typeof value === 'string',
    number: typeof value === 'number',
    integer: Number.isInteger(value),
    boolean: typeof value === 'boolean',
    null: value === null,
    array: Array.isArray(value),
    object: isMap,
  };
  const wrong =
    (part.type !== undefined && !types[String(part.type)]) ||
    (part.enum !== undefined && !(part.enum as unknown[]).includes(value)) ||
    (part.const !== undefined && part.const !== value) ||
    (part.pattern !== undefined && !new RegExp(String(part.pattern)).test(text)) ||
    (part.minLength !== undefined && text.length < Number(part.minLength)) ||
    (part.minimum !== undefined && number < Number(part.minimum)) ||
    (part.maximum !== undefined && number > Number(part.maximum)) ||
    (part.exclusiveMinimum !== undefined && number <= Number(part.exclusiveMinimum)) ||
    (part.exclusiveMaximum !== undefined && number >= Number(part.exclusiveMaximum)) ||
    (part.minItems !== undefined && (value as unknown[]).length < Number(part.minItems));
  if (wrong) return place;
  if (Array.isArray(value))
    return firstOf(value.map((item, i) => mistakeIn(item, part.items as Schema, `${place}[${i}]`)));
  if (!isMap) return null;
  const map = value as Readonly<Record<string, unknown>>;
  const missing = ((part.required ?? []) as string[]).find((key) => !(key in map));
  if (missing !== undefined) return `${place}.${missing}`;
  return firstOf(
    Object.entries(map).map(([key, item]) => {
      const own = part.properties?.[key];
      return own === undefined ? `${place}.${key}` : mistakeIn(item, own, `${place}.${key}`);
    }),
  );
}

const KEYWORDS = new Set(
  `$schema $defs $ref title description default type enum const pattern minLength minimum maximum exclusiveMinimum exclusiveMaximum
   minItems items properties required additionalProperties anyOf oneOf`.split(/\s+/),
);

const firstOf = (mistakes: readonly (string | null)[]) => mistakes.find((mistake) => mistake !== null) ?? null;

test('the schema that is checked in is that of the code', () => {
  expect(
    readFileSync('studies/schema.json', 'utf8') === `${studyJsonSchemaText()}\n`,
    'write it anew: npm run build && node dist/outlast.mjs study schema > studies/schema.json',
  ).toBe(true);
});

test('every study here names the schema for editors, and is what it describes', () => {
  const files = readdirSync('studies').filter((file) => file.endsWith('.yaml'));
  expect(files).toContain('quickstart.yaml');
  for (const file of files) {
    const text = readFileSync(`studies/${file}`, 'utf8');
    expect(text.split('\n')[0], file).toBe('# yaml-language-server: $schema=schema.json');
    expect(mistakeIn(parse(text), schema), file).toBeNull();
  }
});

test.each([
  ['', null],
  ['excludes: [{ models: { depth: 34 }, attacks: { eps: [1/255] } }]', null],
  ['includes: [{ seeds: [1, 2] }]', null],
  ['limits: { seconds: 60 }', null],
  ['seeds: []', '.seeds'],
  ['seeds: [-1]', '.seeds'],
  ['sample: 3', '.sample'],
  ['includes: [{ seeds: x }]', '.includes[0].seeds'],
  ['prices: { currency: EUR }', '.prices'],
])('a study with %j', (more, expected) => {
  expect(mistakeIn(parse(`${fakeStudyText}${more}`), schema)).toBe(expected);
});

test('a wrong depth, a misspelt attack, a strength that is no fraction', () => {
  const wrong = (from: string, to: string) => mistakeIn(parse(fakeStudyText.replace(from, to)), schema);
  expect(wrong('depth: [18, 34]', 'depth: 20')).toBe('.models');
  expect(wrong('name: fgm', 'name: fgsm')).toBe('.attacks[0]');
  expect(wrong('eps: [0.05', 'eps: [a/b')).toBe('.attacks[0]');
  expect(wrong('eps: [0.05', 'eps: [1/20')).toBeNull();
  expect(wrong('clock: seconds', 'clock: hours')).toBe('.survival.clock');
});

test('every attack is in it', () => {
  const names = (schema.$defs.attack.oneOf as Schema[]).map(({ properties }) => properties?.name.const);
  expect(names).toEqual(ATTACK_NAMES);
});
