import { decode } from 'fast-png';
import { expect, test } from 'vitest';
import { inLetters, isInked, LETTER } from '../../../src/cli/attack/bitmapFont.ts';
import { pictureGrid } from '../../../src/cli/attack/grid.ts';

/** A text as it is drawn: a line for each row of pixels. */
const drawn = (text: string) =>
  Array.from({ length: LETTER.height }, (_, y) =>
    Array.from({ length: text.length * LETTER.width }, (_, x) => (isInked(text, x, y) ? '#' : '.')).join(''),
  );

test('letters are drawn from the left, with a free column between them', () => {
  expect(drawn('17')).toEqual([
    '..#...#####.',
    '.##.......#.',
    '..#......#..',
    '..#.....#...',
    '..#....#....',
    '..#....#....',
    '.###...#....',
  ]);
});

test('no two letters look alike', () => {
  const letters = [...'0123456789.%-_ABCDEFGHIJKLMNOPQRSTUVWXYZ '];
  expect(new Set(letters.map((letter) => drawn(letter).join())).size).toBe(letters.length);
});

test('a letter that is not drawn is named', () => {
  expect(() => isInked('?', 0, 0)).toThrow(new Error('no letter "?" to draw "?" with'));
});

test('names of classes in capitals, with a dot for what there is no letter for', () => {
  expect(inLetters('ice_cream 2 é')).toBe('ICE_CREAM 2 .');
  expect(() => drawn(inLetters('ß*日'))).not.toThrow();
});

test('a class goes by its name, cut to the width of the picture', () => {
  const pixel = Float32Array.of(0.5);
  const verdict = { predicted: 1, confidence: 0.5 };
  const row = { label: 0, clean: pixel, adversarial: pixel, before: verdict, after: verdict };
  const named = (names?: readonly string[]) => pictureGrid([1, 1, 1], [row], names);
  expect(named(['0', '1'])).toEqual(named());
  expect(named(['five', 'three'])).not.toEqual(named());
  // Fourteen letters are as wide as the longest heading; eight are left of them beside the word LABEL, eight beside 50.0%.
  expect(named(['abcdefghX', 'ABCDEFGHX'])).toEqual(named(['abcdefghY', 'ABCDEFGHY']));
});

test('pictures, their difference tenfold around grey, and what the model says of them below', () => {
  const clean = Float32Array.of(0, 0.5, 1, 0.25);
  const adversarial = Float32Array.of(1 / 32, 0.5, 7 / 8, 0.25);
  const row = {
    label: 7,
    clean,
    adversarial,
    before: { predicted: 7, confidence: 0.5 },
    after: { predicted: 3, confidence: 1 },
  };
  const { width, height, data } = decode(pictureGrid([1, 2, 2], [row]));
  // Pixels of 32 by 32; the headings are wider than the pictures.
  expect([width, height]).toEqual([3 * 88 + 4, 11 + (64 + 22 + 4) + 4]);
  const at = (x: number, y: number) => data[3 * (y * width + x)];
  const shown = (column: number) =>
    [0, 1].flatMap((y) => [0, 1].map((x) => at(4 + 88 * column + 32 * x + 16, 15 + 32 * y + 16)));
  expect(shown(0)).toEqual([0, 128, 255, 64]);
  expect(shown(1)).toEqual([8, 128, 223, 64]);
  // 255 · (0.5 + 10 / 32) = 207.2; 0.5 - 10 / 8 is cut off at 0.
  expect(shown(2)).toEqual([207, 128, 0, 128]);
  const readAt = (text: string, left: number, top: number) =>
    drawn(text).every((line, y) => [...line].every((ink, x) => (at(left + x, top + y) === 0) === (ink === '#')));
  expect(readAt('CLEAN', 4, 4)).toBe(true);
  expect(readAt('ADVERSARIAL', 92, 4)).toBe(true);
  expect(readAt('DIFFERENCE X10', 180, 4)).toBe(true);
  expect(readAt('7 50.0%', 4, 83)).toBe(true);
  expect(readAt('LABEL 7', 4, 94)).toBe(true);
  expect(readAt('3 100.0%', 92, 83)).toBe(true);
});
