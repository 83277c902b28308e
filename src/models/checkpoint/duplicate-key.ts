const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Index of the quote that ends the string which begins at `start`. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (json.charCodeAt(at) !== QUOTE) at += json.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

/**
 * The first key that an object in the text has twice, or null. `JSON.parse` keeps the last one silently.
 * @param json valid JSON: check by `JSON.parse` first
 */
export function duplicateKey(json: string): string | null {
  // One entry for every open container: the keys of an object so far, null for an array.
  const open: (Set<string> | null)[] = [];
  let keyExpected = false;
  for (let at = 0; at < json.length; at++) {
    switch (json.charCodeAt(at)) {
      case OPEN_BRACE:
        open.push(new Set());
        keyExpected = true;
        break;
      case OPEN_BRACKET:
        open.push(null);
        keyExpected = false;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        open.pop();
        keyExpected = false;
        break;
      case COLON:
        keyExpected = false;
        break;
      case COMMA:
        keyExpected = open[open.length - 1] !== null;
        break;
      case QUOTE: {
        const end = endOfString(json, at);
        const keys = open[open.length - 1];
        if (keyExpected && keys) {
          // Escapes: "a" and "\u0061" are one key.
          const key: string = JSON.parse(json.slice(at, end + 1));
          if (keys.has(key)) return key;
          keys.add(key);
        }
        at = end;
        break;
      }
    }
  }
  return null;
}
