import { expect } from 'vitest';
import type { Device } from '../../src/engine/device/device.ts';
import type { Capabilities } from '../../src/engine/graph/capabilities.ts';
import { input, spec } from '../../src/engine/graph/graph.ts';
import type { Node, VariantChoice } from '../../src/engine/graph/op.ts';
import { kernelOp } from '../../src/engine/graph/op.ts';
import { type Operand, run } from './checkOp.ts';

/** The largest |actual - expected| / magnitude, where magnitude is the sum of the absolute products that an element is made of. */
export function largestError(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  magnitudes: ArrayLike<number>,
): number {
  expect(actual.length).toBe(expected.length);
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i] - expected[i]) / magnitudes[i];
    // A sum of no products is 0.
    largest = Math.max(largest, magnitudes[i] === 0 ? Math.abs(actual[i]) : Number.isNaN(error) ? Infinity : error);
  }
  return largest;
}

/**
 * The largest error of each variant of the op whose node `build` returns, relative to sums of absolute products.
 * @returns by name
 */
export async function errorsOfVariants(
  device: Device,
  build: (inputs: Node[]) => Node,
  operands: readonly Operand[],
  expected: ArrayLike<number>,
  magnitudes: ArrayLike<number>,
  settings: readonly Partial<Capabilities>[],
): Promise<Record<string, number>> {
  const node = build(operands.map(({ shape, dtype }, i) => input(spec(shape, dtype), `operand ${i}`)));
  const { inputs, attributes } = node;
  const errors: Record<string, number> = {};
  for (const setting of settings) {
    const capabilities = { ...device.capabilities, ...setting };
    for (const name of kernelOp(node).variants?.({ inputs, output: node, attributes, capabilities }) ?? []) {
      if (name in errors) continue;
      const chosen: VariantChoice = ({ op }) => (op === node.op ? name : undefined);
      errors[name] = largestError(await run(device, build, operands, setting, chosen), expected, magnitudes);
    }
  }
  return errors;
}
