/** A reader of files that is given what no writer wrote. */
export interface FuzzTarget {
  /** Files that the reader takes, made by the project's own writers where there are any. */
  seeds(): Promise<readonly Uint8Array[]>;
  /** Reads a file. What is wrong with it is told by an `InputError`; any other error is a fault of the reader. */
  read(bytes: Uint8Array): unknown;
  /** Words of the format, which mutations put in. */
  readonly words?: readonly (string | Uint8Array)[];
  /** Makes sums and lengths right again after a mutation, so that what lies behind them is reached. */
  reseal?(bytes: Uint8Array): Uint8Array;
}
