/** Characters that a terminal obeys, that end a line, or that turn the direction of what follows. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/gu;

/** A text without control characters but the ends of its lines: others are shown by their number, as `\u001b`. */
export const printable = (text: string): string =>
  text.replace(CONTROLS, (sign) => (sign === '\n' ? sign : `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`));

/**
 * A mistake in what the user gave (configuration, data file, checkpoint, flag). The message is one line, which says what is wrong, where,
 * and what would be right; several mistakes have a line each. What it quotes of a file cannot steer a terminal: see `printable`.
 */
export class InputError extends Error {
  override name = 'InputError';

  constructor(message: string, options?: ErrorOptions) {
    super(printable(message), options);
  }
}

/** The most mistakes that a message lists; it counts the others. */
const MOST_TOLD = 10;

/**
 * What is wrong with one input: a single mistake in its own words, several as a list, a line each, under their number.
 * @param mistakes at least one, each a line, in the order in which they stand in the input
 * @param where what they are mistakes of, as ` in study.yaml`, where the lines themselves do not tell
 */
export function mistakesError(mistakes: readonly string[], where = ''): InputError {
  if (mistakes.length === 1) return new InputError(mistakes[0]);
  const shown = mistakes.length > MOST_TOLD ? mistakes.slice(0, MOST_TOLD - 1) : mistakes;
  const more = mistakes.length - shown.length;
  const lines = [...shown, ...(more > 0 ? [`and ${more} more`] : [])];
  return new InputError([`${mistakes.length} mistakes${where}:`, ...lines.map((line) => `  ${line}`)].join('\n'));
}
