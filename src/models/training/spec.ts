import type { PlainSchedule } from './schedules.ts';

/** All that decides a training but its network, its images and its seed. */
export interface TrainingSpec {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly schedule: PlainSchedule;
  readonly momentum: number;
  readonly weightDecay: number;
}
