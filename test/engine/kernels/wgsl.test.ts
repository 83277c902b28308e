// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders under test look like those of JavaScript

import { describe, expect, it } from 'vitest';
import { expandedLines, expandWgsl } from '../../../src/engine/kernels/wgsl.ts';

const expand = (lines: string[], constants?: Record<string, number | string>) =>
  expandWgsl(lines.join('\n'), constants).split('\n');

describe('expandWgsl', () => {
  it('leaves plain WGSL alone', () => {
    const lines = ['fn f() -> u32 {', '  return 3u; // # no directive', '}', ''];
    expect(expand(lines)).toEqual(lines);
  });

  it('writes constants in, with a default that the caller may override', () => {
    const lines = ['#const ROWS = 4', '#const TILE = ROWS * 2', 'array<f32, ${ROWS * TILE}>'];
    expect(expand(lines)).toEqual(['array<f32, 32>']);
    expect(expand(lines, { ROWS: 3 })).toEqual(['array<f32, 18>']);
    expect(expand(lines, { TILE: 5 })).toEqual(['array<f32, 20>']);
  });

  it('writes text in, of several lines if need be', () => {
    expect(expand(['let a = ${NAME};', '${BODY}'], { NAME: 'x0', BODY: 'one;\ntwo;' })).toEqual([
      'let a = x0;',
      'one;',
      'two;',
    ]);
  });

  it('writes loops out, nested and empty ones too', () => {
    const lines = ['#for i in 0..N', '#for k in i..N', 'x${i}${k}', '#end', '#end', 'after'];
    expect(expand(lines, { N: 3 })).toEqual(['x00', 'x01', 'x02', 'x11', 'x12', 'x22', 'after']);
    expect(expand(lines, { N: 0 })).toEqual(['after']);
  });

  it('keeps one side of a condition', () => {
    const lines = ['#if N > 1 && M != 0', 'many', '#if M == 2', 'two', '#end', '#else', 'few', '#end'];
    expect(expand(lines, { N: 2, M: 2 })).toEqual(['many', 'two']);
    expect(expand(lines, { N: 2, M: 1 })).toEqual(['many']);
    expect(expand(lines, { N: 1, M: 2 })).toEqual(['few']);
  });

  it('sees constants of a loop or condition only inside it', () => {
    expect(expand(['#const A = 1', '#for i in 0..1', '#const A = 2', '${A}', '#end', '${A}'])).toEqual(['2', '1']);
  });

  it.each([
    ['1 + 2 * 3', '7'],
    ['(1 + 2) * 3', '9'],
    ['7 / 2', '3'],
    ['-7 / 2', '-3'],
    ['7 % 4', '3'],
    ['10 - 2 - 3', '5'],
    ['2 < 3', '1'],
    ['2 >= 3', '0'],
    ['1 + 1 == 2 || 0', '1'],
    ['1 <= 1 && 3 != 3', '0'],
    ['-(2 - 5)', '3'],
  ])('computes %s as %s', (expression, value) => {
    expect(expand([`\${${expression}}`])).toEqual([value]);
  });

  it('takes in files that it uses, once each, before or behind its own lines as they stand', () => {
    const files = {
      'parts/a.wgsl': 'a of ${N}',
      'parts/b.wgsl': '#use "parts/a.wgsl"\nb of ${N}',
    };
    const lines = [
      '#use "parts/${WHICH}.wgsl"',
      'own',
      '#use "parts/a.wgsl"',
      '#if N == 3',
      '#use "none.wgsl"',
      '#end',
    ];
    expect(expandWgsl(lines.join('\n'), { N: 2, WHICH: 'b' }, { files })).toBe('a of 2\nb of 2\nown');
  });

  it('gives a file constants of its own, and takes it in once for each set of them', () => {
    const files = { 'part.wgsl': '#const M = 10\nfn ${T}_add: ${N} ${M}' };
    const lines = [
      '#const M = 5',
      '#for i in 0..2',
      '#use "part.wgsl" T=f${16 * (i + 1)} N=2',
      '#end',
      '#use "part.wgsl" T=f16 N=2',
      '${M}',
    ];
    expect(expandWgsl(lines.join('\n'), { N: 7 }, { files })).toBe('fn f16_add: 2 10\nfn f32_add: 2 10\n5');
  });

  it('has enable lines first, once each', () => {
    const files = { 'part.wgsl': 'enable subgroups;\nenable f16;\npart' };
    expect(expandWgsl('own\n#use "part.wgsl"\nenable f16;', {}, { files })).toBe(
      'enable subgroups;\nenable f16;\nown\npart',
    );
  });

  it('takes examples for constants that are needed and not given only where it is asked to', () => {
    const text = '#needs N = 2\n#needs TYPE = vec2<f32>\n${N * N} ${TYPE}';
    expect(expandWgsl(text, { N: 3, TYPE: 'f32' })).toBe('9 f32');
    expect(expandWgsl(text, { N: 3 }, { examples: true })).toBe('9 vec2<f32>');
    expect(() => expandWgsl(text, { N: 3 })).toThrow(new SyntaxError('WGSL line 2: the constant TYPE is not given'));
  });

  it('knows where each line comes from', () => {
    const files = { 'part.wgsl': '// A part.\n#for i in 0..2\npart ${i}\n#end' };
    const lines = expandedLines('own\n#use "part.wgsl"\n${BODY}', { BODY: 'one\ntwo' }, { name: 'kernel.wgsl', files });
    expect(lines.map(({ text, file, line }) => `${file}:${line} ${text}`)).toEqual([
      'kernel.wgsl:1 own',
      'part.wgsl:1 // A part.',
      'part.wgsl:3 part 0',
      'part.wgsl:3 part 1',
      'kernel.wgsl:3 one',
      'kernel.wgsl:3 two',
    ]);
  });

  it.each([
    ['kernel.wgsl line 1: there is no shader "none.wgsl"', '#use "none.wgsl"'],
    ['c.wgsl line 2: there is no shader "none.wgsl"', '#use "c.wgsl"'],
    ['b.wgsl line 1: a.wgsl uses b.wgsl uses a.wgsl', '#use "a.wgsl"'],
    ['d.wgsl line 1: d.wgsl uses d.wgsl', '#use "d.wgsl"'],
    ['kernel.wgsl line 1: cannot read "a.wgsl"', '#use a.wgsl'],
    ['e.wgsl line 1: "N" is not known in "N"', '#const N = 1\n#use "e.wgsl"'],
  ])('refuses with the name of the file: %s', (message, text) => {
    const files = {
      'a.wgsl': '#use "b.wgsl"',
      'b.wgsl': '#use "a.wgsl"',
      'c.wgsl': '\n#use "none.wgsl"',
      'd.wgsl': '#use "d.wgsl"',
      'e.wgsl': '${N}',
    };
    expect(() => expandWgsl(text, {}, { name: 'kernel.wgsl', files })).toThrow(new SyntaxError(message));
  });

  it.each([
    [['ok', '${MISSING}'], 'WGSL line 2: "MISSING" is not known in "MISSING"'],
    [['#for i in 0..2', 'x'], 'WGSL line 1: the block has no #end'],
    [['#if 1', 'x', '#else', 'y'], 'WGSL line 1: the block has no #end'],
    [['x', '#end'], 'WGSL line 2: #end is no directive here'],
    [['#include "y"'], 'WGSL line 1: #include is no directive here'],
    [['#for i from 0 to 2', '#end'], 'WGSL line 1: cannot read "i from 0 to 2"'],
    [['#const X'], 'WGSL line 1: cannot read "X"'],
    [['${(1 + 2}'], 'WGSL line 1: a parenthesis is open in "(1 + 2"'],
    [['${1 2}'], 'WGSL line 1: cannot read "1 2"'],
  ])('refuses %j, naming the line', (lines, message) => {
    expect(() => expand(lines)).toThrow(new SyntaxError(message));
  });

  it('refuses to compute with text', () => {
    expect(() => expand(['${T + 1}'], { T: 'f32' })).toThrow(
      new SyntaxError('WGSL line 1: "T + 1" computes with text'),
    );
    expect(() => expand(['#for i in 0..T', '#end'], { T: 'f32' })).toThrow('WGSL line 1: T is not a number');
  });
});
