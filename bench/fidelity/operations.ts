import { compile, type Device, type DType, elements, hostArray, type Node, spec } from '../../src/engine/index.ts';
import { dyadic, nearestDouble, negated, oddDouble, sum as sumOfTwo } from './exact.ts';
import { type FloatDType, isFloat, precisions } from './formats.ts';
import { words } from './numbers.ts';
import type { FixedOperand, Operation } from './operation.ts';
import type { Expected } from './operationReferences.ts';
import { elementwise } from './ops/elementwise.ts';
import { integers } from './ops/integers.ts';
import { moves } from './ops/moves.ts';
import { products } from './ops/products.ts';
import { quantised } from './ops/quantised.ts';
import { random } from './ops/random.ts';
import { reductions } from './ops/reductions.ts';
import { special } from './ops/special.ts';
import { type FidelityRow, Tally } from './tally.ts';

/** Ops of the engine by the names of their rows, at small sizes; a name has rows of floating-point formats and of whole numbers apart. */
export const operations: readonly (readonly [name: string, operation: Operation])[] = [
  products,
  reductions,
  elementwise,
  special,
  moves,
  quantised,
  random,
  integers,
].flatMap((family) => Object.entries<Operation>(family));

/** Half as many binary orders as the wide operands of a format span: what they make stays in the range in which its kernels are exact. */
const breadth: Readonly<Record<FloatDType, number>> = { f8e4m3: 3, f8e5m2: 6, f16: 6, f32: 30, f32x2: 15, f64: 40 };

type Kind = FixedOperand['element'];

const normal = (uniform: () => number) => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
const sign = (uniform: () => number) => (uniform() < 0.5 ? -1 : 1);
const pick = (uniform: () => number, from: readonly number[]) => from[Math.floor(uniform() * from.length)];

/** Kinds of whole numbers: of every size, small ones, and those at the ends. */
const WHOLE_KINDS: Readonly<Record<Exclude<DType, FloatDType>, readonly Kind[]>> = {
  i32: [
    (uniform) => Math.trunc(sign(uniform) * 2 ** (31 * uniform())),
    (uniform) => Math.floor(uniform() * 17) - 8,
    (uniform) => pick(uniform, [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 30]),
  ],
  u32: [
    (uniform) => Math.floor(2 ** (32 * uniform())),
    (uniform) => Math.floor(uniform() * 9),
    (uniform) => pick(uniform, [0, 1, 2 ** 32 - 1, 2 ** 31, 2 ** 31 - 1]),
  ],
  bool: [(uniform) => Math.floor(2 * uniform())],
};

/** Kinds of operands of a format: random, of wide exponents, of sums that cancel, halfway between two numbers, subnormal. */
function kindsOf(dtype: DType, subnormals: boolean): readonly Kind[] {
  if (!isFloat(dtype)) return WHOLE_KINDS[dtype];
  const { bits, smallest } = precisions[dtype];
  const unit = 2 ** (1 - bits);
  const kinds: Kind[] = [
    normal,
    (uniform) => normal(uniform) * 2 ** ((2 * uniform() - 1) * breadth[dtype]),
    (uniform, i) => (i % 2 === 0 ? 1 : -1) * (1 + unit * Math.floor(uniform() * 4)),
    (uniform) => sign(uniform) * pick(uniform, [1, 1 + unit, unit / 2, 1.5 * unit, 0, 2]),
  ];
  return subnormals ? [...kinds, (uniform) => sign(uniform) * Math.floor(uniform() * 9) * 2 ** smallest] : kinds;
}

/** What a kind makes, as a number of the format. */
const numberOf = (value: number, dtype: DType, limit: number): number =>
  isFloat(dtype) ? precisions[dtype].round(Math.min(Math.max(value, -limit), limit)) : value;

