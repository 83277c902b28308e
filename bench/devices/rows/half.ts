import { decodeF16, encodeF16 } from '../../../src/engine/index.ts';
import { compared, type Row } from '../row.ts';

/** f16, by WGSL's functions for words of two and by the type of its own. */

const { POSITIVE_INFINITY: inf, NaN: nan } = Number;

const codes = Array.from({ length: 65536 }, (_, code) => code);
const nearest = (x: number) => decodeF16(encodeF16(x));

/** Every finite f16, and the half between each two, which is a tie; then what is beyond the range. */
const borders = codes.slice(0, 0x7c00).flatMap((code) => {
  const x = decodeF16(code);
  const above = code === 0x7bff ? 65536 : decodeF16(code + 1);
  return [x, (x + above) / 2];
});
const signed = [...borders, 1e6, inf].flatMap((x) => [[x], [-x]]);
const few = { operands: [1 + 2 ** -11, 1 + 3 * 2 ** -11, 0.1, 2 ** -25 * 3].map((x) => [Math.fround(x)]) };
const summary = (wrong: number, of: number) => `${wrong} of ${of} off`;
const integers = 'rounds by integers (`src/shaders/precision/f16.packed.wgsl`, `src/shaders/quantise/round.wgsl`)';

export const half: readonly Row[] = [
  compared({
    what: '`unpack2x16float(x)` of all 65,536 codes',
    wgsl: 'unpack2x16float(x).x',
    question: { operands: codes.map((code) => [code]), type: 'u32' },
    right: decodeF16,
    summary,
    relied: true,
    engine: 'every read of f16 (`src/shaders/precision/f16.packed.wgsl`, `src/shaders/quantise/f16.wgsl`)',
  }),
  compared({
    what: '`pack2x16float` of every f16 and every tie, to the nearest',
    wgsl: 'pack2x16float(vec2f(x, 0.0))',
    question: { operands: signed.slice(0, -4), result: 'u32' },
    right: encodeF16,
    summary,
    engine: integers,
  }),
  compared({
    what: '`pack2x16float(vec2f(x, 1.0))`, x beyond 65504',
    wgsl: 'pack2x16float(vec2f(x, 1.0))',
    question: { operands: [[65520], [1e6], [inf]], result: 'u32' },
    right: () => 0x3c007c00,
    summary: () => 'no infinity, or its neighbour is hurt',
    engine: `${integers}; \`pack2x16Overflow\` in \`src/engine/measure/probes.ts\``,
  }),
  compared({
    what: '`unpack2x16float(pack2x16float(x))` in a register, rounded',
    wgsl: 'unpack2x16float(pack2x16float(vec2f(x, 0.0))).x',
    question: few,
    right: nearest,
    engine: integers,
  }),
  compared({
    what: '`quantizeToF16(x)`, rounded',
    wgsl: 'quantizeToF16(x)',
    question: few,
    right: nearest,
    engine: integers,
  }),
  compared({
    what: '`quantizeToF16(x)` of NaN, ∞ and below 2^-14',
    wgsl: 'quantizeToF16(x)',
    question: { operands: [[nan], [inf], [2 ** -20 * 1.5], [2 ** -24]] },
    right: nearest,
    engine: integers,
  }),
  compared({
    what: '`f32(f16(x))` in a register, rounded',
    wgsl: 'f32(f16(x))',
    question: { ...few, enable: 'f16' },
    needs: 'shader-f16',
    right: nearest,
    engine: integers,
  }),
  compared({
    what: '`f16(x)` stored, every f16, every tie, 1e6 and ∞',
    wgsl: 'f16(x)',
    question: { operands: signed, result: 'f16', enable: 'f16' },
    needs: 'shader-f16',
    right: nearest,
    summary,
    engine: 'used where this is right (`f16IsExact` in `src/engine/measure/precisionProbes.ts`), else words of two',
  }),
  compared({
    what: '`f32(x)` of all f16 in memory',
    wgsl: 'f32(x)',
    question: { operands: codes.map((code) => [decodeF16(code)]), type: 'f16', enable: 'f16' },
    needs: 'shader-f16',
    right: (x) => x,
    summary,
    engine: 'as above',
  }),
];
