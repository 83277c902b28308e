import { beforeAll, describe, expect, it } from 'vitest';
import { type Column, measureColumn } from '../../bench/devices/column.ts';
import { accurate, compared, together } from '../../bench/devices/row.ts';
import { sections } from '../../bench/devices/sections.ts';
import { useDevice } from '../support/checkOp.ts';

/**
 * What docs/devices.md tells of adapters, asked of the adapter that is there; runs on SwiftShader, too. What is right is computed by
 * JavaScript's arithmetic, rounded by Math.fround, and by its Math functions in binary64.
 */
const device = useDevice();

let column: Column;
beforeAll(async () => {
  column = await measureColumn(device(), 'a test');
});

for (const { title, rows } of sections)
  describe(title, () => {
    it.each(rows)('$what', ({ what, relied }) => {
      const { cell, holds } = column.answers[title][what];
      expect(cell).not.toBe('');
      if (relied) expect({ cell, holds }).toEqual({ cell, holds: true });
    });
  });

it('a row that needs a feature is asked where there is one', () => {
  for (const { title, rows } of sections)
    for (const { what, needs } of rows) {
      const isAsked = needs === undefined || device().gpu.features.has(needs);
      expect(column.answers[title][what].cell.startsWith('no `'), what).toBe(!isAsked);
    }
});

it('no two rows of a table ask the same', () => {
  for (const { rows } of sections) expect(new Set(rows.map(({ what }) => what)).size).toBe(rows.length);
});

describe('a row', () => {
  const row = { what: '`x + x`', engine: '' };
  const question = { operands: [[1], [2], [Number.NaN], [-0], [3]] };
  const doubled = compared({ ...row, question, right: (x) => 2 * x });

  it('is right where every result is, whatever the sign of zero', async () => {
    expect(await doubled.measure(async () => [2, 4, Number.NaN, 0, 6])).toEqual({ cell: 'right', holds: true });
    const signed = compared({ ...row, question, right: (x) => 2 * x, signed: true });
    expect(await signed.measure(async () => [2, 4, Number.NaN, 0, 6])).toEqual({ cell: '-0 → 0', holds: false });
  });

  it('tells what is wrong, the first three by example', async () => {
    const wrong = { cell: '1 → 0; 2 → NaN; NaN → 2^-149; 2 more', holds: false };
    expect(await doubled.measure(async () => [0, Number.NaN, 2 ** -149, 1, Number.POSITIVE_INFINITY])).toEqual(wrong);
    const both = together({ what: 'both', engine: '', rows: [doubled, doubled] });
    expect(await both.measure(async () => [2, 4, 0, 0, 6])).toEqual({
      cell: '`x + x`: NaN → 0; `x + x`: NaN → 0',
      holds: false,
    });
    expect(await both.measure(async () => [2, 4, Number.NaN, 0, 6])).toEqual({ cell: 'right', holds: true });
  });

  it('tells the largest error of each range, in units in the last place of the exact result', async () => {
    const ranges = [
      [1, 2],
      [0, 0.5],
    ] as const;
    const twice = (unit: 'ulp' | 'absolute', limit?: number) =>
      accurate({ ...row, exact: (x) => 2 * x, ranges, unit, limit });
    // Of 2x in [2, 4) 2^-22 is a unit; in [0, 1) the units of small numbers are far less than 2^-22.
    const off = ({ operands }: { operands: readonly (readonly number[])[] }) =>
      Promise.resolve(operands.map(([x]) => 2 * x + 2 ** -22));
    expect((await twice('absolute').measure(off)).cell).toBe('2.4e-7; 2.4e-7');
    expect((await twice('ulp').measure(off)).cell).toMatch(/^1; \d{4,}$/);
    expect((await twice('ulp', 2).measure(off)).holds).toBe(false);
    expect((await twice('absolute', 2 ** -22).measure(off)).holds).toBe(true);
    expect((await twice('ulp').measure(async ({ operands }) => operands.map(() => Number.NaN))).cell).toBe('∞; ∞');
  });
});
