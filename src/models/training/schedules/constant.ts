import { defineSchedule } from './schedule.ts';

/** The learning rate stays as it is. */
export const constant = defineSchedule({
  name: 'constant',
  title: 'Constant',
  source: "PyTorch's ConstantLR with a factor of 1",
  parameters: {},
  rateAt: (learningRate) => learningRate,
});
