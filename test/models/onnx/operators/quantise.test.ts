import { expect, test } from 'vitest';
import { compile, gradients, spec, sum } from '../../../../src/engine/index.ts';
import { loadOnnx } from '../../../../src/models/onnx/network/loadOnnx.ts';
import { useDevice } from '../../../support/checkOp.ts';
import { floatTensor, node, onnxFile } from '../../../support/onnxModel.ts';

const device = useDevice();

const zeroPoint = { name: 'zero', dims: [], dataType: 2, rawData: Uint8Array.of(1), externalData: [] };

test('quantised numbers are the nearest multiples of the scale, of two the even one, and gradients pass within the range', async () => {
  const bytes = onnxFile({
    nodes: [
      node('Flatten', ['x'], ['f']),
      node('QuantizeLinear', ['f', 'scale', 'zero'], ['q']),
      node('DequantizeLinear', ['q', 'scale', 'zero'], ['y']),
    ],
    initialisers: [floatTensor('scale', [], [0.25]), zeroPoint],
    inputs: { x: ['N', 1, 1, 5] },
  });
  const { model } = loadOnnx(bytes);
  const executable = await compile(
    ({ x }) => {
      const { logits } = model.forward({}, {}, x, { training: false });
      return { logits, slopes: gradients(sum(logits), [x]) };
    },
    { x: spec([1, 1, 1, 5]) },
    { device: device() },
  );
  // 0.375 lies between 1 and 2 quarters, 0.125 between 0 and 1; -0.6 is below the least, -1 · 0.25, 80 above the largest, 254 · 0.25.
  const run = executable.run({ x: Float32Array.of(0.375, 0.125, 0.3, -0.6, 80) });
  expect(Array.from(await run.logits.read())).toEqual([0.5, 0, 0.25, -0.25, 63.5]);
  expect(Array.from(await run.slopes[0].read())).toEqual([1, 1, 1, 0, 0]);
  executable.free();
});
