import { number, yesOrNo } from '../../../base/parameter.ts';
import { add, multiply, scale, subtract } from '../../../engine/index.ts';
import type { Nodes } from '../../network/model.ts';
import { defineOptimiser, l2Penalty } from './optimiser.ts';

/**
 * Stochastic gradient descent with momentum as in PyTorch: v ← momentum · v + g + weightDecay · p; p ← p − learningRate · v, or
 * with Nesterov's momentum p ← p − learningRate · (g + weightDecay · p + momentum · v).
 * (Sutskever et al., ICML 2013, multiply the learning rate into v instead; the two differ when it changes.)
 */
export const sgd = defineOptimiser({
  name: 'sgd',
  title: 'SGD with momentum',
  source: 'Sutskever et al., ICML 2013',
  parameters: {
    momentum: number({
      from: 0,
      below: 1,
      default: 0,
      takes: 'factor',
      about: 'share of the last step that goes on in the next',
    }),
    nesterov: yesOrNo({ default: false, about: "Nesterov's momentum" }),
    weightDecay: l2Penalty,
  },
  usual: { momentum: 0.9, weightDecay: 0 },
  whyWrong: ({ momentum, nesterov }) =>
    nesterov && momentum === 0 ? { parameter: 'momentum', message: "is 0; it must be above 0 for Nesterov's" } : null,
  slots: ({ momentum }) => (momentum === 0 ? [] : ['momentum_buffer']),
  rates: (learningRate) => ({ learningRate }),
  update: ({ parameters, gradients, slots, rates }, { momentum, nesterov, weightDecay }) => {
    const remembers = momentum !== 0;
    const decayed = weightDecay === 0 ? gradients : add(gradients, scale(parameters, weightDecay));
    const velocity = remembers ? add(scale(slots.momentum_buffer, momentum), decayed) : decayed;
    const direction = nesterov ? add(decayed, scale(velocity, momentum)) : velocity;
    const kept: Nodes = remembers ? { momentum_buffer: velocity } : {};
    return {
      parameters: subtract(parameters, multiply(rates.learningRate, direction)),
      slots: kept,
    };
  },
});
