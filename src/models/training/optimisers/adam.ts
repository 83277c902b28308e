import { number } from '../../../base/parameter.ts';
import { add, divide, multiply, offset, scale, sqrt, square, subtract } from '../../../engine/index.ts';
import { defineOptimiser, l2Penalty, quotientGuard, type Updated, type UpdateInputs } from './optimiser.ts';

const moments = {
  beta1: number({
    from: 0,
    below: 1,
    default: 0.9,
    takes: 'share',
    about: 'share of the mean gradient that is kept in a step',
  }),
  beta2: number({
    from: 0,
    below: 1,
    default: 0.999,
    takes: 'share',
    about: 'share of the mean squared gradient that is kept',
  }),
  epsilon: quotientGuard,
};

interface Moments {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

const slots = () => ['exp_avg', 'exp_avg_sq'];

/** The corrections of the first steps' bias are powers of the betas, so they come from the host in float64. */
const correctedRates = (learningRate: number, step: number, { beta1, beta2 }: Moments) => ({
  stepSize: learningRate / (1 - beta1 ** step),
  spread: 1 / Math.sqrt(1 - beta2 ** step),
});

/** Moves parameters against the mean gradient over the root of the mean squared one. */
function followMoments(
  { parameters, gradients, slots, rates }: UpdateInputs,
  { beta1, beta2, epsilon }: Moments,
): Updated {
  const first = add(scale(slots.exp_avg, beta1), scale(gradients, 1 - beta1));
  const second = add(scale(slots.exp_avg_sq, beta2), scale(square(gradients), 1 - beta2));
  const divisor = offset(multiply(sqrt(second), rates.spread), epsilon);
  return {
    parameters: subtract(parameters, multiply(rates.stepSize, divide(first, divisor))),
    slots: { exp_avg: first, exp_avg_sq: second },
  };
}

/** Adam (algorithm 1 of its paper) with an L2 penalty, as PyTorch computes it. */
export const adam = defineOptimiser({
  name: 'adam',
  title: 'Adam',
  source: 'Kingma and Ba, arXiv 1412.6980',
  parameters: { ...moments, weightDecay: l2Penalty },
  slots,
  rates: correctedRates,
  update: (inputs, settings) => {
    const { parameters, gradients } = inputs;
    const { weightDecay } = settings;
    const penalised = weightDecay === 0 ? gradients : add(gradients, scale(parameters, weightDecay));
    return followMoments({ ...inputs, gradients: penalised }, settings);
  },
});

/** Adam whose parameters shrink apart from the gradient, as PyTorch computes it. */
export const adamw = defineOptimiser({
  name: 'adamw',
  title: 'AdamW',
  source: 'Loshchilov and Hutter, arXiv 1711.05101',
  parameters: {
    ...moments,
    weightDecay: number({
      from: 0,
      default: 0.01,
      takes: 'factor',
      about: 'share of each parameter that a learning rate of 1 would take away in a step',
    }),
  },
  slots,
  rates: (learningRate, step, settings) => ({
    ...correctedRates(learningRate, step, settings),
    decay: 1 - learningRate * settings.weightDecay,
  }),
  update: (inputs, settings) =>
    followMoments({ ...inputs, parameters: multiply(inputs.parameters, inputs.rates.decay) }, settings),
});
