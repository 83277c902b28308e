import { encode } from 'fast-png';
import type { ImageShape } from '../../models/index.ts';
import { inLetters, isInked, LETTER } from './bitmapFont.ts';

/** What a model says of an image: its class, and how sure it is, from 0 to 1. */
export interface Verdict {
  readonly predicted: number;
  readonly confidence: number;
}

/** A line of the grid; images are [C, H, W]. */
export interface GridRow {
  readonly label: number;
  readonly clean: Float32Array;
  readonly adversarial: Float32Array;
  readonly before: Verdict;
  readonly after: Verdict;
}

/** Pixels that a picture measures at least, enlarged by a whole number, and between what is drawn. */
const LEAST_SIDE = 64;
const GAP = 4;
/** As wide as the longest heading. */
const HEADINGS = ['CLEAN', 'ADVERSARIAL', 'DIFFERENCE X10'] as const;
const LINE = LETTER.height + GAP;

/**
 * Rows of an image clean, adversarial, and the difference tenfold around grey, as a PNG. Below a picture stand the class that the
 * model gives it and the confidence; below the clean one the label as well. Classes go by their names, cut to the width of a picture, or
 * by their numbers where there are no names.
 */
export function pictureGrid(
  [channels, height, width]: ImageShape,
  rows: readonly GridRow[],
  classNames?: readonly string[],
): Uint8Array {
  const zoom = Math.ceil(LEAST_SIDE / Math.max(height, width));
  const cell = {
    width: Math.max(width * zoom, ...HEADINGS.map((text) => text.length * LETTER.width)) + GAP,
    height: height * zoom + 2 * LINE + GAP,
  };
  const letters = Math.floor((cell.width - GAP) / LETTER.width);
  const nameOf = (label: number, room: number) => inLetters(classNames?.[label] ?? String(label)).slice(0, room);
  const percent = ({ predicted, confidence }: Verdict) => {
    const share = `${(100 * confidence).toFixed(1)}%`;
    return `${nameOf(predicted, letters - share.length - 1)} ${share}`;
  };
  const size = { width: HEADINGS.length * cell.width + GAP, height: LINE + rows.length * cell.height + GAP };
  const data = new Uint8Array(size.height * size.width * 3).fill(255);
  const paint = (x: number, y: number, colour: number, value: number) => {
    data[3 * (y * size.width + x) + colour] = Math.round(255 * Math.min(1, Math.max(0, value)));
  };
  const write = (text: string, left: number, top: number) => {
    for (let y = 0; y < LETTER.height; y++)
      for (let x = 0; x < text.length * LETTER.width; x++)
        if (isInked(text, x, y)) for (let colour = 0; colour < 3; colour++) paint(left + x, top + y, colour, 0);
  };
  HEADINGS.forEach((text, column) => {
    write(text, GAP + column * cell.width, GAP);
  });
  rows.forEach(({ label, clean, adversarial, before, after }, i) => {
    const top = LINE + GAP + i * cell.height;
    const columns: { pixelOf(at: number): number; lines: readonly string[] }[] = [
      { pixelOf: (at) => clean[at], lines: [percent(before), `LABEL ${nameOf(label, letters - 'LABEL '.length)}`] },
      { pixelOf: (at) => adversarial[at], lines: [percent(after)] },
      { pixelOf: (at) => 0.5 + 10 * (adversarial[at] - clean[at]), lines: [] },
    ];
    columns.forEach(({ pixelOf, lines }, column) => {
      const left = GAP + column * cell.width;
      for (let y = 0; y < height * zoom; y++)
        for (let x = 0; x < width * zoom; x++)
          for (let colour = 0; colour < 3; colour++) {
            const channel = channels === 3 ? colour : 0;
            const place = Math.floor(y / zoom) * width + Math.floor(x / zoom);
            paint(left + x, top + y, colour, pixelOf(channel * height * width + place));
          }
      lines.forEach((text, line) => {
        write(text, left, top + height * zoom + GAP + line * LINE);
      });
    });
  });
  return encode({ ...size, data, channels: 3, depth: 8 });
}
