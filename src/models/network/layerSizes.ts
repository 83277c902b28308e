import { InputError } from '../../base/errors.ts';
import { byteLength, type Capabilities, elements } from '../../engine/index.ts';
import type { Model } from './model.ts';
import { policyOf } from './precision.ts';

/** What a device says of the tensors that its kernels can bind. */
type Binding = Pick<Capabilities, 'maxStorageBufferBindingSize'>;

/** The first parameter that is larger than a device binds, in words; undefined: none is. */
function largeParameter({ parameters }: Model, { maxStorageBufferBindingSize: most }: Binding): string | undefined {
  for (const [name, { shape, dtype }] of Object.entries(parameters)) {
    const bytes = byteLength(dtype, elements(shape));
    const type = `${dtype}[${shape.join(', ')}]`;
    if (bytes > most) return `its parameter ${name}, ${type}, has ${bytes} bytes, and this device binds ${most}`;
  }
}

/**
 * Refuses a model that a device cannot evaluate: parameters that are larger than it binds are read in slices by products of f32 and
 * f32x2 alone.
 * @throws InputError that names the parameter, its size and the limit
 */
export function checkEvaluated(model: Model, binding: Binding): void {
  const { computed, storage } = policyOf(model);
  if (storage === null && computed !== 'f64') return;
  const large = largeParameter(model, binding);
  if (large !== undefined)
    throw new InputError(`${model.name}: ${large}; in ${model.precision} it is not read in slices, in f32 it is`);
}

/**
 * Refuses a model that a device cannot train: gradients, and what optimisers remember, are as large as their parameters, and are not
 * computed in slices.
 * @throws InputError that names the parameter, its size and the limit
 */
export function checkTrained(model: Model, binding: Binding): void {
  const large = largeParameter(model, binding);
  if (large !== undefined)
    throw new InputError(
      `${model.name}: ${large}; a layer of this size is evaluated and attacked here, but trained only on a device that binds it`,
    );
}
