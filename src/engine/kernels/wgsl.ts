/**
 * Compile-time text of a kernel. WGSL cannot say what other files a file needs, nor hold a tile of accumulators in registers whose size is
 * a constant of the variant, so kernel files may use these directives, each alone on its line:
 *
 *     #use "parts/lanes.wgsl"      the text of that file of src/shaders: once, however many files use it
 *     #use "a.wgsl" F=f32 N=4      the same with constants of its own: once for each set of them
 *     #needs T = f32               a constant that the op gives; the value after = is an example, for tests that read the
 *                                  file alone
 *     #const ROWS = 32             a constant with a default, overridden by the op's `constants`
 *     #for i in 0..ROWS            repeats the lines up to #end with i = 0, 1, …, ROWS - 1
 *     #if ROWS > 16                keeps the lines up to #else or #end
 *
 * and `${expression}` anywhere: integer arithmetic on constants and loop variables (or the text of a string constant). A file knows the
 * constants that the op gives and its own, not those of files that it uses. `enable` lines come first, wherever they stand.
 * Nothing else is generated: what runs on the device is what stands in the files, with its loops written out.
 */

type Value = number | string;
type Constants = ReadonlyMap<string, Value>;

/** A line of expanded text, and the line of the file that it comes from, counted from 1. */
export interface ExpandedLine {
  readonly text: string;
  readonly file: string;
  readonly line: number;
}

export interface ExpandOptions {
  /** What messages call the text itself. */
  readonly name?: string;
  /** What `#use` finds, by the path that it names. */
  readonly files?: Readonly<Record<string, string>>;
  /** Whether the examples of `#needs` stand for constants that are not given. */
  readonly examples?: boolean;
}

/**
 * Expands the directives of a kernel file.
 * @throws SyntaxError that names the file and its line
 */
export const expandWgsl = (
  source: string,
  constants: Readonly<Record<string, Value>> = {},
  options: ExpandOptions = {},
): string =>
  expandedLines(source, constants, options)
    .map(({ text }) => text)
    .join('\n');

/** The lines of `expandWgsl`, each with where it comes from. @throws SyntaxError that names the file and its line */
export function expandedLines(
  source: string,
  constants: Readonly<Record<string, Value>> = {},
  { name = 'WGSL', files = {}, examples = false }: ExpandOptions = {},
): ExpandedLine[] {
  const expansion: Expansion = { files, examples, given: constants, used: new Set(), enables: new Map(), lines: [] };
  expandFile(expansion, { name, source, users: [], constants });
  return [...expansion.enables.values(), ...expansion.lines];
}

/** What all files of one text have in common. */
interface Expansion {
  readonly files: Readonly<Record<string, string>>;
  readonly examples: boolean;
  readonly given: Readonly<Record<string, Value>>;
  /** Files that are in the text, with their constants. */
  readonly used: Set<string>;
  readonly enables: Map<string, ExpandedLine>;
  readonly lines: ExpandedLine[];
}

/** Lines that are being expanded. */
interface Reading {
  readonly expansion: Expansion;
  readonly name: string;
  readonly lines: readonly SourceLine[];
  /** Files by which this one is used, from the kernel's own on. */
  readonly users: readonly string[];
  /** Constants that a `#const` leaves as they are. */
  readonly fixed: ReadonlySet<string>;
}

/** A line of a file: the directive that it is, if it is one, as its word and what follows. */
interface SourceLine {
  readonly text: string;
  readonly word: string | null;
  readonly rest: string;
}

/** Files that were read before: kernels use the same ones again and again. */
const read = new Map<string, readonly SourceLine[]>();

function linesOf(source: string): readonly SourceLine[] {
  let lines = read.get(source);
  if (lines === undefined) {
    lines = source.split('\n').map((text): SourceLine => {
      const [, word = null, rest = ''] = /^\s*#(\w+)\s*(.*?)\s*$/.exec(text) ?? [];
      return { text, word, rest };
    });
    read.set(source, lines);
  }
  return lines;
}

