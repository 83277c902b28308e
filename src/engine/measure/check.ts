import type { Device, Tensor } from '../device/device.ts';
import { GpuDeviceLostError, GpuTimeoutError } from '../errors.ts';
import type { DType, TypedArray } from '../graph/dtype.ts';
import { apply } from '../graph/graph.ts';
import { type Attributes, kernelOp, type Node } from '../graph/op.ts';
import { applySeparately } from '../passes/joined.ts';
import type { Step } from '../plan/plan.ts';
import { compile } from '../run/compile.ts';
import { keyOf, problemOf } from './choices.ts';
import { wholeNumbers } from './wholeNumbers.ts';

/** What came of the check of a kernel. */
export interface CheckedKernel {
  /** Op, types and attributes as text. */
  readonly key: string;
  /** The variant, such as `in place of input 0` for a kernel that overwrites that; null where there is only one way to compute it. */
  readonly variant: string | null;
  /**
   * How its result was compared: exactly (every bit of every number, but for the sign of a zero), closely (to `CLOSE` of the largest,
   * as its numbers are rounded) or not, as there is no such kernel in f32x2.
   */
  readonly compared: 'exactly' | 'closely' | 'not';
  /** What is wrong with it; null where nothing is. */
  readonly mistake: string | null;
}

/** The share of a result's largest number that rounding may change: more than the kernels of any op here round away. */
const CLOSE = 2 ** -15;

/** Ops, operations of fused kernels and variants that round also where operands and result are small whole numbers. */
const ROUNDS =
  /mean|average|softmax|groupNorm|layerNorm|standardise|statistics|inputGradient|localResponse|winograd|divide|quotient|reciprocal|exp|log|sqrt|power|tanh|sigmoid|gelu|silu|swish|erf|sin|cos|random|attention|inverse|shrinkage/i;

/** Which inputs a kernel may overwrite, by the names of these variants. */
const inPlaceOf = (node: Node): ReadonlyMap<string, number> =>
  new Map(
    (kernelOp(node).inPlace?.(node.inputs, node, node.attributes) ?? [])
      .filter((input) => node.inputs[input].size === node.size)
      .map((input) => [`in place of input ${input}`, input]),
  );

/** Ops that are composed of others in formats of two words, by the functions that make their nodes. */
const COMPOSED = ['mean'];

/**
 * Computes each kernel of plans on small whole numbers, in f32 and in f32x2, whose kernels are others, and compares: a device or a
 * compiler that gives wrong results is found before any figure is. Every variant of a kernel is compared. Takes as long as compiling
 * all of them twice.
 * @throws GpuDeviceLostError, GpuTimeoutError
 */
export async function checkKernels(device: Device, steps: readonly Step[]): Promise<CheckedKernel[]> {
  const nodes = new Map<string, Node>();
  for (const step of steps) if (step.kind === 'dispatch') nodes.set(keyOf(step.node), step.node);
  const proved = (await device.profile.precisions()).f32x2;
  const checked: CheckedKernel[] = [];
  for (const [key, node] of nodes) {
    const variants = [...(problemOf(node, device.capabilities)?.variants ?? [null]), ...inPlaceOf(node).keys()];
    const expected = proved ? await resultOf(device, node, null, 'f32x2') : null;
    for (const variant of variants) checked.push(await checkVariant(device, key, node, variant, expected));
  }
  return checked;
}

async function checkVariant(
  device: Device,
  key: string,
  node: Node,
  variant: string | null,
  expected: TypedArray | null,
): Promise<CheckedKernel> {
  const unchecked: CheckedKernel = { key, variant, compared: 'not', mistake: null };
  // Without f32, the kernel of f32x2 would be the same one.
  const hasOther = [node, ...node.inputs].some(({ dtype }) => dtype === 'f32');
  if (expected === null || !hasOther || COMPOSED.includes(node.op.name)) return unchecked;
  const actual = await resultOf(device, node, variant, 'f32');
  if (actual === null) return unchecked;
  const rounds = ROUNDS.test(`${variant} ${namesIn(node).join()}`);
  return { key, variant, ...compare(actual, expected, rounds) };
}

