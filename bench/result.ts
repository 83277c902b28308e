import { z } from 'zod';

/** What an adapter says of itself. */
export const adapter = z.strictObject({
  name: z.string(),
  vendor: z.string(),
  driver: z.string(),
  backend: z.string(),
  software: z.boolean(),
});

const machine = z.strictObject({
  processor: z.string(),
  cores: z.number().int(),
  memoryBytes: z.number().int(),
  system: z.string(),
  node: z.string(),
  /** Processes that wanted to run in the minute before, on average: above the number of cores, timings are slower than they could be. */
  load: z.number(),
  /** When the measurement began, in UTC. */
  date: z.iso.datetime(),
});

export const metrics = ['images/s', 'GFLOP/s', 'GB/s', 'ms'] as const;

const row = z.strictObject({
  workload: z.string(),
  system: z.string(),
  metric: z.enum(metrics),
  median: z.number(),
  min: z.number(),
  max: z.number(),
  runs: z.number().int().positive(),
  /** Share of the adapter's measured best, 1 being all of it; null where there is nothing to compare with. */
  roofline: z.number().nullable(),
  /** Milliseconds of a run that processors worked for the system, summed over them; the median of the rounds. */
  processor: z.number().optional(),
});

const ratio = z.strictObject({
  workload: z.string(),
  system: z.string(),
  against: z.string(),
  ratio: z.number(),
  /** Ratio of processor time. */
  processor: z.number().optional(),
});

/** A workload's file, by a system in a process of its own, until the first result. */
const load = z.strictObject({
  workload: z.string(),
  system: z.string(),
  fileBytes: z.number().int(),
  /** Since the process began. */
  milliseconds: z.number(),
  /** The most memory that was resident; null where the system does not tell. */
  peakBytes: z.number().int().nullable(),
  /** What was resident before anything of the file was read: of outlast with its device open, of others with their library loaded. */
  idleBytes: z.number().int().nullable(),
});

/** A training from its beginning to its end. */
const curve = z.strictObject({
  workload: z.string(),
  /** Loss and share of right answers on the training images, each before its batch's step; wall seconds since the beginning. */
  epochs: z
    .array(z.strictObject({ epoch: z.number().int(), loss: z.number(), accuracy: z.number(), seconds: z.number() }))
    .readonly(),
  testAccuracy: z.number(),
  /** Wall seconds of all: compilation, training and test. */
  seconds: z.number(),
});

/** What every suite gives. */
export const benchResult = z.strictObject({
  adapter,
  /** Which choice of kernels outlast follows, found by `outlast tune`; left out: the defaults. */
  kernels: z.string().optional(),
  machine,
  rows: z.array(row).readonly(),
  ratios: z.array(ratio).readonly(),
  curves: z.array(curve).readonly().optional(),
  loads: z.array(load).readonly().optional(),
});

export type BenchResult = z.infer<typeof benchResult>;
export type Machine = z.infer<typeof machine>;
export type Curve = z.infer<typeof curve>;
export type Load = z.infer<typeof load>;
export type Row = z.infer<typeof row>;
export type Ratio = z.infer<typeof ratio>;
export type Metric = (typeof metrics)[number];
