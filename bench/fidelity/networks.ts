import { compile, type Device, spec } from '../../src/engine/index.ts';
import {
  type HostArray,
  mapValues,
  type Precision,
  release,
  releaseTrainingState,
  stepRates,
  TRAINING_STATE_DONATED,
  toPyTorch,
  trainingStep,
  trainingStepSpecs,
  unpackValues,
  upload,
  uploadTrainingState,
} from '../../src/models/index.ts';
import { modelOf, sharedWeights } from '../networks.ts';
import { images, LEARNING_RATE, labels, MOMENTUM } from '../peers/network.mjs';
import { reference, referenceNetwork } from './referenceNetwork.ts';

const { batch, channels, side } = referenceNetwork;
const SHAPE = [batch, channels, side, side];

/** How far a whole network is from float64 PyTorch. */
export interface NetworkErrors {
  /** The largest error of a logit in evaluation mode, as a share of the largest logit. */
  readonly logitError: number;
  /** The largest error of the first step's gradients: of a parameter's norm, or of an element as a share of their root mean square. */
  readonly gradientError: number;
  /** The largest relative error among the losses of four steps. */
  readonly lossError: number;
}

/** Runs the reference network in a precision. */
export async function measureNetwork(device: Device, precision: Precision): Promise<NetworkErrors> {
  return { logitError: await logitError(device, precision), ...(await trainingErrors(device, precision)) };
}

const largest = (values: readonly number[]): number =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** The largest difference; infinite where one is not a number. */
function difference(found: ArrayLike<number>, expected: readonly number[]): number {
  const differences = expected.map((value, i) => Math.abs(found[i] - value));
  return differences.some(Number.isNaN) ? Number.POSITIVE_INFINITY : largest(differences);
}

async function logitError(device: Device, precision: Precision): Promise<number> {
  const model = modelOf(referenceNetwork, precision);
  const executable = await compile(
    ({ parameters, state, x }) => ({ logits: model.forward(parameters, state, x, { training: false }).logits }),
    { parameters: model.parameters, state: model.state, x: spec(SHAPE) },
    { device, name: `inference in ${precision}` },
  );
  const weights = upload(device, model, sharedWeights(referenceNetwork, model));
  const logits = await executable.run({ ...weights, x: images(referenceNetwork) }).logits.read();
  executable.free();
  release(weights);
  return difference(logits, reference.logits) / largest(reference.logits);
}

async function trainingErrors(
  device: Device,
  precision: Precision,
): Promise<Pick<NetworkErrors, 'gradientError' | 'lossError'>> {
  const model = modelOf(referenceNetwork, precision);
  const options = { momentum: MOMENTUM };
  const executable = await compile(
    (inputs) => trainingStep(model, inputs, options),
    trainingStepSpecs(model, options, SHAPE),
    { device, name: `training step in ${precision}`, donate: TRAINING_STATE_DONATED },
  );
  const point = uploadTrainingState(device, model, sharedWeights(referenceNetwork, model), options);
  const feeds = {
    ...point,
    x: images(referenceNetwork),
    labels: labels(referenceNetwork),
    rates: stepRates(model, options, LEARNING_RATE, 0),
  };
  const losses: number[] = [];
  let gradientError = 0;
  for (const step of reference.losses.keys()) {
    const { loss, gradients } = executable.run(feeds);
    losses.push((await loss.read())[0]);
    if (step > 0) continue;
    const vectors = (await Promise.all(gradients.map((vector) => vector.read()))) as HostArray[];
    const slopes = mapValues(unpackValues(model.parameters, vectors), (values, name) =>
      toPyTorch(model.parameters[name], values),
    );
    gradientError = largest(Object.values(slopes).map(errorOfGradient));
  }
  executable.free();
  releaseTrainingState(point);
  const relative = losses.map((loss, i) => loss / reference.losses[i] - 1);
  return {
    gradientError,
    lossError: difference(
      relative,
      relative.map(() => 0),
    ),
  };
}

function errorOfGradient(gradient: HostArray, parameter: number): number {
  const norm = reference.gradNorm[parameter];
  const length = Math.sqrt(Array.from(gradient).reduce((squares, value) => squares + value * value, 0));
  const rootMeanSquare = norm / Math.sqrt(gradient.length);
  return Math.max(Math.abs(length - norm) / norm, difference(gradient, reference.gradHead[parameter]) / rootMeanSquare);
}
