import {
  type ArithmeticOperation,
  arithmetic,
  compile,
  type Device,
  decodeF8E4M3,
  decodeF8E5M2,
  decodeF16,
  decodeF32x2,
  type Executable,
  encodeF8E4M3,
  encodeF8E5M2,
  encodeF16,
  encodeF32x2,
  hostArray,
  type Node,
  operandsOf,
  spec,
  type Tensor,
  type TensorType,
} from '../../src/engine/index.ts';
import { type Dyadic, dyadic, errorInUlp, exponential, logarithm, nearestDouble } from './exact.ts';
import { antilogarithms, exponents, operandPairs } from './numbers.ts';
import { type FidelityRow, Tally } from './tally.ts';

/** Bits of the significand, exponent of the smallest number, and the nearest number of the formats. */
export const precisions = {
  f8e4m3: { bits: 4, smallest: -9, round: (x: number) => decodeF8E4M3(encodeF8E4M3(x)) },
  f8e5m2: { bits: 3, smallest: -16, round: (x: number) => decodeF8E5M2(encodeF8E5M2(x)) },
  f16: { bits: 11, smallest: -24, round: (x: number) => decodeF16(encodeF16(x)) },
  f32: { bits: 24, smallest: -149, round: Math.fround },
  f32x2: { bits: 48, smallest: -149, round: (x: number) => decodeF32x2(...encodeF32x2(x)) },
  f64: { bits: 53, smallest: -1074, round: (x: number) => x },
} as const;

export type FloatDType = keyof typeof precisions;

/** What float64 says; of f64's operations all but exp and log are float64's own. */
export const meanings: Readonly<Record<ArithmeticOperation, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  mul: (a, b) => a * b,
  divide: (a, b) => a / b,
  square_root: Math.sqrt,
  exponential: Math.exp,
  logarithm: Math.log,
  negate: (a) => -a,
  absolute: Math.abs,
  equal: (a, b) => Number(a === b),
  less: (a, b) => Number(a < b),
  less_equal: (a, b) => Number(a <= b),
};

const elementary = { exponential, logarithm } as const;

/** Operands that suit an operation. */
function operandsFor(op: ArithmeticOperation, dtype: FloatDType, count: number, seed: number): Float64Array[] {
  if (op === 'exponential' && (dtype === 'f64' || dtype === 'f32x2'))
    return [exponents(count, seed, dtype === 'f64' ? -1100 : -55, dtype === 'f64' ? 1100 : 88)];
  if (op === 'logarithm' && (dtype === 'f64' || dtype === 'f32x2'))
    return [antilogarithms(count, seed, dtype === 'f64' ? -1074 : -70, dtype === 'f64' ? 2098 : 190)];
  return operandPairs(dtype, count, seed).slice(0, operandsOf(op));
}

const isSubnormal = (x: number): boolean => x !== 0 && Math.abs(x) < 2 ** -126;

type Run = Executable<{ operands: TensorType[] }, { y: Node }>;

/** Runs an operation on a device and compares every result with its reference. */
export async function measureArithmetic(
  device: Device,
  op: ArithmeticOperation,
  dtype: FloatDType,
  { cases, seed, batch = Math.min(cases, 2 ** 20) }: { cases: number; seed: number; batch?: number },
): Promise<FidelityRow> {
  const executable: Run = await compile(
    ({ operands }: { operands: Node[] }) => ({ y: arithmetic(op, operands) }),
    { operands: Array.from({ length: operandsOf(op) }, () => spec([batch], dtype)) },
    { device, name: `${dtype} ${op}` },
  );
  // Where the device flushes subnormal f32 to zero, WGSL lets it.
  const flushed = dtype === 'f32' && !device.profile.probes.f32Subnormals;
  const tally = new Tally();
  try {
    for (let done = 0; done < cases; done += batch) {
      const operands = operandsFor(op, dtype, batch, seed + done).map((each) =>
        each.map((x) => precisions[dtype].round(x)),
      );
      const feeds = operands.map((operand) => {
        const array = hostArray(dtype, batch);
        array.set(operand);
        return array;
      });
      const y: Tensor = executable.run({ operands: feeds }).y;
      const results = await y.read();
      for (let i = 0; i < batch; i++) {
        const a = operands[0][i];
        const b = operands[1]?.[i] ?? 0;
        if (flushed && [a, b, meanings[op](a, b)].some(isSubnormal)) continue;
        const expected = expectedOf(op, dtype, a, b);
        if (Object.is(results[i], expected.nearest)) tally.right();
        else
          tally.off(
            ulpsFrom(results[i], expected, dtype),
            () => `${op}(${operands.map((operand) => operand[i]).join(', ')}) = ${results[i]}, not ${expected.nearest}`,
          );
      }
    }
  } finally {
    executable.free();
  }
  return tally.row(op, dtype);
}

interface Expected {
  readonly nearest: number;
  /** What float64 says. */
  readonly rough: number;
  /** Where float64 is not enough. */
  readonly exact?: Dyadic;
}

function expectedOf(op: ArithmeticOperation, dtype: FloatDType, a: number, b: number): Expected {
  const rough = meanings[op](a, b);
  const precise = dtype === 'f64' && (op === 'exponential' || op === 'logarithm');
  if (!precise || !Number.isFinite(rough) || rough === 0) return { nearest: precisions[dtype].round(rough), rough };
  const exact = elementary[op](a);
  return { nearest: nearestDouble(exact), rough, exact };
}

function ulpsFrom(actual: number, { nearest, rough, exact }: Expected, dtype: FloatDType): number {
  if (![actual, nearest, rough].every(Number.isFinite)) return Number.POSITIVE_INFINITY;
  return errorInUlp(actual, exact ?? dyadic(rough), precisions[dtype].bits, precisions[dtype].smallest);
}
