/** Words, numbers with what is written together with them, comments; everything else stands by itself. */
const TOKEN = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|\.?[A-Za-z_]\w*|\d[\w.]*|[{}]/g;

/** Words before a name that is declared. */
const DECLARES = new Set(['let', 'var', 'const']);

/**
 * WGSL with the bodies of its functions cut down to the module's variables and the functions that they name: declarations, interfaces
 * and what an entry point reaches are as they were, and a parser reads it in a fraction of the time. (Most of a kernel is
 * unrolled loops.) A name that a function declares itself, anywhere, is not the module's there.
 */
export function outlineOf(code: string): string {
  const variables = new Set(
    [...code.matchAll(/@group\(\d+\)[^;]*?\bvar(?:<[^>]*>)?\s+(\w+)/g)].map(([, name]) => name),
  );
  const functions = new Set([...code.matchAll(/\bfn\s+(\w+)/g)].map(([, name]) => name));
  const pieces: string[] = [];
  let kept = 0;
  let depth = 0;
  let isFunction = false;
  let header = 0;
  /** What the function that is read declares itself. */
  let declared = new Set<string>();
  let named = new Map<string, string>();
  let before = '';
  for (const { 0: token, index } of code.matchAll(TOKEN)) {
    if (token === 'fn') {
      isFunction = true;
      header = index;
    } else if (token === '{') {
      if (isFunction && depth === 0) {
        pieces.push(code.slice(kept, index + 1));
        named = new Map();
        declared = new Set([...code.slice(header, index).matchAll(/(\w+)\s*:/g)].map(([, name]) => name));
      }
      depth++;
    } else if (token === '}') {
      depth--;
      if (isFunction && depth === 0) {
        for (const [name, statement] of named) if (!declared.has(name)) pieces.push(statement);
        kept = index;
        isFunction = false;
      }
    } else if (isFunction && depth > 0) {
      const isCall = code[index + token.length] === '(';
      if (DECLARES.has(before)) declared.add(token);
      else if (isCall ? functions.has(token) : variables.has(token))
        named.set(isCall ? `${token}()` : token, isCall ? `${token}();` : `_ = ${token};`);
    }
    before = token;
  }
  pieces.push(code.slice(kept));
  return pieces.join('');
}
