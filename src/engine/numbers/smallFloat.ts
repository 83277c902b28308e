/** A binary floating-point format of at most 16 bits: a sign, an exponent, a fraction. */
export interface SmallFloat {
  readonly exponentBits: number;
  readonly fractionBits: number;
  readonly bias: number;
  /** Code of the largest finite number. */
  readonly largest: number;
  /** Code of infinity, where the format has one. */
  readonly infinity?: number;
  /** What numbers beyond the largest are written as, infinities included. */
  readonly overflow: number;
  /** What NaN is written as. */
  readonly nan: number;
}

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/** Adding and taking away 2^52 rounds a smaller positive number to an integer, ties to even. */
const TO_INTEGER = 2 ** 52;

/** The code of the number nearest to x, ties to even: one rounding, whatever x is. */
export function encodeSmallFloat(x: number, format: SmallFloat): number {
  const { exponentBits, fractionBits, bias, largest, overflow, nan } = format;
  if (Number.isNaN(x)) return nan;
  double[0] = x;
  const sign = (words[1] >>> 31) << (exponentBits + fractionBits);
  const exponent = ((words[1] >>> 20) & 0x7ff) - 1023;
  if (exponent > bias + 1) return sign | overflow;
  const scale = Math.max(exponent, 1 - bias);
  const rounded = Math.abs(x) * 2 ** (fractionBits - scale) + TO_INTEGER - TO_INTEGER;
  // The significand's highest bit adds one to the exponent.
  const code = rounded + (scale + bias - 1) * 2 ** fractionBits;
  return sign | (code <= largest ? code : overflow);
}

/** The number of every code. */
export function decodeTable({ exponentBits, fractionBits, bias, largest, infinity }: SmallFloat): Float32Array {
  const steps = 2 ** fractionBits;
  const sizes = 2 ** exponentBits * steps;
  return Float32Array.from({ length: 2 * sizes }, (_, code) => {
    const sign = code < sizes ? 1 : -1;
    const size = code % sizes;
    if (size === infinity) return sign * Number.POSITIVE_INFINITY;
    if (size > largest) return Number.NaN;
    const exponent = Math.floor(size / steps);
    const fraction = (size % steps) / steps;
    return sign * (exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias));
  });
}
