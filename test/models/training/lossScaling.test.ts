import { expect, test } from 'vitest';
import { literal } from '../../../src/engine/graph/graph.ts';
import { compile, evaluate } from '../../../src/engine/run/compile.ts';
import { initialWeights } from '../../../src/models/network/weights.ts';
import { areFinite, nextScaling, unscaled } from '../../../src/models/training/lossScaling.ts';
import {
  stepRates,
  TRAINING_STATE_DONATED,
  trainingStep,
  trainingStepSpecs,
  uploadTrainingState,
} from '../../../src/models/training/step.ts';
import { useDevice } from '../../support/checkOp.ts';
import { linearModel } from '../../support/linearModel.ts';

/** The numbers are those of PyTorch's GradScaler: 2^16 at first, halved after an overflow, doubled after 2000 finite steps in a row. */
const device = useDevice();

const vector = (...values: number[]) => literal(Float32Array.from(values), [values.length]);
const truth = (value: boolean) => literal(Uint32Array.of(Number(value)), [], 'bool');

test.each([
  [[65536, 10], true, [65536, 11]],
  [[65536, 1999], true, [131072, 0]],
  [[65536, 1999], false, [32768, 0]],
  [[1, 0], false, [0.5, 0]],
])('%j after finite: %s is %j', async (scaling, finite, after) => {
  const [next] = await evaluate([nextScaling(vector(...scaling), truth(finite))], device());
  expect([...next]).toEqual(after);
});

test('gradients are finite when all of them are', async () => {
  const flags = [
    [vector(1, -3e38), vector(0)],
    [vector(1), vector(Number.NaN, 2)],
    [vector(Number.NEGATIVE_INFINITY, 1), vector(2)],
  ].map(areFinite);
  expect((await evaluate(flags, device())).map(([flag]) => flag)).toEqual([1, 0, 0]);
});

test('gradients of the scaled loss are divided by the scale, exactly', async () => {
  const [slopes] = await evaluate(unscaled([vector(65536, -3)], vector(65536, 0)), device());
  expect([...slopes]).toEqual([1, -3 / 65536]);
});

test('a step whose gradients overflow changes the scale alone', async () => {
  const model = { ...linearModel([3, 2, 2], 3), precision: 'f16' as const };
  const options = { momentum: 0.9 };
  const executable = await compile(
    (inputs) => {
      const { gradients: _, ...updated } = trainingStep(model, inputs, options);
      return updated;
    },
    trainingStepSpecs(model, options, [4, 3, 2, 2]),
    { device: device(), donate: TRAINING_STATE_DONATED },
  );
  const point = uploadTrainingState(device(), model, initialWeights(model, 3), options);
  const feeds = {
    ...point,
    x: Float32Array.from({ length: 48 }, (_, i) => 20 * (Math.sin(i) + 1.5)),
    labels: Int32Array.of(0, 1, 2, 0),
    rates: stepRates(model, options, 0.1, 0),
  };
  const [parameters] = point.parameters;
  const before = await parameters.read();
  // The loss is about 1: scaled by 2^127 it is finite, its gradients by weights are sums beyond the range of f32.
  device().write(point.scaling[0], Float32Array.of(2 ** 127, 7));
  executable.run(feeds);
  expect([...(await parameters.read())]).toEqual([...before]);
  expect([...(await point.slots.momentum_buffer[0].read())].every((value) => value === 0)).toBe(true);
  expect([...(await point.scaling[0].read())]).toEqual([2 ** 126, 0]);
  device().write(point.scaling[0], Float32Array.of(2 ** 16, 7));
  executable.run(feeds);
  expect([...(await parameters.read())]).not.toEqual([...before]);
  expect([...(await point.scaling[0].read())]).toEqual([2 ** 16, 8]);
  executable.free();
});
