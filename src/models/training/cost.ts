/** What a training has spent. */
export interface Spent {
  /** Device-synchronised wall seconds. */
  readonly seconds: number;
  /** Seconds of the GPU by its timestamps; null where it has none. */
  readonly gpuSeconds: number | null;
  readonly flops: number;
}

export interface Prices {
  /** What an hour of the machine costs, in any currency. */
  readonly pricePerHour?: number;
  /** Mean power of the machine while it trains. */
  readonly watts?: number;
}

export interface TrainingCost {
  readonly wallSeconds: number;
  readonly gpuSeconds: number | null;
  readonly flops: number;
  /** Wall seconds for one training image, all epochs together: the numerator of TRASH. */
  readonly secondsPerImage: number;
  /** In the currency of the price; null without one. */
  readonly money: number | null;
  /** Null when the power is not known. */
  readonly joules: number | null;
}

/** The cost of a training on so many images. */
export function trainingCost(
  { seconds, gpuSeconds, flops }: Spent,
  images: number,
  { pricePerHour, watts }: Prices = {},
): TrainingCost {
  return {
    wallSeconds: seconds,
    gpuSeconds,
    flops,
    secondsPerImage: seconds / images,
    money: pricePerHour === undefined ? null : (seconds / 3600) * pricePerHour,
    joules: watts === undefined ? null : seconds * watts,
  };
}
