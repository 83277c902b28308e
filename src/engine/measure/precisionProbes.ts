import type { Device } from '../device/device.ts';
import { GpuError } from '../errors.ts';
import type { F16Storage, PrecisionProbes } from '../graph/capabilities.ts';
import { spec } from '../graph/graph.ts';
import type { Node } from '../graph/op.ts';
import { decodeF16, encodeF16 } from '../numbers/f16.ts';
import { decodeF32x2, encodeF32x2 } from '../numbers/f32x2.ts';
import { type ArithmeticOperation, arithmetic } from '../ops/elementwise/arithmetic.ts';
import { convert } from '../ops/elementwise/convert.ts';
import { compile } from '../run/compile.ts';

/** Measures a device: some tiny kernels. */
export async function probePrecision(device: Device): Promise<PrecisionProbes> {
  const native = device.gpu.features.has('shader-f16') && (await f16IsExact(device, 'native'));
  const packed = native || (await f16IsExact(device, 'packed'));
  return { f32x2: await f32x2Survives(device), f16: native ? 'native' : packed ? 'packed' : null };
}

/** Numbers of 48 bits, the second of each pair near the first, its opposite, or far away. */
const PAIRS = Array.from({ length: 96 }, (_, i) => {
  const a = decodeF32x2(...encodeF32x2((1 + i / 96 + 2 ** -30 * (i + 1) + 2 ** -47) * 2 ** ((i % 7) - 3)));
  const b = i % 3 === 0 ? -a * (1 + 2 ** -40) : i % 3 === 1 ? (1.9 - i / 100) * 2 ** -(i % 23) : Math.sqrt(i);
  return [a, decodeF32x2(...encodeF32x2(b))] as const;
});

/** The bar of the format; plain f32, which is what is left without the error terms, is off by 2^-24. */
const LARGEST_ERROR = 2 ** -44;

const meanings: Partial<Record<ArithmeticOperation, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  mul: (a, b) => a * b,
  divide: (a, b) => a / b,
  square_root: Math.sqrt,
};

async function f32x2Survives(device: Device): Promise<boolean> {
  const operations = Object.keys(meanings) as ArithmeticOperation[];
  const type = spec([PAIRS.length], 'f32x2');
  const executable = await compile(
    ({ a, b }: { a: Node; b: Node }) =>
      operations.map((operation) => arithmetic(operation, operation === 'square_root' ? [a] : [a, b])),
    { a: type, b: type },
    { device, name: 'probe of f32x2', unproved: true },
  );
  try {
    const [a, b] = [0, 1].map((k) => Float64Array.from(PAIRS, (pair) => pair[k]));
    const results = executable.run({ a, b });
    for (const [i, operation] of operations.entries()) {
      const actual = await results[i].read();
      const meaning = meanings[operation] as (a: number, b: number) => number;
      const right = PAIRS.every(([x, y], k) => {
        const expected = meaning(x, y);
        return Math.abs(actual[k] - expected) <= LARGEST_ERROR * Math.abs(expected);
      });
      if (!right) return false;
    }
    return true;
  } finally {
    executable.free();
  }
}

/** Every finite f16, and between each two the half, which is a tie, and what is beside it. */
function f16Borders(): Float32Array {
  const numbers: number[] = [];
  for (let code = 0; code <= 0x7bff; code += 1) {
    const x = decodeF16(code);
    const half = code === 0x7bff ? 65520 : (x + decodeF16(code + 1)) / 2;
    numbers.push(x, half, half * (1 + 2 ** -23), half * (1 - 2 ** -23));
  }
  numbers.push(1e6, 3e38, Number.POSITIVE_INFINITY, 2 ** -30);
  return Float32Array.from([...numbers, ...numbers.map((x) => -x)]);
}

async function f16IsExact(device: Device, f16Storage: F16Storage): Promise<boolean> {
  const numbers = f16Borders();
  try {
    const executable = await compile(
      ({ x }: { x: Node }) => ({ y: convert(convert(x, 'f16'), 'f32') }),
      { x: spec([numbers.length]) },
      { device, name: `probe of f16, ${f16Storage}`, capabilities: { f16Storage }, unproved: true },
    );
    try {
      const actual = await executable.run({ x: numbers }).y.read();
      return numbers.every((x, i) => Object.is(actual[i], decodeF16(encodeF16(x))));
    } finally {
      executable.free();
    }
  } catch (error) {
    // A compiler that refuses the type does not have it.
    if (error instanceof GpuError && f16Storage === 'native') return false;
    throw error;
  }
}
