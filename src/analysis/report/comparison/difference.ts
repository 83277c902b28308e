/** A figure with its 95 % limits. */
export interface Estimate {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}

/** An estimate of a difference or a ratio; limits and p are NaN of one image, which tells nothing of how images differ. */
export interface Difference extends Estimate {
  readonly p: number;
}
