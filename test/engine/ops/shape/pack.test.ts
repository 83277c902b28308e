import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../../../src/engine/errors.ts';
import { input, spec } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import type { Shape } from '../../../../src/engine/graph/shape.ts';
import { exp, multiply, relu, scale, subtract } from '../../../../src/engine/ops/elementwise/elementwise.ts';
import { matmul } from '../../../../src/engine/ops/matmul/matmul.ts';
import { sum } from '../../../../src/engine/ops/reduce/sum.ts';
import { type Packing, pack, packingOf, unpack } from '../../../../src/engine/ops/shape/pack.ts';
import { reshape, slice, transpose } from '../../../../src/engine/ops/shape/shape.ts';
import { compile } from '../../../../src/engine/run/compile.ts';
import * as reference from '../../../reference/pack.ts';
import { checkDerivative, checkForward, type Operand, operand, useDevice } from '../../../support/checkOp.ts';

const device = useDevice();

const moved = { why: 'elements are moved, not computed' };
/** A difference quotient of a linear function errs by float64 rounding over the step 1e-5. */
const linear = { absolute: 1e-9, why: 'rounding of the finite difference' };

const shapes: readonly Shape[] = [[3, 5], [64], [1], [7, 3, 2], [65], [130]];
const operands = shapes.map((shape, i) => operand(shape, i));
const packing = packingOf(shapes.map((shape) => spec(shape)));
const doubles = ({ data }: Operand) => Float64Array.from(data);
const packed = reference.pack(operands.map(doubles), packing.offsets, packing.size);

/** How many kernels run, by op. */
async function kernels(build: (nodes: Node[]) => Node, types: readonly Shape[]): Promise<Record<string, number>> {
  const executable = await compile(
    ({ inputs }) => ({ output: build([...inputs]) }),
    { inputs: types.map((shape) => spec(shape)) },
    { device: device() },
  );
  executable.free();
  const counts: Record<string, number> = {};
  for (const step of executable.plan.steps)
    if (step.kind === 'dispatch') counts[step.call.entry] = (counts[step.call.entry] ?? 0) + 1;
  return counts;
}

describe('packingOf', () => {
  it('begins every tensor at 256 bytes', () => {
    expect(packing).toEqual({ offsets: [0, 64, 128, 192, 256, 384], size: 576 });
  });
});

describe('pack', () => {
  it('copies inputs to their places, with zeros in between', async () => {
    await checkForward(device(), (nodes) => pack(nodes, packing), operands, packed, moved);
  });

  it('copies more tensors than one kernel binds, and more parts than one kernel lists', async () => {
    const many = Array.from({ length: 20 }, (_, i) => operand([i + 1], i));
    const wide = packingOf(many.map(({ shape }) => spec(shape)));
    const expected = reference.pack(many.map(doubles), wide.offsets, wide.size);
    await checkForward(device(), (nodes) => pack(nodes, wide), many, expected, moved);

    const table = operand([40, 3], 1);
    const rows = Array.from({ length: 40 }, (_, i) => doubles(table).slice(3 * i, 3 * i + 3));
    const narrow = packingOf(rows.map(() => spec([3])));
    const build = ([x]: Node[]) =>
      pack(
        rows.map((_, i) => slice(x, [i, 0], [i + 1, 3])),
        narrow,
      );
    await checkForward(device(), build, [table], reference.pack(rows, narrow.offsets, narrow.size), moved);
    expect(await kernels(build, [table.shape])).toEqual({ pack: 2 });
  });

  it('copies columns, whose elements lie apart', async () => {
    const table = operand([5, 3], 2);
    const columns = [0, 1, 2].map((j) => Float64Array.from({ length: 5 }, (_, i) => table.data[3 * i + j]));
    const narrow = packingOf(columns.map(() => spec([5])));
    const build = ([x]: Node[]) =>
      pack(
        columns.map((_, j) => slice(transpose(x, [1, 0]), [j, 0], [j + 1, 5])),
        narrow,
      );
    await checkForward(device(), build, [table], reference.pack(columns, narrow.offsets, narrow.size), moved);
  });

  it('lets tensors be computed where they go', async () => {
    const build = (nodes: Node[]) =>
      pack(
        nodes.map((node, i) => (i === 3 ? reshape(relu(node), [42]) : relu(node))),
        packing,
      );
    await checkForward(
      device(),
      build,
      operands,
      packed.map((value) => Math.max(value, 0)),
      moved,
    );
    expect(await kernels(build, shapes)).not.toHaveProperty('pack');
  });

  it('copies what is computed from a neighbour, which no kernel may read and write at once', async () => {
    const two: Packing = packingOf([spec([100]), spec([1])]);
    const build = ([x]: Node[]) => {
      const y = exp(x);
      return pack([y, sum(y)], two);
    };
    const x: Operand = { data: new Float32Array(100), shape: [100] };
    const ones = new Float64Array(100).fill(1);
    await checkForward(
      device(),
      build,
      [x],
      reference.pack([ones, Float64Array.of(100)], two.offsets, two.size),
      moved,
    );
    expect(await kernels(build, [[100]])).toMatchObject({ pack: 1 });
  });

  it('has as its gradient the places of the gradient', async () => {
    await checkDerivative(
      device(),
      (nodes) => pack(nodes, packing),
      operands,
      (values) => reference.pack(values, packing.offsets, packing.size),
      linear,
    );
  });

  it('refuses tensors that overlap or are of two kinds', () => {
    const [a, b, c] = [spec([65]), spec([65]), spec([2], 'i32')].map((type) => input(type, 'x'));
    expect(() => pack([a, b], { offsets: [0, 64], size: 192 })).toThrow(/65 elements at 0 reach into the next/);
    expect(() => pack([a, b], { offsets: [0, 128], size: 192 })).toThrow(ShapeError);
    expect(() => pack([a, c], packingOf([a, c]))).toThrow('pack: i32[2] does not go with f32[65]');
    expect(() => pack([a], { offsets: [0, 128], size: 192 })).toThrow('1 tensors do not fit a packing of 2');
    expect(() => pack([], { offsets: [], size: 0 })).toThrow('no tensors');
  });
});

