import { number, yesOrNo } from '../../../base/parameter.ts';
import { add, divide, fill, maximum, multiply, offset, scale, sqrt, square, subtract } from '../../../engine/index.ts';
import { defineOptimiser, l2Penalty, quotientGuard } from './optimiser.ts';

/**
 * RMSprop as PyTorch computes it: s ← alpha · s + (1 − alpha) · g²; p ← p − learningRate · g / (√s + epsilon), with momentum on the
 * quotient. Centred, the root is of the variance s − m², with m ← alpha · m + (1 − alpha) · g. A variance that rounding left below 0
 * counts as 0; PyTorch makes NaN of it.
 */
export const rmsprop = defineOptimiser({
  name: 'rmsprop',
  title: 'RMSprop',
  source:
    'Tieleman and Hinton, Neural networks for machine learning, lecture 6.5, 2012; centred: Graves, arXiv 1308.0850',
  parameters: {
    alpha: number({
      from: 0,
      below: 1,
      default: 0.99,
      takes: 'share',
      about: 'share of the mean squared gradient that is kept in a step',
    }),
    epsilon: quotientGuard,
    momentum: number({
      from: 0,
      below: 1,
      default: 0,
      takes: 'factor',
      about: 'share of the last step that goes on in the next',
    }),
    centered: yesOrNo({
      default: false,
      about: 'divide by the deviation of the gradient, not by its root mean square',
    }),
    weightDecay: l2Penalty,
  },
  slots: ({ momentum, centered }) => [
    'square_avg',
    ...(centered ? ['grad_avg'] : []),
    ...(momentum === 0 ? [] : ['momentum_buffer']),
  ],
  rates: (learningRate) => ({ learningRate }),
  update: ({ parameters, gradients, slots, rates }, { alpha, epsilon, momentum, centered, weightDecay }) => {
    const penalised = weightDecay === 0 ? gradients : add(gradients, scale(parameters, weightDecay));
    const squares = add(scale(slots.square_avg, alpha), scale(square(penalised), 1 - alpha));
    const mean = centered ? add(scale(slots.grad_avg, alpha), scale(penalised, 1 - alpha)) : null;
    const spread = mean === null ? squares : maximum(subtract(squares, square(mean)), fill([], 0, squares.dtype));
    const quotient = divide(penalised, offset(sqrt(spread), epsilon));
    const direction = momentum === 0 ? quotient : add(scale(slots.momentum_buffer, momentum), quotient);
    return {
      parameters: subtract(parameters, multiply(rates.learningRate, direction)),
      slots: {
        square_avg: squares,
        ...(mean === null ? {} : { grad_avg: mean }),
        ...(momentum === 0 ? {} : { momentum_buffer: direction }),
      },
    };
  },
});