/** The op of a node, the operations of its kernel, and the ops that it computes along. */
function namesIn({ op, attributes }: Node): string[] {
  const names = [op.name];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('op' in value) names.push(typeof value.op === 'string' ? value.op : String((value.op as Node['op'])?.name));
    Object.values(value).forEach(visit);
  };
  visit(attributes);
  return names;
}

/** The attributes of an op in f32 as those of one in another format. */
function inFormat<T>(value: T, format: DType): T {
  if (value === 'f32') return format as T;
  if (Array.isArray(value)) return value.map((each) => inFormat(each, format)) as T;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  // An op is known by its identity.
  const entries = Object.entries(value).map(([name, each]) => [name, name === 'op' ? each : inFormat(each, format)]);
  return Object.fromEntries(entries) as T;
}

/** The result of a node's op on whole numbers; null where there is no such kernel. */
async function resultOf(device: Device, node: Node, variant: string | null, format: DType): Promise<TypedArray | null> {
  const { op, attributes } = node;
  // Where an op reads one tensor twice, its kernel may rely on that.
  const distinct = [...new Set(node.inputs)];
  const places = node.inputs.map((input) => distinct.indexOf(input));
  const inputs = distinct.map(({ shape, dtype }) => ({ shape, dtype: dtype === 'f32' ? format : dtype }));
  const tensors: Tensor[] = [];
  // An op agreed to compute its neighbours along in f32 only.
  const applied = format === 'f32' ? apply : applySeparately;
  try {
    const overwritten = inPlaceOf(node).get(variant ?? '');
    const executable = await compile(
      (given) => ({
        output: applied(
          op,
          places.map((place) => given.inputs[place]),
          inFormat<Attributes>(attributes, format),
        ),
      }),
      { inputs },
      {
        ...{ device, name: `check of ${op.name}` },
        donate: overwritten === undefined ? {} : { [`inputs.${places[overwritten]}`]: 'output' },
        // The last variant takes whatever there is, by the plainest way.
        variantOf: (each) => (variant === null || overwritten !== undefined ? plainest(each, device) : variant),
      },
    );
    try {
      for (const [i, { shape, dtype }] of inputs.entries())
        tensors.push(device.tensor(wholeNumbers(distinct[i], i, dtype), shape, dtype));
      return await executable.run({ inputs: tensors }).output.read();
    } finally {
      executable.free();
    }
  } catch (error) {
    if (error instanceof GpuDeviceLostError || error instanceof GpuTimeoutError) throw error;
    return null;
  } finally {
    for (const { buffer } of tensors) device.release(buffer);
  }
}

const plainest = (node: Node, { capabilities }: Device) => problemOf(node, capabilities)?.variants.at(-1);

/** Whether f32 holds a number, and sums of many such numbers as well: a multiple of 2⁻¹⁰ below 2¹³. */
const isExact = (value: number) => Math.abs(value) < 8192 && Number.isInteger(value * 1024);

/** @param rounds whether the kernel rounds also where its result is a small whole number */
function compare(
  actual: TypedArray,
  expected: TypedArray,
  rounds: boolean,
): Pick<CheckedKernel, 'compared' | 'mistake'> {
  const rounded = Array.from(expected, Math.fround);
  const largest = rounded.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0);
  let exactly = !rounds;
  for (const [i, right] of rounded.entries()) {
    const exact = !rounds && (isExact(expected[i]) || Number.isNaN(right));
    exactly &&= exact;
    const value = actual[i];
    if (value === right || (Number.isNaN(value) && Number.isNaN(right))) continue;
    if (exact || !(Math.abs(value - right) <= CLOSE * largest))
      return { compared: exact ? 'exactly' : 'closely', mistake: `element ${i} is ${value} and should be ${right}` };
  }
  return { compared: exactly ? 'exactly' : 'closely', mistake: null };
}
