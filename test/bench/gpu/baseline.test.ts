import { describe, expect, it } from 'vitest';
import { baselineOf, baselineText, compareWithBaseline } from '../../../bench/gpu/baseline.ts';
import type { KernelRow, TargetResult } from '../../../bench/gpu/result.ts';

const row = (name: string, figures: Partial<KernelRow> = {}): KernelRow => ({
  ...{ name, calls: 1, workgroup: 64, wave: 64, registers: 48, spills: 0, workgroupBytes: 0, occupancy: 16 },
  ...{ instructions: 500, slots: 100, fma: 50, flopsPerWorkgroupByte: null, flopsPerBufferByte: null },
  ...figures,
});

const result = (...kernels: KernelRow[]): TargetResult => ({
  target: 'navi31',
  driver: 'radv 1',
  kernels,
  workloads: {},
});

const baseline = baselineOf(result(row('a'), row('b')));

describe('a kernel is worse', () => {
  it.each([
    ['spills', { spills: 1 }, 'spills 1 registers, not 0'],
    ['fewer waves', { occupancy: 15 }, '15 waves, not 16'],
    ['over 3 % more slots', { slots: 104 }, '104 issue slots, not 100 (+4 %)'],
    ['all of them', { slots: 200, spills: 2 }, 'spills 2 registers, not 0; 200 issue slots, not 100 (+100 %)'],
  ])('with %s', (_, figures, how) => {
    expect(compareWithBaseline(result(row('a', figures), row('b')), baseline)).toEqual([{ kernel: 'a', how }]);
  });

  it('not with 3 % more slots, more registers, or more waves', () => {
    const same = row('a', { slots: 103, registers: 96, occupancy: 20 });
    expect(compareWithBaseline(result(same), baseline)).toEqual([]);
  });

  it('when it is new and spills', () => {
    const worse = compareWithBaseline(result(row('c'), row('d', { spills: 3 })), baseline);
    expect(worse).toEqual([{ kernel: 'd', how: 'spills 3 registers' }]);
  });

  it('with its note, where there is one', () => {
    const noted = { ...baseline, notes: { a: 'it is right now' } };
    const worse = compareWithBaseline(result(row('a', { occupancy: 8 })), noted);
    expect(worse).toEqual([{ kernel: 'a', how: '8 waves, not 16', note: 'it is right now' }]);
  });
});

describe('a baseline', () => {
  it('is read as it was written, notes of kernels that are gone left out', () => {
    const kept = baselineOf(result(row('b'), row('a')), { a: 'why', z: 'gone' });
    expect(JSON.parse(baselineText(kept))).toEqual({ ...baseline, notes: { a: 'why' } });
  });

  it('has a line for each kernel', () => {
    expect(
      baselineText(baseline)
        .split('\n')
        .filter((line) => line.includes('registers')),
    ).toHaveLength(2);
  });

  it('is not compared with what another driver made', () => {
    const other = { ...result(row('a')), driver: 'radv 2' };
    expect(() => compareWithBaseline(other, baseline)).toThrow("the baseline of navi31 is radv 1's, here is radv 2");
  });
});
