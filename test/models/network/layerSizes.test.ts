import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import { Device } from '../../../src/engine/index.ts';
import {
  buildNetwork,
  initialWeights,
  type Precision,
  planInference,
  planTraining,
  upload,
  uploadTrainingState,
} from '../../../src/models/index.ts';
import { useDevice } from '../../support/checkOp.ts';

const device = useDevice();

/** Bytes that are bound: less than the first layer has, [256, 784] of f32, and more than images have. */
const MOST = 2 ** 18;
const LAYER = 256 * 784;

const mlp = (precision: Precision) =>
  buildNetwork({ family: 'mlp', precision, inChannels: 1, classes: 10, imageSize: [28, 28] });
const pass = { image: [1, 28, 28], batch: 2 } as const;
const capabilities = () => ({ ...device().capabilities, maxStorageBufferBindingSize: MOST });

/** The device, as one that binds less. */
const smaller = (): Device => new Device(device().queue, { ...device().profile, capabilities: capabilities() });

const refused = (format: string, bytes: number) =>
  `mlp2: its parameter fc1.weight, ${format}[256, 784], has ${bytes} bytes, and this device binds ${MOST}; `;

describe('a layer that is larger than a device binds', () => {
  it('is planned for inference in f32 and f32x2, in slices', () => {
    for (const precision of ['f32', 'f32x2'] as const)
      expect(planInference(mlp(precision), pass, capabilities()).flops).toBeGreaterThan(2 * LAYER);
  });

  it.each([
    ['f64', 'f64', 8 * LAYER],
    ['f16', 'f32', 4 * LAYER],
  ] as const)('is refused in %s, before anything is planned or uploaded', (precision, format, bytes) => {
    const model = mlp(precision);
    const says = `${refused(format, bytes)}in ${precision} it is not read in slices, in f32 it is`;
    expect(() => planInference(model, pass, capabilities())).toThrow(new InputError(says));
    expect(() => upload(smaller(), model, initialWeights(model, 0))).toThrow(new InputError(says));
  });

  it('is refused in training', () => {
    const model = mlp('f32');
    const says = `${refused('f32', 4 * LAYER)}a layer of this size is evaluated and attacked here, but trained only on a device that binds it`;
    expect(() => planTraining(model, pass, capabilities())).toThrow(new InputError(says));
    expect(() => uploadTrainingState(smaller(), model, initialWeights(model, 0), {})).toThrow(new InputError(says));
  });
});
