import { dequantise, quantise, roundTo, type Shape, type SmallFormat } from '../../../src/engine/index.ts';
import { precisions } from '../formats.ts';
import type { Operation } from '../operation.ts';
import { type Expected, ofRows, single } from '../operationReferences.ts';

const ROWS: Shape = [16, 40];

/** The largest numbers of the formats whose rows have a scale. */
const LARGEST = { f8e4m3: 448, f8e5m2: 57344 } as const;

/** Scales are powers of two from 2^-100 to 2^100. */
const LARGEST_SCALE = 100;

/** A row rounded to a format; to 8 bits after the largest power of two that keeps it within the range. */
function roundedRow(row: Float64Array, format: SmallFormat): Expected[] {
  const largest = row.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  let power = 0;
  if (format !== 'f16' && largest > 0) {
    while (largest * 2 ** power > LARGEST[format] && power > -LARGEST_SCALE) power--;
    while (largest * 2 ** (power + 1) <= LARGEST[format] && power < LARGEST_SCALE) power++;
  }
  return Array.from(row, (x) => single(precisions[format].round(x * 2 ** power) / 2 ** power));
}

const rounded = (format: SmallFormat, of: readonly string[], build: Operation['build']): Operation => ({
  of,
  formats: ['f32'],
  operands: [ROWS],
  build,
  reference: ([x]) => ofRows(x, ROWS[1], (row) => roundedRow(row, format)).flat(),
});

/** f32 that is stored in a smaller format, as codes or rounded. */
export const quantised = Object.fromEntries(
  (['f8e4m3', 'f8e5m2', 'f16'] as const).flatMap((format) => {
    const scales = format === 'f16' ? [] : ['quantiseScales'];
    return [
      [
        `quantise to ${format}`,
        rounded(format, [...scales, 'quantise', 'dequantise'], ([x]) => dequantise(quantise(x, format), ROWS, format)),
      ],
      [
        `round to ${format}`,
        rounded(format, [...scales, format === 'f16' ? 'roundToF16' : 'roundTo'], ([x]) => roundTo(x, format)),
      ],
    ];
  }),
);
