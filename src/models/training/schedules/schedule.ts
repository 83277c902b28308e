import type { Parameters, ValuesOf } from '../../../base/parameter.ts';

/** Where a training stands. */
export interface Moment {
  /** Steps of the optimiser before this one. */
  readonly step: number;
  /** Steps of the whole training. */
  readonly steps: number;
  readonly stepsPerEpoch: number;
  /** Epochs of the whole training. */
  readonly epochs: number;
}

/** How the learning rate moves during training: the formula of a class of `torch.optim.lr_scheduler`. */
export interface ScheduleDefinition<N extends string = string, P extends Parameters = Parameters> {
  /** As study files and commands call it. */
  readonly name: N;
  readonly title: string;
  /** Where it was published, or PyTorch's class. */
  readonly source: string;
  /** The parameters, with PyTorch's defaults. */
  readonly parameters: P;
  /** The learning rate of a step. @param learningRate that of the training */
  rateAt(learningRate: number, moment: Moment, settings: ValuesOf<P>): number;
}

/** A schedule for the catalogue: its file holds all that there is to know of it. */
export const defineSchedule = <const N extends string, const P extends Parameters>(
  definition: ScheduleDefinition<N, P>,
): ScheduleDefinition<N, P> => definition;

/** From one value (share 0) to another (share 1) along half a cosine. */
export const alongCosine = (from: number, to: number, share: number): number =>
  to + ((from - to) / 2) * (1 + Math.cos(Math.PI * share));
