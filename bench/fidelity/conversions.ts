import { cast, compile, convert, type Device, type DType, hostArray, spec } from '../../src/engine/index.ts';
import { dyadic, errorInUlp } from './exact.ts';
import { isFloat, precisions } from './formats.ts';
import { operandPairs, words } from './numbers.ts';
import { type FidelityRow, Tally } from './tally.ts';

/** Formats of every kind. */
export const dtypes: readonly DType[] = ['f8e4m3', 'f8e5m2', 'f16', 'f32', 'f32x2', 'f64', 'i32', 'u32', 'bool'];

const towardsZero = (x: number, least: number, most: number) =>
  Number.isNaN(x) ? 0 : Math.min(Math.max(Math.trunc(x), least), most) + 0;

/** What a number becomes in a format: one rounding of the number itself. */
export function converted(x: number, dtype: DType): number {
  if (isFloat(dtype)) return precisions[dtype].round(x);
  if (dtype === 'i32') return towardsZero(x, -(2 ** 31), 2 ** 31 - 1);
  return dtype === 'u32' ? towardsZero(x, 0, 2 ** 32 - 1) : Number(x !== 0);
}

/**
 * Numbers of a format: every code or exponent, numbers that lie halfway between two of the narrower format, or just beside, and numbers
 * at the borders of the integers.
 */
export function numbersToConvert(from: DType, to: DType, count: number, seed: number): Float64Array {
  const next = words(seed);
  const borders = [
    0,
    -0,
    1,
    -1,
    0.5,
    -0.5,
    2 ** 31,
    -(2 ** 31),
    2 ** 31 - 1,
    2 ** 32 - 1,
    2 ** 32,
    2 ** 31 - 0.5,
    Infinity,
    NaN,
  ];
  if (!isFloat(from))
    return Float64Array.from({ length: count }, (_, i) =>
      converted(
        i % 4 === 0 ? borders[next() % borders.length] : (next() >> (next() % 32)) * (i % 2 === 0 ? 1 : -1),
        from,
      ),
    );
  const [plain] = operandPairs(from, count, seed);
  if (count <= 512) return plain;
  return plain.map((x, i) => {
    if (i % 4 === 0) return x;
    if (i % 29 === 1) return precisions[from].round(borders[next() % borders.length]);
    if (!isFloat(to)) return precisions[from].round((next() - 2 ** 31) * 2 ** -(next() % 34) * 4);
    // A number with one bit more than the target holds, and the least that the source can add.
    const { bits, smallest, round } = precisions[to];
    const size = Math.min(Math.max(round(x), -1e30), 1e30) || 2 ** smallest;
    const ulp = 2 ** Math.max(Math.floor(Math.log2(Math.abs(size))) - bits + 1, smallest);
    const half = size + ulp / 2;
    const beside = half * (1 + ((next() % 3) - 1) * 2 ** (1 - precisions[from].bits));
    return precisions[from].round(Number.isFinite(beside) ? beside : x);
  });
}

/** Numbers converted at once. */
const BATCH = 2 ** 20;

/**
 * Converts numbers on a device and compares every one with its reference, and with what `cast` gives: where that is another number, the
 * result counts as wrong without bound. The row's format is that of the operands.
 */
export async function measureConversion(
  device: Device,
  from: DType,
  to: DType,
  { cases, seed }: { cases: number; seed: number },
): Promise<FidelityRow> {
  const batch = Math.min(cases, BATCH);
  const executable = await compile(
    ({ x }) => ({ y: convert(x, to), same: cast(x, to) }),
    { x: spec([batch], from) },
    { device, name: `${from} as ${to}`, guarded: true },
  );
  const tally = new Tally();
  try {
    for (let done = 0; done < cases; done += batch) {
      const x = hostArray(from, batch);
      x.set(numbersToConvert(from, to, batch, seed + done).map((each) => converted(each, from)));
      const { y, same } = executable.run({ x });
      const [results, others] = [await y.read(), await same.read()];
      await executable.checkGuards();
      for (let i = 0; i < batch; i++) {
        const expected = converted(x[i], to);
        if (!Object.is(results[i] + 0, others[i] + 0))
          tally.off(Number.POSITIVE_INFINITY, () => `convert makes ${results[i]} of ${x[i]}, cast ${others[i]}`);
        else if (Object.is(results[i], expected)) tally.right();
        else tally.off(ulpsFrom(results[i], x[i], expected, to), () => `${x[i]} became ${results[i]}, not ${expected}`);
      }
    }
  } finally {
    executable.free();
  }
  return tally.row(`convert to ${to}`, from);
}

/** In units in the last place of a floating-point target; of an integer, 1. */
function ulpsFrom(actual: number, x: number, expected: number, to: DType): number {
  if (!isFloat(to)) return Math.abs(actual - expected);
  if (![actual, x, expected].every(Number.isFinite)) return Number.POSITIVE_INFINITY;
  return errorInUlp(actual, dyadic(x), precisions[to].bits, precisions[to].smallest);
}