/** A line, for messages. */
interface Place {
  readonly name: string;
  readonly at: number;
}

function expandFile(
  expansion: Expansion,
  file: {
    readonly name: string;
    readonly source: string;
    readonly users: readonly string[];
    readonly constants: Readonly<Record<string, Value>>;
  },
): void {
  const { name, source, users, constants } = file;
  const lines = linesOf(source);
  const reading = { expansion, name, lines, users, fixed: new Set(Object.keys(constants)) };
  expandLines(reading, 0, lines.length, new Map(Object.entries(constants)));
}

function expandLines(reading: Reading, from: number, to: number, scope: Map<string, Value>): void {
  const { expansion, name: file, lines, fixed } = reading;
  for (let at = from; at < to; at++) {
    const place = { name: file, at };
    const { text, word, rest } = lines[at];
    if (word === null) {
      emit(expansion, text.includes('${') ? substitute(text, scope, place) : text, place);
    } else if (word === 'const') {
      const [, name, value] = match(/^(\w+)\s*=\s*(.+)$/, rest, place);
      if (!fixed.has(name)) scope.set(name, evaluate(value, scope, place));
    } else if (word === 'needs') {
      const [, name, example] = match(/^(\w+)\s*=\s*(.+)$/, rest, place);
      if (!scope.has(name)) {
        if (!expansion.examples) throw failure(place, `the constant ${name} is not given`);
        scope.set(name, constantOf(example));
      }
    } else if (word === 'use') {
      use(reading, substitute(rest, scope, place), place);
    } else if (word === 'for') {
      const [, name, first, last] = match(/^(\w+)\s+in\s+(.+?)\.\.(.+)$/, rest, place);
      const { end } = block(lines, at, to, place);
      const stop = integer(last, scope, place);
      for (let i = integer(first, scope, place); i < stop; i++)
        expandLines(reading, at + 1, end, new Map(scope).set(name, i));
      at = end;
    } else if (word === 'if') {
      const { middle, end } = block(lines, at, to, place);
      if (evaluate(rest, scope, place) !== 0) expandLines(reading, at + 1, middle ?? end, scope);
      else if (middle !== undefined) expandLines(reading, middle + 1, end, scope);
      at = end;
    } else throw failure(place, `#${word} is no directive here`);
  }
}

/** Adds the lines of a file that another one uses, unless they are there. */
function use({ expansion, name, users }: Reading, rest: string, place: Place): void {
  const [, path, settings] = match(/^"([^"]+)"((?:\s+\w+=\S+)*)$/, rest, place);
  const chosen = Object.fromEntries(
    [...settings.matchAll(/(\w+)=(\S+)/g)].map(([, key, value]) => [key, constantOf(value)] as const),
  );
  const chain = [...users, name];
  if (chain.includes(path)) throw failure(place, `${[...chain.slice(chain.indexOf(path)), path].join(' uses ')}`);
  if (!Object.hasOwn(expansion.files, path)) throw failure(place, `there is no shader "${path}"`);
  const key = `${path} ${JSON.stringify(chosen)}`;
  if (expansion.used.has(key)) return;
  expansion.used.add(key);
  const constants = { ...expansion.given, ...chosen };
  expandFile(expansion, { name: path, source: expansion.files[path], users: chain, constants });
}

/** Appends text, which a string constant may have made several lines. */
function emit({ lines, enables }: Expansion, text: string, { name: file, at }: Place): void {
  for (const line of text.includes('\n') ? text.split('\n') : [text]) {
    const expanded = { text: line, file, line: at + 1 };
    const enable = line.includes('enable') ? /^\s*(enable\s[^;]*;)/.exec(line) : null;
    if (enable === null) lines.push(expanded);
    else if (!enables.has(enable[1])) enables.set(enable[1], expanded);
  }
}