describe('unpack', () => {
  it('shows the tensors where they lie', async () => {
    const whole: Operand = { data: Float32Array.from(packed), shape: [packing.size] };
    for (const [i, shape] of shapes.entries()) {
      const part = reference.unpack(packed, packing.offsets[i], operands[i].data.length);
      const build = ([x]: Node[]) => unpack(x, shapes, packing)[i];
      await checkForward(device(), build, [whole], part, moved);
      await checkForward(
        device(),
        (nodes) => relu(build(nodes)),
        [whole],
        part.map((value) => Math.max(value, 0)),
        moved,
      );
      await checkDerivative(
        device(),
        build,
        [whole],
        ([values]) => reference.unpack(values, packing.offsets[i], part.length),
        linear,
      );
      expect(await kernels((nodes) => relu(build(nodes)), [[packing.size]]), String(shape)).not.toHaveProperty('pack');
    }
  });

  it('is bound by kernels at its offset: a product of two of them, updated all at once in place', async () => {
    const types = [spec([3, 4]), spec([4, 5])];
    const together = packingOf(types);
    const start = Float32Array.from({ length: together.size }, (_, i) => ((7 * i) % 11) - 5);
    const executable = await compile(
      ({ parameters }) => {
        const [a, b] = unpack(
          parameters,
          types.map(({ shape }) => shape),
          together,
        );
        return {
          product: matmul(a, b),
          parameters: subtract(parameters, scale(multiply(parameters, parameters), 0.5)),
        };
      },
      { parameters: spec([together.size]) },
      { device: device(), donate: { parameters: 'parameters' } },
    );
    const parameters = device().tensor(start, [together.size]);
    let expected = Float64Array.from(start);
    for (let turn = 0; turn < 2; turn++) {
      const { product } = executable.run({ parameters });
      const [a, b] = types.map(({ shape }, i) => reference.unpack(expected, together.offsets[i], shape[0] * shape[1]));
      const byHand = Float64Array.from({ length: 15 }, (_, at) =>
        [0, 1, 2, 3].reduce((total, k) => total + a[4 * Math.floor(at / 5) + k] * b[5 * k + (at % 5)], 0),
      );
      // Halves and whole numbers: exact in f32.
      expect(Float64Array.from(await product.read())).toEqual(byHand);
      expected = expected.map((value) => value - 0.5 * value * value);
    }
    expect(Float64Array.from(await parameters.read())).toEqual(expected);
    executable.free();
  });

  it('refuses a tensor that is not so packed', () => {
    const x = input(spec([64]), 'x');
    expect(() => unpack(x, [[65]], { offsets: [0], size: 64 })).toThrow(
      'unpack: [65] at 0 reaches into the next tensor or beyond 64',
    );
    expect(() => unpack(x, [[3]], { offsets: [0], size: 128 })).toThrow(
      'unpack: f32[64] is no packing of 1 tensors in 128 elements',
    );
  });
});
