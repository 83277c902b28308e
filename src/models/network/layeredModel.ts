import { InputError } from '../../base/errors.ts';
import { cast } from '../../engine/index.ts';
import { type Layer, normalisation, sequential } from './layers.ts';
import { type Model, mapValues, type Specs } from './model.ts';
import type { NetworkEnds } from './network.ts';
import { type Precision, policyOf, storingOf } from './precision.ts';

/** Most channels of a layer, and most pixels of a side: more is a slip of the keyboard. */
export const MOST_CHANNELS = 65_536;

/** What a network is built for: its images, its classes, and the format that it computes in. */
export type BuildOptions = NetworkEnds & {
  /** f32 unless given. */
  readonly precision?: Precision;
};

/**
 * A model made of layers, behind the normalisation of its images where there is one, in the formats of its precision.
 * @param name of the model: `resnet18`
 * @throws InputError when the normalisation does not fit the images
 */
export function layeredModel(
  name: string,
  layers: Layer,
  { inChannels, precision, normalisation: given }: BuildOptions,
): Model {
  if (given !== undefined) checkNormalisation('normalisation', given, inChannels);
  const network = given === undefined ? layers : sequential([normalisation(given), layers]);
  const policy = policyOf({ precision });
  const storing = storingOf(policy);
  const ofPrecision = (specs: Specs): Specs => mapValues(specs, (each) => ({ ...each, dtype: policy.computed }));
  return {
    name,
    precision,
    parameters: ofPrecision(network.parameters),
    state: ofPrecision(network.state),
    forward: (parameters, state, x, options) => {
      const images = cast(x, policy.computed);
      const first = given === undefined ? storing.activation(images) : images;
      const { output, observed } = network.forward(first, { parameters, state, storing, ...options });
      return { logits: output, observed };
    },
  };
}

/**
 * Checks sizes of a network.
 * @param title the family's
 * @param sizes by what a message calls them: `number of classes`
 * @throws InputError where one is not a whole number from 1
 */
export function checkSizes(title: string, sizes: Readonly<Record<string, number>>): void {
  for (const [name, size] of Object.entries(sizes))
    if (!Number.isInteger(size) || size < 1)
      throw new InputError(`the ${name} of a ${title} is ${size}; it must be a whole number from 1`);
}

/**
 * Checks that a normalisation is one of images with so many channels.
 * @param where the message begins with
 * @throws InputError where it is not
 */
export function checkNormalisation(
  where: string,
  { mean, standardDeviation }: NonNullable<NetworkEnds['normalisation']>,
  channels: number,
): void {
  for (const [name, values] of Object.entries({ mean, 'standard deviation': standardDeviation })) {
    const least = name === 'mean' ? Number.NEGATIVE_INFINITY : 0;
    if (values.length !== channels || !values.every((value) => Number.isFinite(value) && value > least))
      throw new InputError(
        `${where}: the ${name} is [${values.join(', ')}]; it must be ${channels} finite numbers, one a channel${name === 'mean' ? '' : ', above 0'}`,
      );
  }
}
