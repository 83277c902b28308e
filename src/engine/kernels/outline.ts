/** Words, numbers with what is written together with them, comments; everything else stands by itself. */
const TOKEN = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|\.?[A-Za-z_]\w*|\d[\w.]*|[{}]/g;

/**
 * WGSL with the bodies of its functions cut down to the module's variables and the functions that they name: declarations, interfaces
 * and what an entry point reaches are as they were, and a parser reads it in a fraction of the time. (Most of a kernel is
 * unrolled loops.) Names are taken as they are read: one that a local declaration hides counts as the module's, as in wgsl_reflect.
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
  let named = new Set<string>();
  for (const { 0: token, index } of code.matchAll(TOKEN)) {
    if (token === 'fn') isFunction = true;
    else if (token === '{') {
      if (isFunction && depth === 0) {
        pieces.push(code.slice(kept, index + 1));
        named = new Set();
      }
      depth++;
    } else if (token === '}') {
      depth--;
      if (isFunction && depth === 0) {
        pieces.push(...named);
        kept = index;
        isFunction = false;
      }
    } else if (isFunction && depth > 0) {
      const isCall = code[index + token.length] === '(';
      if (isCall ? functions.has(token) : variables.has(token)) named.add(isCall ? `${token}();` : `_ = ${token};`);
    }
  }
  pieces.push(code.slice(kept));
  return pieces.join('');
}
