import { describe, expect, it } from 'vitest';
import { input, spec } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import { indexSelect } from '../../../../src/engine/ops/select/indexSelect.ts';
import { indexSelect as reference } from '../../../reference/indexSelect.ts';
import { checkDerivative, checkForward, integers, operand, useDevice } from '../../../support/checkOp.ts';

const device = useDevice();
const build = ([x, indices]: Node[]) => indexSelect(x, indices);
const exact = { why: 'rows are copied' };

describe('indexSelect', () => {
  for (const { rows, row, picks } of [
    { rows: 5, row: 3, picks: [4, 0, 0, 2] },
    { rows: 1, row: 64, picks: [0] },
    { rows: 9, row: 65, picks: [8, 8, 8, 1, 7] },
  ])
    it(`picks ${picks.length} of ${rows} rows of ${row}`, async () => {
      const operands = [operand([rows, row], 1), integers(picks, [picks.length])];
      const expected = (inputs: ArrayLike<number>[]) => reference(inputs[0], rows, picks);
      await checkForward(device(), build, operands, expected([operands[0].data]), exact);
      const why = 'up to 3 rows added in f32; central differences of a linear function';
      await checkDerivative(device(), build, operands, expected, { absolute: 3 * 2 ** -24 + 1e-9, why }, { wrt: [0] });
    });

  it.each(['f32x2', 'f64'] as const)('picks rows of %s, and adds gradients up', async (dtype) => {
    const picks = [8, 8, 8, 1, 7];
    const operands = [operand([9, 65], 1, dtype), integers(picks, [5])];
    const expected = (inputs: ArrayLike<number>[]) => reference(inputs[0], 9, picks);
    await checkForward(device(), build, operands, expected([operands[0].data]), exact);
    // The weights of the finite differences have 24 bits, so that sums of three are exact.
    const why = 'central differences of a linear function';
    await checkDerivative(device(), build, operands, expected, { absolute: 1e-9, why }, { wrt: [0] });
  });

  it('gives zeros for indices that are no rows, and reads nothing outside', async () => {
    const operands = [operand([3, 4], 1), integers([3, -1, 2, 2 ** 31 - 1], [4])];
    await checkForward(device(), build, operands, reference(operands[0].data, 3, [3, -1, 2, 2 ** 31 - 1]), exact);
  });

  it('refuses operands of other types, naming both', () => {
    const x = input(spec([3, 4]), 'x');
    expect(() => indexSelect(x, x)).toThrow('indexSelect(f32[3, 4], f32[3, 4]): the indices are i32 with one axis');
  });
});
