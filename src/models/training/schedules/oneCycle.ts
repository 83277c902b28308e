import { number } from '../../../base/parameter.ts';
import { alongCosine, defineSchedule } from './schedule.ts';

/**
 * The learning rate rises for a share `warmup` of the training, then falls, both along a cosine; the momentum is left alone. It starts at
 * the training's learning rate / `divFactor`, whose full height is the peak, and ends at that start / `finalDivFactor`.
 */
export const oneCycle = defineSchedule({
  name: 'one-cycle',
  title: 'One cycle',
  source: "Smith and Topin, arXiv 1708.07120; PyTorch's OneCycleLR",
  parameters: {
    warmup: number({
      from: 0,
      below: 1,
      default: 0.3,
      takes: 'share',
      about: 'share of the training in which the learning rate rises',
    }),
    divFactor: number({ from: 1, default: 25, takes: 'factor', about: 'highest learning rate over the first one' }),
    finalDivFactor: number({ from: 1, default: 1e4, takes: 'factor', about: 'first learning rate over the last one' }),
  },
  rateAt: (learningRate, { step, steps }, { warmup, divFactor, finalDivFactor }) => {
    const [first, last] = [learningRate / divFactor, learningRate / divFactor / finalDivFactor];
    // PyTorch counts the steps of the two phases from 0 to the last one.
    const peak = warmup * steps - 1;
    if (step < peak) return alongCosine(first, learningRate, step / peak);
    return alongCosine(learningRate, last, (step - peak) / (steps - 1 - peak));
  },
});
