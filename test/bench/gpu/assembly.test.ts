import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { analyse } from '../../../bench/gpu/assembly/analyse.ts';
import { hotLoop } from '../../../bench/gpu/hotLoop.ts';

/** A kernel that adds numbers in a loop, as drivers print it: see test/fixtures/gpu/README.md. */
const sample = (device: string) =>
  readFileSync(new URL(`../../fixtures/gpu/sum.${device}.txt`, import.meta.url), 'utf8');

const analysed = (text: string) => {
  const assembly = analyse(text);
  if (assembly === null) throw new Error('the text is not known as assembly');
  return assembly;
};

describe('the assembly of RADV', () => {
  it.each(['navi31', 'gfx1201'])('has as many vector instructions as the driver counts: %s', (device) => {
    // None of them is slow, so that each is one issue slot. The driver's statistics: VALU 6.
    expect(analysed(sample(device)).whole).toMatchObject({ slots: 6, fma: 0, adds: 1, bufferBytes: 4 });
  });

  it.each(['navi31', 'gfx1201'])('has one loop, which adds what it loads: %s', (device) => {
    const { loops } = analysed(sample(device));
    // Read by hand in blocks BB2 and BB5: an address and a sum.
    expect(loops).toHaveLength(1);
    expect(loops[0]).toMatchObject({ depth: 0, innermost: true, slots: 2, adds: 1, bufferBytes: 4 });
  });

  it('counts pairs, packed numbers, slow instructions and what is moved', () => {
    const text = [
      'BB0:',
      '\tv_dual_fmac_f32 v0, v1, v2 :: v_dual_fmac_f32 v3, v4, v5 ; 00000000',
      '\tv_pk_fma_f16 v0, v1, v2, v3',
      '\tv_mul_lo_u32 v0, v1, v2',
      '\tds_load_2addr_b64 v[0:3], v4 offset1:1',
      '\tds_store_b128 v4, v[0:3]',
      '\tbuffer_load_dwordx4 v[0:3], v4, s[0:3], 0 offen',
      '\ts_waitcnt vmcnt(0)',
      '\ts_endpgm',
    ].join('\n');
    expect(analysed(text).whole).toEqual({
      instructions: 6,
      slots: 6,
      fma: 2,
      fmas: 4,
      adds: 0,
      workgroupBytes: 16,
      workgroupStoreBytes: 16,
      bufferBytes: 16,
    });
  });
});

describe('the assembly of NVK', () => {
  it('has as many instructions as the driver counts, without what does nothing', () => {
    // The driver's statistics: 71 instructions; two nop and two bclear are left out. Two imad count twice.
    expect(analysed(sample('nv172')).whole).toMatchObject({ instructions: 67, slots: 69, adds: 1, bufferBytes: 4 });
  });

  it('has one loop, which adds what it loads', () => {
    const { loops } = analysed(sample('nv172'));
    expect(loops).toHaveLength(1);
    // Blocks 2, 8, 9, 10, 11, 12 and 13, counted by hand: 4 + 1 + 8 + 2 + 2 + 9 + 4, and one for the imad.
    expect(loops[0]).toMatchObject({ instructions: 30, slots: 31, adds: 1, bufferBytes: 4 });
  });
});

describe('what is no assembly', () => {
  it('is not read as if it were', () => {
    expect(analyse('OpCapability Shader')).toBeNull();
  });
});

/** A loop over the depth, with a loop over a tile inside: 16 multiply-adds for each position. */
const tile = (order: readonly string[]) =>
  [
    'BB0:',
    '\tv_mov_b32 v0, 0',
    'BB1:',
    ...order,
    'BB2:',
    '\tds_load_b128 v[0:3], v4',
    ...Array.from({ length: 16 }, () => '\tv_fmac_f32 v5, v6, v7'),
    '\tv_add_nc_u32 v4, v4, 16',
    '\ts_cbranch_scc1 BB2',
    'BB3:',
    '\ts_cbranch_scc1 BB1',
    'BB4:',
    '\ts_endpgm',
  ].join('\n');

const load = ['\tv_add_nc_u32 v8, v8, v9', '\tbuffer_load_b32 v1, v8, s[0:3], 0 offen'];
const store = ['\tds_store_b32 v4, v1'];

const kernel = (shader: string, order: readonly string[]) => ({ shader, assembly: analysed(tile(order)), depth: 16 });

describe('the hot loop of a kernel with tiles', () => {
  it('is a turn over 16 positions of the depth', () => {
    const hot = hotLoop(kernel('matmul/shared', [...load, ...store]));
    expect(hot).toMatchObject({ tiled: true, slots: 1 + 16 * 17, fma: 256, fmas: 256, workgroupBytes: 256 });
    expect(hot).toMatchObject({ prefetches: false, around: 1, bufferBytes: 4 });
  });

  it('prefetches where it stores what was loaded a turn before', () => {
    expect(hotLoop(kernel('matmul/shared', [...store, ...load]))?.prefetches).toBe(true);
  });

  it('is the innermost one in other kernels', () => {
    expect(hotLoop(kernel('reduce/reduce', [...load, ...store]))).toMatchObject({ tiled: false, slots: 17 });
  });
});
