/** Letters for pictures, drawn by hand: what a picture says must not depend on the fonts of the machine. */

/** Pixels from one letter to the next, and of a letter's height. */
export const LETTER = { width: 6, height: 7 } as const;

/** Rows of five pixels, from the top; the leftmost pixel is the highest of the five bits. */
const GLYPHS: Readonly<Record<string, readonly number[]>> = {
  '0': [14, 17, 19, 21, 25, 17, 14],
  '1': [4, 12, 4, 4, 4, 4, 14],
  '2': [14, 17, 1, 2, 4, 8, 31],
  '3': [31, 2, 4, 2, 1, 17, 14],
  '4': [2, 6, 10, 18, 31, 2, 2],
  '5': [31, 16, 30, 1, 1, 17, 14],
  '6': [6, 8, 16, 30, 17, 17, 14],
  '7': [31, 1, 2, 4, 8, 8, 8],
  '8': [14, 17, 17, 14, 17, 17, 14],
  '9': [14, 17, 17, 15, 1, 2, 12],
  '.': [0, 0, 0, 0, 0, 12, 12],
  '%': [24, 25, 2, 4, 8, 19, 3],
  '-': [0, 0, 0, 31, 0, 0, 0],
  A: [14, 17, 17, 31, 17, 17, 17],
  B: [30, 17, 17, 30, 17, 17, 30],
  C: [14, 17, 16, 16, 16, 17, 14],
  D: [28, 18, 17, 17, 17, 18, 28],
  E: [31, 16, 16, 30, 16, 16, 31],
  F: [31, 16, 16, 30, 16, 16, 16],
  G: [14, 17, 16, 23, 17, 17, 15],
  H: [17, 17, 17, 31, 17, 17, 17],
  I: [14, 4, 4, 4, 4, 4, 14],
  J: [7, 2, 2, 2, 2, 18, 12],
  K: [17, 18, 20, 24, 20, 18, 17],
  L: [16, 16, 16, 16, 16, 16, 31],
  M: [17, 27, 21, 21, 17, 17, 17],
  N: [17, 17, 25, 21, 19, 17, 17],
  O: [14, 17, 17, 17, 17, 17, 14],
  P: [30, 17, 17, 30, 16, 16, 16],
  Q: [14, 17, 17, 17, 21, 18, 13],
  R: [30, 17, 17, 30, 20, 18, 17],
  S: [15, 16, 16, 14, 1, 1, 30],
  T: [31, 4, 4, 4, 4, 4, 4],
  U: [17, 17, 17, 17, 17, 17, 14],
  V: [17, 17, 17, 17, 17, 10, 4],
  W: [17, 17, 17, 21, 21, 27, 17],
  X: [17, 17, 10, 4, 10, 17, 17],
  Y: [17, 17, 10, 4, 4, 4, 4],
  Z: [31, 1, 2, 4, 8, 16, 31],
  _: [0, 0, 0, 0, 0, 0, 31],
  ' ': [0, 0, 0, 0, 0, 0, 0],
};

/** A text in letters that can be drawn: capitals, and a dot for what there is no letter for. */
export const inLetters = (text: string): string =>
  Array.from(text.toUpperCase(), (letter) => (Object.hasOwn(GLYPHS, letter) ? letter : '.')).join('');

/** Whether a pixel of a text is inked, from the text's upper left corner. @throws Error for a letter that is not drawn */
export function isInked(text: string, x: number, y: number): boolean {
  const letter = text[Math.floor(x / LETTER.width)];
  if (letter === undefined || y < 0 || y >= LETTER.height) return false;
  const glyph = GLYPHS[letter];
  if (glyph === undefined) throw new Error(`no letter "${letter}" to draw "${text}" with`);
  const column = x % LETTER.width;
  return column < LETTER.width - 1 && ((glyph[y] >> (LETTER.width - 2 - column)) & 1) === 1;
}
