import { entryOf, type OptionsOf, settingsOf } from '../../../base/catalogue.ts';
import { constant } from './constant.ts';
import { cosine } from './cosine.ts';
import { oneCycle } from './oneCycle.ts';
import type { Moment, ScheduleDefinition } from './schedule.ts';
import { step } from './step.ts';

/** All schedules: study files, flags, their help and the documentation follow from this list. */
export const SCHEDULES = [constant, step, cosine, oneCycle] as const;

export type ScheduleName = (typeof SCHEDULES)[number]['name'];

/** A schedule by its name, `constant` unless given, with the parameters that it has; the others' are not looked at. */
export interface ScheduleOptions extends OptionsOf<(typeof SCHEDULES)[number]> {
  readonly schedule?: ScheduleName;
}

/**
 * The learning rate of a step.
 * @param learningRate the training's: the first one, of `one-cycle` the highest
 * @throws InputError when there is no schedule of this name
 */
export function learningRateAt(options: ScheduleOptions, learningRate: number, moment: Moment): number {
  const schedule: ScheduleDefinition = entryOf('schedule', SCHEDULES, options.schedule ?? 'constant');
  return schedule.rateAt(learningRate, moment, settingsOf(schedule, { ...options }));
}
