import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
} from 'yaml';
import type { z } from 'zod';
import { InputError, mistakesError } from '../../../base/errors.ts';
import { nearest } from '../../../base/nearest.ts';
import { show } from './fields.ts';
import { type Study, studySchema } from './schema.ts';
import { type NamedFile, withDigests } from './storedModelSchema.ts';

/** A validated study together with the plain value that it was read from, as it is kept beside the results. */
export interface ParsedStudy {
  readonly study: Study;
  readonly document: unknown;
}

/** A mistake in a study file: the character it starts at, and one sentence. */
interface Mistake {
  readonly offset: number;
  readonly message: string;
}

/**
 * Reads a study from YAML (or JSON) text.
 * @param file how the text is called in messages
 * @param digestOf SHA-256 of a file that the study names as a model without saying it; undefined: it is not known
 * @throws InputError each mistake in a line, in the order of the file: file:line:column, what is wrong and what would be right
 */
export function parseStudy(
  text: string,
  file: string,
  digestOf: (named: NamedFile) => string | undefined = () => undefined,
): ParsedStudy {
  const lines = new LineCounter();
  // The library compares each key with all before it; `duplicateKeys` takes a moment for any number of them.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    uniqueKeys: false,
  });
  const refuse = (mistakes: readonly Mistake[]): never => {
    const told = [...mistakes]
      .sort((a, b) => a.offset - b.offset)
      .map(({ offset, message }) => {
        const { line, col } = lines.linePos(offset);
        return `${file}:${Math.max(line, 1)}:${Math.max(col, 1)}: ${oneLine(message)}`;
      });
    throw mistakesError(told, ` in ${file}`);
  };

  const syntax = [
    ...[...document.errors, ...document.warnings].map(({ pos, message }) => ({
      offset: pos[0],
      message: `not valid YAML: ${message}`,
    })),
    ...duplicateKeys(document),
  ];
  if (syntax.length > 0) refuse(syntax);
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    refuse([{ offset: 0, message: 'the file is empty; a study needs at least name, data, models, training, attacks' }]);
  }

  const written = toPlainValue(document, (message) => refuse([{ offset: 0, message }]));
  const value = withDigests(written, digestOf);
  const parsed = checked(value, (message) => refuse([{ offset: 0, message }]));
  if (!parsed.success) {
    const issues = withoutConsequences(parsed.error.issues);
    return refuse(issues.map((issue) => ({ offset: offsetOf(issue, document), message: describe(issue, document) })));
  }
  return { study: parsed.data, document: value };
}

/** The document as JavaScript values. Aliases are bounded, so that a few nested ones cannot fill the memory. */
function toPlainValue(document: Document, refuse: (message: string) => never): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return refuse(`not valid YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The value as a study. A grid that is too large to be made is refused as a whole. */
function checked(value: unknown, refuse: (message: string) => never) {
  try {
    return studySchema.safeParse(value, { reportInput: true });
  } catch (error) {
    if (error instanceof InputError) return refuse(error.message);
    throw error;
  }
}

/** Keys that a map gives twice. */
function duplicateKeys(document: Document): Mistake[] {
  const found: Mistake[] = [];
  visit(document, {
    Map: (_, { items }) => {
      const keys = new Set<string>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        if (keys.has(name))
          found.push({ offset: key.range?.[0] ?? 0, message: `the key '${name}' is given twice; keep one` });
        keys.add(name);
      }
    },
  });
  return found;
}

/**
 * Without mistakes that follow from an unknown key: another key that is missing beside it, and what is wrong with the whole of a part
 * that it was left out of.
 */
function withoutConsequences(issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] {
  const unknown = issues.filter(({ code }) => code === 'unrecognized_keys').map(({ path }) => path.join('.'));
  return issues.filter((issue) => {
    const missing = issue.code === 'invalid_type' && issue.input === undefined;
    const around = issue.code === 'custom' && unknown.some((key) => key.startsWith(`${issue.path.join('.')}.`));
    return !around && !(missing && unknown.includes(issue.path.slice(0, -1).join('.')));
  });
}

/** A step from a value of the document into one of its parts. */
interface Step {
  readonly key: string | number;
  readonly node: unknown;
}

/**
 * The way to a value, as far as it exists. A single value where a list may stand is checked as a list of one: its index is no step of
 * the document's.
 */
function stepsTo(path: readonly PropertyKey[], document: Document): Step[] {
  const steps: Step[] = [];
  let node: unknown = document.contents;
  for (const key of path as readonly (string | number)[]) {
    if (typeof key === 'number' && !isSeq(node)) continue;
    const inside = isAlias(node) ? node.resolve(document) : node;
    node = isCollection(inside) ? inside.get(key, true) : undefined;
    steps.push({ key, node });
  }
  return steps;
}

/** Where the mistake is in the text: at an unknown key, else at the value, else at the nearest enclosing value. */
function offsetOf(issue: z.core.$ZodIssue, document: Document): number {
  const nodes = [document.contents, ...stepsTo(issue.path, document).map(({ node }) => node)];
  const node = nodes.filter(isNode).at(-1);
  if (issue.code === 'unrecognized_keys' && isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === issue.keys[0]);
    if (isScalar(pair?.key)) return pair.key.range?.[0] ?? 0;
  }
  return node?.range?.[0] ?? 0;
}

/** One sentence about a zod issue, with the place in the document: `models.depth[0]: ...`. */
function describe(issue: z.core.$ZodIssue, document: Document): string {
  const place = stepsTo(issue.path, document).map(({ key }) => (typeof key === 'number' ? `[${key}]` : `.${key}`));
  const sentence = sentenceOf(issue);
  return place.length === 0 ? sentence : `${place.join('').replace(/^\./, '')}: ${sentence}`;
}

function sentenceOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? `is missing; give ${article(issue.expected)}`
        : `expected ${article(issue.expected)}, found ${show(issue.input)}`;
    case 'invalid_value':
      return issue.message.startsWith('Invalid') ? oneOf(issue.values.map(String), issue.input) : issue.message;
    case 'invalid_union': {
      const key = String(issue.path.at(-1));
      const { options: all = [] } = issue as { options?: readonly unknown[] };
      // A key with a default may be missing.
      const options = all.filter((option) => option !== undefined);
      const given = (issue.input as Record<string, unknown> | undefined)?.[key];
      return oneOf(options.map(String), given);
    }
    case 'too_small':
      return issue.message.startsWith('Too small')
        ? `${show(issue.input)} is too small; it must be ${issue.inclusive ? 'at least' : 'above'} ${issue.minimum}`
        : issue.message;
    case 'too_big':
      return `${show(issue.input)} is too large; it must be ${issue.inclusive ? 'at most' : 'below'} ${issue.maximum}`;
    default:
      return issue.message;
  }
}

function oneOf(options: readonly string[], given: unknown): string {
  if (given === undefined) return `is missing; give one of ${options.join(', ')}`;
  const guess = typeof given === 'string' && options.length > 1 ? `did you mean '${nearest(given, options)}'? ` : '';
  return `${show(given)} is not known here; ${guess}Known: ${options.join(', ')}`;
}

function article(type: string): string {
  const names: Record<string, string> = {
    object: 'a map of keys',
    array: 'a list',
    string: 'text',
    int: 'a whole number',
  };
  return names[type] ?? `a ${type}`;
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}
