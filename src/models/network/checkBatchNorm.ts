import { InputError } from '../../base/errors.ts';
import { reachable, type Shape, spec, trace } from '../../engine/index.ts';
import type { Model } from './model.ts';

/**
 * Whether training can learn anything through a model's batch norms. One that sees a single value a channel (one image, whose plane has
 * shrunk to one pixel) gives 0 whatever goes in, and its running variance becomes 0; PyTorch raises a ValueError there.
 * @param images [N, C, H, W] of a batch of training
 * @throws InputError when one does, before any device is touched
 */
export function checkBatchNorm({ name, parameters, state, forward }: Model, images: Shape): void {
  const { outputs } = trace(
    (inputs) => ({ logits: forward(inputs.parameters, inputs.state, inputs.x, { training: true }).logits }),
    { parameters, state, x: spec(images) },
  );
  const normalised = reachable([outputs.logits]).filter(({ op }) => op.name === 'batchNormStatistics');
  const blind = normalised.filter(({ inputs: [{ shape }] }) => shape[0] * shape[2] * shape[3] === 1);
  if (blind.length === 0) return;
  const [, , height, width] = images;
  throw new InputError(
    `training: with a batch of 1 image of ${width} x ${height} pixels, ${blind.length} of the ${normalised.length} batch norms of ${name} see one value a channel, ` +
      `the first [${blind[0].inputs[0].shape.join(', ')}], and can only answer 0; train with batches of at least 2 (--batch, batch_size)`,
  );
}
