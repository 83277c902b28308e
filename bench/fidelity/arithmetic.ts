import {
  type ArithmeticOperation,
  abs,
  add,
  arithmetic,
  compile,
  type Device,
  divide,
  type Executable,
  equal,
  exp,
  hostArray,
  less,
  lessEqual,
  log,
  multiply,
  type Node,
  negate,
  operandsOf,
  spec,
  sqrt,
  subtract,
  type TensorType,
} from '../../src/engine/index.ts';
import { type Dyadic, dyadic, errorInUlp, exponential, logarithm, nearestDouble } from './exact.ts';
import { type FloatDType, precisions } from './formats.ts';
import { antilogarithms, exponents, operandPairs } from './numbers.ts';
import { type FidelityRow, Tally } from './tally.ts';

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

/** The elementwise ops of the same meanings: they are to give the same bits. */
const namesakes: Readonly<Record<ArithmeticOperation, { readonly op: string; build(a: Node, b: Node): Node }>> = {
  add: { op: 'add', build: add },
  subtract: { op: 'subtract', build: subtract },
  mul: { op: 'multiply', build: multiply },
  divide: { op: 'divide', build: divide },
  square_root: { op: 'sqrt', build: sqrt },
  exponential: { op: 'exp', build: exp },
  logarithm: { op: 'log', build: log },
  negate: { op: 'negate', build: negate },
  absolute: { op: 'abs', build: abs },
  equal: { op: 'equal', build: equal },
  less: { op: 'less', build: less },
  less_equal: { op: 'lessEqual', build: lessEqual },
};

/** The definitions that a row of an operation is about. */
export const definitionsOf = (op: ArithmeticOperation): readonly string[] => ['arithmetic', namesakes[op].op];

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

type Run = Executable<{ operands: TensorType[] }, { y: Node; same: Node }>;

/**
 * Runs an operation on a device and compares every result with its reference, and with the elementwise op of the same meaning: where that
 * gives another number, the result counts as wrong without bound.
 */
export async function measureArithmetic(
  device: Device,
  op: ArithmeticOperation,
  dtype: FloatDType,
  { cases, seed, batch = Math.min(cases, 2 ** 20) }: { cases: number; seed: number; batch?: number },
): Promise<FidelityRow> {
  const executable: Run = await compile(
    ({ operands }: { operands: Node[] }) => ({
      y: arithmetic(op, operands),
      same: namesakes[op].build(operands[0], operands[1]),
    }),
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
      const { y, same } = executable.run({ operands: feeds });
      const [results, others] = [await y.read(), await same.read()];
      for (let i = 0; i < batch; i++) {
        const a = operands[0][i];
        const b = operands[1]?.[i] ?? 0;
        if (flushed && [a, b, meanings[op](a, b)].some(isSubnormal)) continue;
        const expected = expectedOf(op, dtype, a, b);
        if (!isSame(results[i], others[i]))
          tally.off(
            Number.POSITIVE_INFINITY,
            () => `${op} is ${results[i]} and ${namesakes[op].op} ${others[i]} of ${operands.map((each) => each[i])}`,
          );
        else if (Object.is(results[i], expected.nearest)) tally.right();
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

/** Whether two numbers are one; the sign of zero does not count. */
const isSame = (a: number, b: number): boolean => a === b || Object.is(a, b);

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
