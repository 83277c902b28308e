import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cutout, withoutSquares } from '../../../../src/analysis/robustness/defences/cutout.ts';
import { InputError } from '../../../../src/base/errors.ts';
import { drawIntegers, streamId } from '../../../../src/base/philox.ts';
import { literal, spec } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import { compile } from '../../../../src/engine/run/compile.ts';
import { run, useDevice } from '../../../support/checkOp.ts';
import { values } from '../../../support/values.ts';

interface Fixture {
  readonly shape: readonly number[];
  readonly cases: readonly {
    readonly length: number;
    /** Row and column for each image. */
    readonly centres: readonly (readonly [number, number])[];
    /** 1 where a pixel is left, 0 in the square. */
    readonly left: readonly number[];
  }[];
}

// ART 1.20.1; see test/fixtures/defences/cutout.py.
const fixture: Fixture = JSON.parse(readFileSync('test/fixtures/defences/cutout.json', 'utf8'));
const device = useDevice();

// Pixels are left or 0: the bits must agree.
test.each(fixture.cases)('squares of $length pixels are those of ART', async ({ length, centres, left }) => {
  const { shape } = fixture;
  const images = values(left.length, 5);
  const [rows, columns] = [0, 1].map((axis) =>
    literal(
      Int32Array.from(centres, (centre) => centre[axis]),
      [shape[0], 1, 1, 1],
      'i32',
    ),
  );
  const actual = await run(device(), ([x]) => withoutSquares(x, rows, columns, length), [
    { data: images, shape: [...shape] },
  ]);
  expect(actual).toEqual(images.map((pixel, i) => (left[i] === 1 ? pixel : 0)));
});

/** Images of 7 × 5 white pixels as the training sees them. */
async function augmented(count: number, key: readonly number[]): Promise<Float32Array> {
  const executable = await compile(
    (inputs: { x: Node; key: Node }) => ({ y: cutout.make({ length: 2 }).augment?.(inputs.x, inputs.key) as Node }),
    { x: spec([count, 1, 7, 5]), key: spec([2], 'u32') },
    { device: device(), guarded: true },
  );
  const { y } = executable.run({ x: new Float32Array(count * 35).fill(1), key: Uint32Array.from(key) });
  const all = (await y.read()) as Float32Array;
  executable.free();
  return all;
}

test('rows are drawn from the height and columns from the width, new for every image and key', async () => {
  const count = 200;
  const [low, high] = [7, 3];
  const drawn = (below: number, axis: string) =>
    drawIntegers({ seed: low + high * 2 ** 32, stream: streamId(`cutout.${axis}`), substream: 0 }, below, count);
  const [rows, columns] = [drawn(7, 'row'), drawn(5, 'column')];
  const expected = Float32Array.from({ length: count * 35 }, (_, at) => {
    const [image, row, column] = [Math.floor(at / 35), Math.floor((at % 35) / 5), at % 5];
    const down = row - rows[image];
    const right = column - columns[image];
    return (down === -1 || down === 0) && (right === -1 || right === 0) ? 0 : 1;
  });
  expect(await augmented(count, [low, high])).toEqual(expected);
  expect([new Set(rows).size, new Set(columns).size]).toEqual([7, 5]);
  expect(await augmented(count, [low, 4])).not.toEqual(expected);
});

test('is described for training and for attacks', () => {
  expect(cutout).toMatchObject({ acts: 'training', differentiable: true, random: false });
});

test.each([0, 1, 2.5])('refuses a length of %d', (length) => {
  expect(() => cutout.make({ length })).toThrow(
    new InputError(`cutout: length is ${length}; it must be a whole number from 2`),
  );
});
