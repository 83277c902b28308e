import { afterAll, beforeAll, expect } from 'vitest';
import type { Device } from '../../src/engine/device/device.ts';
import type { Capabilities } from '../../src/engine/graph/capabilities.ts';
import { type DType, hostArray, isWide, type TypedArray } from '../../src/engine/graph/dtype.ts';
import { input, literal, spec } from '../../src/engine/graph/graph.ts';
import type { Node, VariantChoice } from '../../src/engine/graph/op.ts';
import { kernelOp } from '../../src/engine/graph/op.ts';
import type { Shape } from '../../src/engine/graph/shape.ts';
import { openDevice } from '../../src/engine/open.node.ts';
import { gradients } from '../../src/engine/passes/gradients.ts';
import { compile } from '../../src/engine/run/compile.ts';
import { longValues, values } from './values.ts';

/** An operand of an op under test: values that are exact in its dtype. */
export interface Operand {
  readonly data: TypedArray;
  readonly shape: Shape;
  readonly dtype?: DType;
}

/** How far a result may be off, with the reason in `why`: |actual − expected| ≤ absolute + relative · |expected|. */
export interface Tolerance {
  readonly relative?: number;
  readonly absolute?: number;
  readonly why: string;
}

let opened: Device | undefined;

/** One device for the test file; call at its top. */
export function useDevice(): () => Device {
  beforeAll(async () => {
    opened = await openDevice();
  });
  afterAll(() => opened?.destroy());
  return () => {
    if (opened === undefined) throw new Error('the device is opened in beforeAll');
    return opened;
  };
}

export function operand(shape: Shape, seed: number, dtype: DType = 'f32'): Operand {
  const size = shape.reduce((a, b) => a * b, 1);
  return { data: isWide(dtype) ? longValues(size, seed) : values(size, seed), shape, dtype };
}

/** Numbers for comparisons in which -0 is not 0. */
export const bits = (values: Iterable<number>) => Array.from(values, (value) => (Object.is(value, -0) ? '-0' : value));

/** Runs an op once, on poisoned and guarded memory. */
export async function run(
  device: Device,
  build: (inputs: Node[]) => Node,
  operands: readonly Operand[],
  capabilities?: Partial<Capabilities>,
  variantOf?: VariantChoice,
): Promise<TypedArray> {
  const executable = await compile(
    ({ inputs }) => ({ output: build([...inputs]) }),
    { inputs: operands.map(({ shape, dtype }) => spec(shape, dtype)) },
    { device, name: 'test', guarded: true, capabilities, variantOf },
  );
  try {
    const { output } = executable.run({ inputs: operands.map(({ data }) => data) });
    const result = await output.read();
    await executable.checkGuards();
    return result;
  } finally {
    executable.free();
  }
}

/** Compares element by element; the message names the first element that is off. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { relative = 0, absolute = 0, why }: Tolerance,
): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const bound = absolute + relative * Math.abs(expected[i]);
    const same = Object.is(actual[i], expected[i]) || Math.abs(actual[i] - expected[i]) <= bound;
    if (!same) expect.fail(`element ${i} is ${actual[i]}, the reference says ${expected[i]} ± ${bound} (${why})`);
  }
}

/** Forward: the op against its float64 meaning. */
export async function checkForward(
  device: Device,
  build: (inputs: Node[]) => Node,
  operands: readonly Operand[],
  reference: ArrayLike<number>,
  tolerance: Tolerance,
  capabilities?: Partial<Capabilities>,
): Promise<void> {
  expectClose(await run(device, build, operands, capabilities), reference, tolerance);
}

/**
 * Forward, each variant of the op whose node `build` returns that applies under any of the capabilities.
 * @param isWanted which of them are compared, by name
 * @returns their names
 */
export async function checkVariants(
  device: Device,
  build: (inputs: Node[]) => Node,
  operands: readonly Operand[],
  reference: ArrayLike<number>,
  { why, ...bounds }: Tolerance,
  settings: readonly Partial<Capabilities>[],
  isWanted: (name: string) => boolean = () => true,
): Promise<string[]> {
  const node = build(operands.map(({ shape, dtype }, i) => input(spec(shape, dtype), `operand ${i}`)));
  const { inputs, attributes } = node;
  const checked = new Set<string>();
  for (const setting of settings) {
    const capabilities = { ...device.capabilities, ...setting };
    const names = kernelOp(node).variants?.({ inputs, output: node, attributes, capabilities }) ?? [];
    for (const name of names.filter((each) => isWanted(each) && !checked.has(each))) {
      checked.add(name);
      const chosen: VariantChoice = ({ op }) => (op === node.op ? name : undefined);
      const actual = await run(device, build, operands, setting, chosen);
      expectClose(actual, reference, { ...bounds, why: `${name}: ${why}` });
    }
  }
  return [...checked];
}

/**
 * Derivative: the engine's gradient of Σ w·op(inputs), w fixed and random, against central differences of the float64
 * reference, at up to `samples` elements of each differentiable input.
 */
export async function checkDerivative(
  device: Device,
  build: (inputs: Node[]) => Node,
  operands: readonly Operand[],
  reference: (inputs: Float64Array[]) => ArrayLike<number>,
  tolerance: Tolerance,
  { wrt = operands.map((_, i) => i), samples = 24, step = 1e-5, capabilities = {} as Partial<Capabilities> } = {},
): Promise<void> {
  const doubles = operands.map(({ data }) => Float64Array.from(data));
  const weights = values(reference(doubles).length, 77);
  const seed = ({ shape, dtype }: Node) => {
    const data = hostArray(dtype, weights.length);
    data.set(weights);
    return literal(data, shape, dtype);
  };
  const loss = (inputs: Float64Array[]) => {
    const output = reference(inputs);
    return weights.reduce((sum, weight, i) => sum + weight * output[i], 0);
  };
  for (const target of wrt) {
    const actual = await run(
      device,
      (inputs) => {
        const output = build(inputs);
        return gradients(output, [inputs[target]], seed(output))[0];
      },
      operands,
      capabilities,
    );
    const size = operands[target].data.length;
    expect(actual.length).toBe(size);
    const count = Math.min(samples, size);
    for (let k = 0; k < count; k++) {
      const at = Math.floor((k * size) / count);
      const moved = (by: number) =>
        loss(doubles.map((array, i) => (i === target ? array.with(at, array[at] + by) : array)));
      const slope = (moved(step) - moved(-step)) / (2 * step);
      expectClose([actual[at]], [slope], { ...tolerance, why: `input ${target}, element ${at}: ${tolerance.why}` });
    }
  }
}

/** Integers as an operand, for labels and indices. */
export function integers(numbers: readonly number[], shape: Shape, dtype: DType = 'i32'): Operand {
  const data = hostArray(dtype, numbers.length);
  data.set(numbers);
  return { data, shape, dtype };
}
