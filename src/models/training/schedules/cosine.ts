import { alongCosine, defineSchedule } from './schedule.ts';

/** The learning rate falls to 0 over the training, without restarts (equation 5 of the paper). */
export const cosine = defineSchedule({
  name: 'cosine',
  title: 'Cosine annealing',
  source: "Loshchilov and Hutter, arXiv 1608.03983; PyTorch's CosineAnnealingLR",
  parameters: {},
  rateAt: (learningRate, { step, steps }) => alongCosine(learningRate, 0, step / steps),
});
