import { elements, sameShape } from '../../src/engine/index.ts';
import type { HostTensor } from '../../src/models/index.ts';

/** Types of so few bits that two units in their last place are allowed: bfloat16 as in ONNX's tests, whose 1e-3 is one unit of float16. */
const LEAST_RTOL: Readonly<Record<string, number>> = { bfloat16: 2 ** -6, float16: 2 ** -9 };

/** What is wrong with an output, as ONNX's tests judge: type and shape, then numpy.allclose with NaN equal to NaN. Null: it is right. */
export function difference(
  actual: HostTensor | undefined,
  expected: HostTensor,
  { rtol, atol }: { readonly rtol: number; readonly atol: number },
): string | null {
  if (actual === undefined) return 'an output is missing';
  const named = ({ type, shape }: HostTensor) => `${type}[${shape.join(', ')}]`;
  if (actual.type !== expected.type || !sameShape(actual.shape, expected.shape))
    return `the output is ${named(actual)}, should be ${named(expected)}`;
  const relative = Math.max(rtol, LEAST_RTOL[expected.type] ?? 0);
  const off: number[] = [];
  for (let i = 0; i < elements(expected.shape); i++)
    if (!isClose(actual.data[i], expected.data[i], relative, atol)) off.push(i);
  if (off.length === 0) return null;
  const [first] = off;
  return `${off.length} of ${expected.data.length} elements are off: element ${first} is ${actual.data[first]}, should be ${expected.data[first]}`;
}

function isClose(actual: number, expected: number, rtol: number, atol: number): boolean {
  if (Number.isNaN(expected)) return Number.isNaN(actual);
  if (!Number.isFinite(expected)) return actual === expected;
  return Math.abs(actual - expected) <= atol + rtol * Math.abs(expected);
}