/**
 * Runs an op on a device and compares every element with the exact result of its operands, rounded once; the sign of zero does not count.
 * An error is measured in units in the last place of the sum of the absolute values of the terms that the result is made of: where they
 * cancel, the result's own unit says how much they cancel, not how well they were added. Of ops that compute nothing, and of max, min,
 * maxPool2d and relu, that is the result's own unit; of whole numbers it is 1. Subnormals are left out of f32x2, whose second number is
 * lost there, and of f32 where the device flushes them.
 * @param dtype of the operands that have no format of their own; of the result where all have one
 */
export async function measureOperation(
  device: Device,
  name: string,
  { operands: given, build, reference, limit = Infinity, subnormals = true }: Operation,
  dtype: DType,
  { cases, seed }: { cases: number; seed: number },
): Promise<FidelityRow> {
  const types = given.map((operand) => ('dtype' in operand ? operand : { shape: operand, dtype, element: null }));
  const executable = await compile(
    ({ operands }: { operands: Node[] }) => ({ y: build(operands, dtype) }),
    { operands: types.map(({ shape, dtype: format }) => spec(shape, format)) },
    { device, name: `${dtype} ${name}`, guarded: true },
  );
  const kept = dtype !== 'f32x2' && (dtype !== 'f32' || device.profile.probes.f32Subnormals);
  const kinds = kindsOf(dtype, subnormals && kept);
  const tally = new Tally();
  try {
    for (let done = 0, run = 0; done < cases; run++) {
      const operands = types.map(({ shape, dtype: format, element }, k) => {
        // Every kind with every other, random numbers first.
        const kind = element ?? kinds[(k === 0 ? run : Math.floor(run / kinds.length)) % kinds.length];
        const next = words(seed + types.length * run + k);
        const uniform = () => (next() + (next() >>> 11) * 2 ** -21) * 2 ** -32;
        return Float64Array.from({ length: elements(shape) }, (_, i) => numberOf(kind(uniform, i), format, limit));
      });
      const feeds = operands.map((operand, k) => {
        const array = hostArray(types[k].dtype, operand.length);
        array.set(operand);
        return array;
      });
      const { y } = executable.run({ operands: feeds });
      const results = await y.read();
      await executable.checkGuards();
      const expected = reference(operands, dtype);
      if (expected.length !== results.length)
        throw new Error(`${name} of ${dtype}: ${results.length} results, but ${expected.length} were expected`);
      expected.slice(0, cases - done).forEach((value, i) => {
        const nearest = nearestOf(value, y.dtype);
        if (results[i] === nearest) tally.right();
        else
          tally.off(
            unitsOff(results[i], value, y.dtype),
            () => `element ${i} of run ${run} is ${results[i]}, not ${nearest}`,
          );
      });
      done += expected.length;
    }
  } finally {
    executable.free();
  }
  return tally.row(name, dtype);
}

/** The number of a format nearest to an exact one; whole numbers wrap around. */
function nearestOf({ exact }: Expected, dtype: DType): number {
  if (dtype === 'f64') return nearestDouble(exact);
  if (isFloat(dtype)) return precisions[dtype].round(oddDouble(exact));
  const { significand, exponent } = exact;
  const integer = exponent < 0 ? significand >> BigInt(-exponent) : significand << BigInt(exponent);
  return Number(dtype === 'i32' ? BigInt.asIntN(32, integer) : BigInt.asUintN(32, integer));
}

function unitsOff(actual: number, expected: Expected, dtype: DType): number {
  if (!Number.isFinite(actual)) return Number.POSITIVE_INFINITY;
  if (!isFloat(dtype)) return Math.abs(actual - nearestOf(expected, dtype));
  const { exact, magnitude } = expected;
  const { bits, smallest } = precisions[dtype];
  const error = nearestDouble(sumOfTwo(dyadic(actual), negated(exact)));
  return Math.abs(error) / 2 ** Math.max(Math.floor(Math.log2(magnitude)) - bits + 1, smallest);
}
