import { number } from '../../base/parameter.ts';
import { streamId } from '../../base/philox.ts';
import { cast, fill, greaterEqual, multiply, randomUniform, scale } from '../../engine/index.ts';
import type { Layer } from './layers.ts';

/** A family's parameter: the share that is dropped in training. @param published by torchvision, for the help */
export const dropoutShare = (published: number) =>
  number({
    from: 0,
    below: 1,
    default: 0,
    axis: true,
    takes: 'share',
    about: `share of what the last layers read that is dropped in training, ${published} in torchvision`,
  });

/**
 * Dropout (Srivastava et al., JMLR 15, 2014), as PyTorch's `nn.Dropout`: in training each number is 0 with a probability, and divided by
 * the probability of being kept otherwise; in evaluation all stay as they are. What is dropped follows from the random numbers of the
 * batch, and is another in every pass of it.
 * @param name tells the random numbers of a layer from those of others
 * @param share probability of being dropped
 */
export function dropout(name: string, share: number): Layer {
  const stream = streamId(`train.dropout ${name}`);
  return {
    parameters: {},
    state: {},
    forward: (x, { training, random, storing }) => {
      if (!training || share === 0) return { output: x, observed: {} };
      if (random === undefined) throw new Error(`dropout of ${name} needs random numbers in training`);
      const drawn = randomUniform(random.key, x.shape, { stream, substream: random.pass });
      const kept = cast(greaterEqual(drawn, fill([], share, 'f32')), x.dtype);
      return { output: storing.activation(scale(multiply(x, kept), 1 / (1 - share))), observed: {} };
    },
  };
}

/** What describes a network with dropout; nothing of one without. */
export const droppedWords = (share: number): string => (share === 0 ? '' : `, dropout ${share}`);