/** A number where it is one, else text. */
const constantOf = (text: string): Value => (/^-?\d+$/.test(text) ? Number(text) : text);

/** Lines of the `#else` and `#end` that belong to the directive at `start`. */
function block(
  lines: readonly SourceLine[],
  start: number,
  limit: number,
  place: Place,
): { middle?: number; end: number } {
  let depth = 0;
  let middle: number | undefined;
  for (let at = start; at < limit; at++) {
    const { word } = lines[at];
    if (word === 'for' || word === 'if') depth++;
    else if (word === 'else' && depth === 1) middle = at;
    else if (word === 'end' && --depth === 0) return { middle, end: at };
  }
  throw failure(place, 'the block has no #end');
}

function substitute(line: string, scope: Constants, place: Place): string {
  return line.replace(/\$\{([^}]*)\}/g, (_, expression: string) => String(evaluate(expression, scope, place)));
}

function integer(text: string, scope: Constants, place: Place): number {
  const value = evaluate(text, scope, place);
  if (typeof value !== 'number') throw failure(place, `${text} is not a number`);
  return value;
}

function match(pattern: RegExp, text: string, place: Place): RegExpExecArray {
  const found = pattern.exec(text);
  if (found === null) throw failure(place, `cannot read "${text}"`);
  return found;
}

const failure = ({ name, at }: Place, message: string) => new SyntaxError(`${name} line ${at + 1}: ${message}`);

/** Binary operators by binding strength; division is integer division. */
const operators: readonly Readonly<Record<string, (a: number, b: number) => number>>[] = [
  { '||': (a, b) => Number(a !== 0 || b !== 0) },
  { '&&': (a, b) => Number(a !== 0 && b !== 0) },
  { '==': (a, b) => Number(a === b), '!=': (a, b) => Number(a !== b) },
  {
    '<=': (a, b) => Number(a <= b),
    '>=': (a, b) => Number(a >= b),
    '<': (a, b) => Number(a < b),
    '>': (a, b) => Number(a > b),
  },
  { '+': (a, b) => a + b, '-': (a, b) => a - b },
  { '*': (a, b) => a * b, '/': (a, b) => Math.trunc(a / b), '%': (a, b) => a % b },
];

/** Expressions that were read before. */
const expressions = new Map<string, readonly string[]>();

function tokensOf(text: string): readonly string[] {
  let tokens = expressions.get(text);
  if (tokens === undefined) {
    tokens = text.match(/\d+|\w+|\|\||&&|[=!<>]=|[-+*/%()<>]|\S/g) ?? [];
    expressions.set(text, tokens);
  }
  return tokens;
}

function evaluate(text: string, scope: Constants, place: Place): Value {
  // Most expressions are one constant.
  const constant = scope.get(text);
  if (constant !== undefined) return constant;
  const tokens = tokensOf(text);
  let next = 0;
  const primary = (): Value => {
    const token = tokens[next++];
    if (token === '(') {
      const value = level(0);
      if (tokens[next++] !== ')') throw failure(place, `a parenthesis is open in "${text}"`);
      return value;
    }
    if (token === '-') return -Number(primary());
    if (token !== undefined && /^\d/.test(token)) return Number(token);
    const value = token === undefined ? undefined : scope.get(token);
    if (value === undefined) throw failure(place, `"${token ?? ''}" is not known in "${text}"`);
    return value;
  };
  const level = (strength: number): Value => {
    if (strength === operators.length) return primary();
    let left = level(strength + 1);
    for (let op = operators[strength][tokens[next]]; op !== undefined; op = operators[strength][tokens[next]]) {
      next++;
      const right = level(strength + 1);
      if (typeof left !== 'number' || typeof right !== 'number') throw failure(place, `"${text}" computes with text`);
      left = op(left, right);
    }
    return left;
  };
  const value = level(0);
  if (next !== tokens.length) throw failure(place, `cannot read "${text}"`);
  return value;
}
