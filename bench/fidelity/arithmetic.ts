import { compile, type Executable } from '../../src/engine/compile.ts';
import type { Device, Tensor } from '../../src/engine/device.ts';
import { type DType, hostArray } from '../../src/engine/dtype.ts';
import { type Node, spec, type TensorType } from '../../src/engine/graph.ts';
import { type ArithmeticOperation, arithmetic, operandsOf } from '../../src/engine/ops/arithmetic.ts';
import { decodeF8E4M3, encodeF8E4M3 } from '../../src/engine/precision/f8e4m3.ts';
import { decodeF8E5M2, encodeF8E5M2 } from '../../src/engine/precision/f8e5m2.ts';
import { decodeF16, encodeF16 } from '../../src/engine/precision/f16.ts';
import { decodeF32x2, encodeF32x2 } from '../../src/engine/precision/f32x2.ts';
import { dyadic, errorInUlp, exponential, logarithm, nearestDouble } from './exact.ts';
import { antilogarithms, exponents, operandPairs } from './numbers.ts';

/** How often an operation of a format was not what it should be. */
export interface FidelityRow {
  readonly op: string;
  readonly dtype: DType;
  readonly cases: number;
  /** Results other than the correctly rounded one. */
  readonly wrong: number;
  /** Of finite results, in units in the last place. */
  readonly maxUlp: number;
  readonly meanUlp: number;
  /** The first wrong one. */
  readonly example?: string;
}

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
  const flushed = dtype === 'f32' && !device.probes.f32Subnormals;
  let wrong = 0;
  let maxUlp = 0;
  let sumUlp = 0;
  let done = 0;
  let example: string | undefined;
  try {
    for (; done < cases; done += batch) {
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
        if (
          flushed &&
          [...operands.map((operand) => operand[i]), meanings[op](operands[0][i], operands[1]?.[i] ?? 0)].some(
            isSubnormal,
          )
        )
          continue;
        const judged = judge(op, dtype, operands[0][i], operands[1]?.[i] ?? 0, results[i]);
        if (judged.ulp > maxUlp) maxUlp = judged.ulp;
        sumUlp += judged.ulp;
        if (!judged.right) {
          wrong++;
          example ??= `${op}(${operands.map((operand) => operand[i]).join(', ')}) = ${results[i]}, not ${judged.expected}`;
        }
      }
    }
  } finally {
    executable.free();
  }
  return {
    op,
    dtype,
    cases: done,
    wrong,
    maxUlp,
    meanUlp: sumUlp / done,
    ...(example === undefined ? {} : { example }),
  };
}

function judge(
  op: ArithmeticOperation,
  dtype: FloatDType,
  a: number,
  b: number,
  actual: number,
): { right: boolean; ulp: number; expected: number } {
  const { bits, smallest, round } = precisions[dtype];
  const rough = meanings[op](a, b);
  const precise =
    dtype === 'f64' && (op === 'exponential' || op === 'logarithm') && Number.isFinite(rough) && rough !== 0;
  const exact = precise ? elementary[op](a) : undefined;
  const expected = exact === undefined ? round(rough) : nearestDouble(exact);
  if (Object.is(actual, expected)) {
    const rounding = exact === undefined ? 0 : errorInUlp(actual, exact, bits, smallest);
    return { right: true, ulp: rounding, expected };
  }
  if (!Number.isFinite(actual) || !Number.isFinite(rough)) return { right: false, ulp: 0, expected };
  return { right: false, ulp: errorInUlp(actual, exact ?? dyadic(rough), bits, smallest), expected };
}
