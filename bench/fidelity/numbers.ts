import { type DType, decodeF8E4M3, decodeF8E5M2, decodeF16, decodeF32x2, encodeF32x2 } from '../../src/engine/index.ts';

/** Reproducible numbers below 2^32 (splitmix32). */
export function words(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let x = state;
    x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    return (x ^ (x >>> 15)) >>> 0;
  };
}

const view = new DataView(new ArrayBuffer(8));

const PATTERNS = [0, 0xffffffff, 1, 0x80000000, 0xfffffffe];

/** The word of a fraction: mostly random, else one of those at which rounding turns. */
const fractionWord = (next: () => number) => (next() % 4 === 0 ? PATTERNS[next() % PATTERNS.length] : next());

/** A float64 with an exponent field from 0 (zero and subnormals) to 2047 (infinities and NaN). */
function doubleOf(field: number, next: () => number): number {
  const high = fractionWord(next) & 0xfffff;
  view.setUint32(0, (((next() & 1) << 31) | (field << 20) | high) >>> 0);
  view.setUint32(4, fractionWord(next));
  return view.getFloat64(0);
}

function floatOf(field: number, next: () => number): number {
  view.setUint32(0, (((next() & 1) << 31) | (field << 23) | (fractionWord(next) & 0x7fffff)) >>> 0);
  return view.getFloat32(0);
}

/** How far the exponents of two operands are apart: where sums round, where they cancel, where products leave the range. */
function partner(field: number, fields: number, significand: number, next: () => number): number {
  const near = next() % (significand + 3);
  const choices = [
    field,
    field + near,
    field - near,
    next() % fields,
    fields / 2 + (next() % 8) - 4,
    fields - 1 - field,
  ];
  return Math.min(Math.max(choices[next() % choices.length], 0), fields - 1);
}

/**
 * Pairs of operands in a format that go through every exponent of the first, and through equal, near and complementary exponents of the
 * second. For 8 and 16 bits every code comes as the first.
 */
export function operandPairs(dtype: DType, count: number, seed: number): [Float64Array, Float64Array] {
  const next = words(seed);
  const a = new Float64Array(count);
  const b = new Float64Array(count);
  const coded = { f8e4m3: [256, decodeF8E4M3], f8e5m2: [256, decodeF8E5M2], f16: [65536, decodeF16] } as const;
  for (let i = 0; i < count; i++) {
    if (dtype === 'f8e4m3' || dtype === 'f8e5m2' || dtype === 'f16') {
      const [codes, decode] = coded[dtype];
      a[i] = decode(i % codes);
      b[i] = decode(codes === 256 ? Math.floor(i / codes) % codes : next() % codes);
    } else if (dtype === 'f32') {
      const field = i % 256;
      a[i] = floatOf(field, next);
      b[i] = floatOf(partner(field, 256, 24, next), next);
    } else if (dtype === 'f32x2') {
      // Exponents whose error terms, and those of products, lie within the range of f32.
      const field = 1023 - 36 + (i % 73);
      a[i] = decodeF32x2(...encodeF32x2(doubleOf(field, next)));
      b[i] = decodeF32x2(...encodeF32x2(doubleOf(Math.min(Math.max(partner(field, 2048, 48, next), 987), 1059), next)));
      if (i % 7 === 0)
        b[i] = decodeF32x2(...encodeF32x2(-a[i] * (1 + (next() - 2 ** 31) * 2 ** -(33 + (next() % 46)))));
    } else {
      const field = i % 2048;
      a[i] = doubleOf(field, next);
      b[i] = doubleOf(partner(field, 2048, 53, next), next);
    }
  }
  return [a, b];
}

/** Operands of an exponential: every size, and the borders at which its results end. */
export function exponents(count: number, seed: number, least: number, most: number): Float64Array {
  const next = words(seed);
  return Float64Array.from({ length: count }, (_, i) => {
    const random = (next() + next() * 2 ** -32) * 2 ** -32;
    const power = (next() % 2 === 0 ? 1 : -1) * 2 ** (-(next() % 70) + 9) * (1 + random);
    if (i % 3 === 0 && power > least && power < most) return power;
    return least + (most - least) * random;
  });
}

/** Operands of a logarithm: every exponent, and numbers near 1. */
export function antilogarithms(count: number, seed: number, smallest: number, fields: number): Float64Array {
  const next = words(seed);
  return Float64Array.from({ length: count }, (_, i) => {
    const random = (next() + next() * 2 ** -32) * 2 ** -32;
    if (i % 3 === 0) return 1 + (next() % 2 === 0 ? 1 : -0.5) * 2 ** -(next() % 53) * random;
    return 2 ** (smallest + (i % fields)) * (1 + random);
  });
}
