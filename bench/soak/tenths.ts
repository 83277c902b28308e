import { mean } from 'simple-statistics';

/** What was read of the process after one round of a soak. */
export interface Reading {
  /** Wall seconds since the soak began. */
  readonly seconds: number;
  /** Processor seconds since the soak began. */
  readonly processorSeconds: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
  /** Device memory that outlast holds. */
  readonly deviceBytes: number;
  /** Whatever keeps Node's event loop alive: timers, sockets, requests. */
  readonly handles: number;
  /** Open file descriptors; null where the system does not list them. */
  readonly files: number | null;
}

/** A tenth of the rounds: means of the readings, and the rate. */
export interface Tenth extends Omit<Reading, 'seconds' | 'processorSeconds'> {
  readonly rounds: number;
  readonly roundsPerMinute: number;
  readonly processorSecondsPerRound: number;
}

/** Fewest rounds of a soak: one a tenth. */
export const FEWEST_ROUNDS = 10;

/** Ten parts of the readings, in their order, as equal in rounds as they can be. @param readings at least ten */
export function tenthsOf(readings: readonly Reading[]): readonly Tenth[] {
  const border = (tenth: number) => Math.round((tenth * readings.length) / 10);
  return Array.from({ length: 10 }, (_, tenth) => {
    const from = border(tenth);
    const part = readings.slice(from, border(tenth + 1));
    const before = from === 0 ? { seconds: 0, processorSeconds: 0 } : readings[from - 1];
    const last = part[part.length - 1];
    const files = part.flatMap((reading) => reading.files ?? []);
    return {
      rounds: part.length,
      roundsPerMinute: (60 * part.length) / (last.seconds - before.seconds),
      processorSecondsPerRound: (last.processorSeconds - before.processorSeconds) / part.length,
      residentBytes: mean(part.map(({ residentBytes }) => residentBytes)),
      heapBytes: mean(part.map(({ heapBytes }) => heapBytes)),
      deviceBytes: mean(part.map(({ deviceBytes }) => deviceBytes)),
      handles: mean(part.map(({ handles }) => handles)),
      files: files.length === 0 ? null : mean(files),
    };
  });
}

/** Resident memory of the last tenth, over that of the first. */
export const growthOf = (tenths: readonly Tenth[]): number =>
  tenths[tenths.length - 1].residentBytes / tenths[0].residentBytes;
