/**
 * Compile-time text of a kernel. WGSL has no way to hold a tile of accumulators in registers whose size is a constant
 * of the variant, so kernel files may use three directives, each alone on its line:
 *
 *     #const ROWS = 32             a default, overridden by the op's `constants`
 *     #for i in 0..ROWS            repeats the lines up to #end with i = 0, 1, …, ROWS - 1
 *     #if ROWS > 16                keeps the lines up to #else or #end
 *
 * and `${expression}` anywhere: integer arithmetic on constants and loop variables (or the text of a string constant).
 * Nothing else is generated: what runs on the device is what stands in the file, with its loops written out.
 */

type Constants = ReadonlyMap<string, number | string>;

/**
 * Expands the directives of a kernel file.
 * @throws SyntaxError that names the line of the file
 */
export function expandWgsl(source: string, constants: Readonly<Record<string, number | string>> = {}): string {
  const lines = source.split('\n');
  const values = new Map<string, number | string>(Object.entries(constants));
  const output: string[] = [];
  expandLines(lines, 0, lines.length, values, new Set(Object.keys(constants)), output);
  return output.join('\n');
}

function expandLines(
  lines: readonly string[],
  from: number,
  to: number,
  scope: Map<string, number | string>,
  fixed: ReadonlySet<string>,
  output: string[],
): void {
  for (let at = from; at < to; at++) {
    const line = lines[at];
    const directive = /^\s*#(\w+)\s*(.*?)\s*$/.exec(line);
    if (directive === null) {
      output.push(line.includes('${') ? substitute(line, scope, at) : line);
      continue;
    }
    const [, word, rest] = directive;
    if (word === 'const') {
      const [, name, value] = match(/^(\w+)\s*=\s*(.+)$/, rest, at);
      if (!fixed.has(name)) scope.set(name, evaluate(value, scope, at));
    } else if (word === 'for') {
      const [, name, first, last] = match(/^(\w+)\s+in\s+(.+?)\.\.(.+)$/, rest, at);
      const { end } = block(lines, at, to);
      const stop = integer(last, scope, at);
      for (let i = integer(first, scope, at); i < stop; i++)
        expandLines(lines, at + 1, end, new Map(scope).set(name, i), fixed, output);
      at = end;
    } else if (word === 'if') {
      const { middle, end } = block(lines, at, to);
      if (evaluate(rest, scope, at) !== 0) expandLines(lines, at + 1, middle ?? end, scope, fixed, output);
      else if (middle !== undefined) expandLines(lines, middle + 1, end, scope, fixed, output);
      at = end;
    } else throw failure(at, `#${word} is no directive here`);
  }
}

/** Lines of the `#else` and `#end` that belong to the directive at `start`. */
function block(lines: readonly string[], start: number, limit: number): { middle?: number; end: number } {
  let depth = 0;
  let middle: number | undefined;
  for (let at = start; at < limit; at++) {
    const word = /^\s*#(\w+)/.exec(lines[at])?.[1];
    if (word === 'for' || word === 'if') depth++;
    else if (word === 'else' && depth === 1) middle = at;
    else if (word === 'end' && --depth === 0) return { middle, end: at };
  }
  throw failure(start, 'the block has no #end');
}

function substitute(line: string, scope: Constants, at: number): string {
  return line.replace(/\$\{([^}]*)\}/g, (_, expression: string) => String(evaluate(expression, scope, at)));
}

function integer(text: string, scope: Constants, at: number): number {
  const value = evaluate(text, scope, at);
  if (typeof value !== 'number') throw failure(at, `${text} is not a number`);
  return value;
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray {
  const found = pattern.exec(text);
  if (found === null) throw failure(at, `cannot read "${text}"`);
  return found;
}

const failure = (at: number, message: string) => new SyntaxError(`WGSL line ${at + 1}: ${message}`);

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

function evaluate(text: string, scope: Constants, at: number): number | string {
  const tokens = text.match(/\d+|\w+|\|\||&&|[=!<>]=|[-+*/%()<>]|\S/g) ?? [];
  let next = 0;
  const primary = (): number | string => {
    const token = tokens[next++];
    if (token === '(') {
      const value = level(0);
      if (tokens[next++] !== ')') throw failure(at, `a parenthesis is open in "${text}"`);
      return value;
    }
    if (token === '-') return -Number(primary());
    if (token !== undefined && /^\d/.test(token)) return Number(token);
    const value = token === undefined ? undefined : scope.get(token);
    if (value === undefined) throw failure(at, `"${token ?? ''}" is not known in "${text}"`);
    return value;
  };
  const level = (strength: number): number | string => {
    if (strength === operators.length) return primary();
    let left = level(strength + 1);
    for (let op = operators[strength][tokens[next]]; op !== undefined; op = operators[strength][tokens[next]]) {
      next++;
      const right = level(strength + 1);
      if (typeof left !== 'number' || typeof right !== 'number') throw failure(at, `"${text}" computes with text`);
      left = op(left, right);
    }
    return left;
  };
  const value = level(0);
  if (next !== tokens.length) throw failure(at, `cannot read "${text}"`);
  return value;
}
