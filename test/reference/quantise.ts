import type { SmallFormat } from '../../src/engine/ops/quantise/quantise.ts';
import { roundF8e4m3, roundF8e5m2, roundF16 } from './formats.ts';

const formats = {
  f16: { round: roundF16, largest: null },
  f8e4m3: { round: roundF8e4m3, largest: 448 },
  f8e5m2: { round: roundF8e5m2, largest: 57344 },
};

/** Rows rounded to a format: 8-bit floats after the largest power of two that keeps the row in range, found by trying. */
export function roundRows(data: readonly number[], rows: number, format: SmallFormat): number[] {
  const { round, largest } = formats[format];
  const length = data.length / rows;
  return Array.from({ length: rows }, (_, row) => data.slice(row * length, (row + 1) * length)).flatMap((values) => {
    const most = Math.max(...values.map(Math.abs));
    let scale = 1;
    if (largest !== null && most > 0) {
      while (most * scale > largest) scale /= 2;
      while (most * scale * 2 <= largest) scale *= 2;
    }
    return values.map((value) => round(value * scale) / scale);
  });
}
