import { integer, number } from '../../../base/parameter.ts';
import { defineSchedule } from './schedule.ts';

/**
 * The learning rate is multiplied by `gamma` after every `stepSize` epochs; left out, these are a third of the
 * training: it falls twice.
 */
export const step = defineSchedule({
  name: 'step',
  title: 'Step decay',
  source: "PyTorch's StepLR",
  parameters: {
    stepSize: integer({
      from: 1,
      optional: true,
      takes: 'epochs',
      about: 'epochs between two falls of the learning rate; a third of the training without it',
    }),
    gamma: number({ above: 0, to: 1, default: 0.1, takes: 'factor', about: 'what the learning rate is multiplied by' }),
  },
  rateAt: (learningRate, { step, stepsPerEpoch, epochs }, { gamma, stepSize = Math.ceil(epochs / 3) }) =>
    learningRate * gamma ** Math.floor(Math.floor(step / stepsPerEpoch) / stepSize),
});
