import { InputError } from '../../base/errors.ts';

/** How the learning rate moves during training, in the formulas of `torch.optim.lr_scheduler`. */
export type Schedule =
  | { readonly name: 'constant' }
  /** Times `gamma` after every `stepSize` epochs: StepLR. */
  | { readonly name: 'step'; readonly stepSize: number; readonly gamma: number }
  /** Down to 0 over the training, without restarts (Loshchilov and Hutter, arXiv 1608.03983, equation 5): CosineAnnealingLR. */
  | { readonly name: 'cosine' }
  /**
   * Up for a share `warmup` of the training, then down, both along a cosine (Smith and Topin, arXiv 1708.07120): OneCycleLR, the
   * momentum left alone. It starts at the peak / `divFactor` and ends at that / `finalDivFactor`.
   */
  | {
      readonly name: 'one-cycle';
      readonly warmup?: number;
      readonly divFactor?: number;
      readonly finalDivFactor?: number;
    };

export type ScheduleName = Schedule['name'];

/** A schedule that needs no numbers of its own, by its name alone. */
export type PlainSchedule = Exclude<ScheduleName, 'step'>;

/** A schedule, in full or by its name. */
export const scheduleOf = (schedule: Schedule | PlainSchedule): Schedule =>
  typeof schedule === 'string' ? { name: schedule } : schedule;

export const SCHEDULES = ['constant', 'step', 'cosine', 'one-cycle'] as const satisfies readonly ScheduleName[];

/** PyTorch's defaults of OneCycleLR. */
const ONE_CYCLE = { warmup: 0.3, divFactor: 25, finalDivFactor: 1e4 };

/** Where a training stands. */
export interface Moment {
  /** From 0. */
  readonly step: number;
  /** Of the whole training. */
  readonly steps: number;
  readonly stepsPerEpoch: number;
}

/** The learning rate of a step. `learningRate` is the first one, of `one-cycle` the highest. */
export function learningRateAt(
  schedule: Schedule,
  learningRate: number,
  { step, steps, stepsPerEpoch }: Moment,
): number {
  switch (schedule.name) {
    case 'constant':
      return learningRate;
    case 'step':
      return learningRate * schedule.gamma ** Math.floor(Math.floor(step / stepsPerEpoch) / schedule.stepSize);
    case 'cosine':
      return alongCosine(learningRate, 0, step / steps);
    case 'one-cycle': {
      const { warmup, divFactor, finalDivFactor } = { ...ONE_CYCLE, ...schedule };
      const [first, last] = [learningRate / divFactor, learningRate / divFactor / finalDivFactor];
      // PyTorch counts the steps of the two phases from 0 to the last one.
      const peak = warmup * steps - 1;
      if (step < peak) return alongCosine(first, learningRate, step / peak);
      return alongCosine(learningRate, last, (step - peak) / (steps - 1 - peak));
    }
  }
}

/** From one value (share 0) to another (share 1) along half a cosine. */
const alongCosine = (from: number, to: number, share: number) =>
  to + ((from - to) / 2) * (1 + Math.cos(Math.PI * share));

/** @throws InputError when a number of a schedule is out of range */
export function checkSchedule(schedule: Schedule): void {
  const check = (what: string, value: number, right: boolean, range: string) => {
    if (!right)
      throw new InputError(`training: ${what} of the schedule ${schedule.name} is ${value}; it must be ${range}`);
  };
  if (schedule.name === 'step') {
    const { stepSize, gamma } = schedule;
    check('the step size', stepSize, Number.isInteger(stepSize) && stepSize >= 1, 'a whole number of epochs from 1');
    check('gamma', gamma, gamma > 0 && gamma <= 1, 'above 0 and at most 1');
  }
  if (schedule.name === 'one-cycle') {
    const { warmup, divFactor, finalDivFactor } = { ...ONE_CYCLE, ...schedule };
    check('the warm-up', warmup, warmup >= 0 && warmup < 1, 'a share of the training, from 0 to below 1');
    for (const [what, factor] of Object.entries({ 'the first divisor': divFactor, 'the last divisor': finalDivFactor }))
      check(what, factor, Number.isFinite(factor) && factor >= 1, 'at least 1');
  }
}
