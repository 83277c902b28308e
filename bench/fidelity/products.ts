import {
  compile,
  type Device,
  elements,
  exactConv2d,
  exactMatmul,
  exactSum,
  gradients,
  literal,
  type Node,
  type Shape,
  spec,
} from '../../src/engine/index.ts';
import { type Doubles, doubles } from './doubles.ts';
import { dyadic, errorInUlp } from './exact.ts';
import * as references from './exactReferences.ts';
import { type FidelityRow, Tally } from './tally.ts';

/** An exact product at sizes that do not fill its tiles. */
interface ExactProduct {
  readonly operands: readonly Shape[];
  readonly build: (operands: readonly Node[]) => Node;
  readonly reference: (operands: readonly Float64Array[]) => Float64Array;
}

const ROWS = 17;
const DEPTH = 40;
const COLUMNS = 15;
const SUMMED = 250;

const shapes = { x: [2, 3, 6, 5], weight: [3, 3, 3, 4], y: [2, 4, 6, 5], stride: 1, padding: 1 } as const;

const zeros = (shape: Shape) => literal(new Float64Array(elements(shape)), shape, 'f64');

const products = {
  exactMatmul: {
    operands: [
      [ROWS, DEPTH],
      [DEPTH, COLUMNS],
    ],
    build: ([a, b]) => exactMatmul(a, b),
    reference: ([a, b]) => references.exactMatmul(a, b, [ROWS, DEPTH, COLUMNS]),
  },
  exactConv2d: {
    operands: [shapes.x, shapes.weight],
    build: ([x, weight]) => exactConv2d(x, weight, shapes),
    reference: ([x, weight]) =>
      references.exactConv2d(shapes, 'y', { place: 'x', data: x }, { place: 'weight', data: weight }),
  },
  // A product is linear: its gradient by one operand does not depend on the value of that operand.
  exactConv2dGradientInput: {
    operands: [shapes.y, shapes.weight],
    build: ([gradient, weight]) => {
      const x = zeros(shapes.x);
      return gradients(exactConv2d(x, weight, shapes), [x], gradient)[0];
    },
    reference: ([gradient, weight]) =>
      references.exactConv2d(shapes, 'x', { place: 'y', data: gradient }, { place: 'weight', data: weight }),
  },
  exactConv2dGradientWeight: {
    operands: [shapes.y, shapes.x],
    build: ([gradient, x]) => {
      const weight = zeros(shapes.weight);
      return gradients(exactConv2d(x, weight, shapes), [weight], gradient)[0];
    },
    reference: ([gradient, x]) =>
      references.exactConv2d(shapes, 'weight', { place: 'y', data: gradient }, { place: 'x', data: x }),
  },
  exactSum: {
    operands: [[ROWS, SUMMED]],
    build: ([x]) => exactSum(x, [1]),
    reference: ([x]) => references.exactSum(x, [1, 1, ROWS, SUMMED]),
  },
} as const satisfies Record<string, ExactProduct>;

export type ExactProductName = keyof typeof products;

export const exactProductNames = Object.keys(products) as ExactProductName[];

/** Every kind of numbers with itself, with normal ones and with a few short ones. */
const kinds: readonly (readonly [Doubles, Doubles])[] = Object.values(doubles).flatMap((first) =>
  [...new Set([first, doubles.normal, doubles.halves])].map((second) => [first, second] as const),
);

/** Computes exact products or sums of f64 on a device and compares every element with BigInt, until there were enough. */
export async function measureExactProduct(
  device: Device,
  name: ExactProductName,
  { cases, seed }: { cases: number; seed: number },
): Promise<FidelityRow> {
  const { operands: operandShapes, build, reference }: ExactProduct = products[name];
  const executable = await compile(
    ({ operands }: { operands: Node[] }) => ({ y: build(operands) }),
    { operands: operandShapes.map((shape) => spec(shape, 'f64')) },
    { device, name, guarded: true },
  );
  const tally = new Tally();
  try {
    for (let done = 0, run = 0; done < cases; run++) {
      const operands = operandShapes.map((shape, k) =>
        kinds[run % kinds.length][k](elements(shape), seed + 2 * run + k),
      );
      const results = await executable.run({ operands }).y.read();
      await executable.checkGuards();
      const expected = reference(operands).subarray(0, cases - done);
      expected.forEach((value, i) => {
        if (Object.is(results[i], value)) tally.right();
        else
          tally.off(
            [results[i], value].every(Number.isFinite) ? errorInUlp(results[i], dyadic(value), 53) : Infinity,
            () => `element ${i} of run ${run} is ${results[i]}, not ${value}`,
          );
      });
      done += expected.length;
    }
  } finally {
    executable.free();
  }
  return tally.row(name, 'f64');
}
