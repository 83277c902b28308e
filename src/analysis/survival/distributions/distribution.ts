/** A value with its first and second derivatives by the k parameters; `hessian` is k × k, row-major, stored in full. */
export interface Derivatives {
  value: number;
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
}

export function derivatives(parameters: number): Derivatives {
  return { value: 0, gradient: new Float64Array(parameters), hessian: new Float64Array(parameters * parameters) };
}

/** How the linear predictor gives the parameter: itself, or its logarithm. */
export type Link = 'identity' | 'log';

/** A parameter of a distribution. */
export interface DistributionParameter {
  readonly name: string;
  readonly link: Link;
  /** Whether the unit is one over that of time, so that the size says nothing; other parameters are pure numbers or logarithms. */
  readonly perTime?: boolean;
}

/** What is known of a table before the first fit, for the start of the search. */
export interface TimeSummary {
  /** Mean and standard deviation of the log times, failures and censored rows alike. */
  readonly logMean: number;
  readonly logDeviation: number;
  /** Failures per unit of time observed. */
  readonly failureRate: number;
}

/** Rows of a table, all of them exact or right-censored and without delayed entry. */
export interface PlainRows {
  readonly logTimes: Float64Array;
  /** 1 where the failure was seen, 0 where the row is right-censored. */
  readonly failed: Uint8Array;
  readonly weights: Float64Array;
}

/**
 * Where, in a memory, the predictors of each parameter stand and where derivatives of the rows' contributions by them go, times
 * their weights: by each parameter, and the lower triangle of second ones, row by row.
 */
export interface ContributionPlaces {
  readonly predictors: Int32Array;
  readonly gradient: Int32Array;
  readonly hessian: Int32Array;
}

/**
 * A distribution of times to failure. Its parameters theta stand on their linear-predictor scale (a parameter with a log link
 * is given as its logarithm), so that theta is unconstrained and every parameter may depend on covariates. theta[0] is the
 * one that covariates act on by default.
 */
export interface Distribution {
  readonly name: string;
  readonly parameters: readonly DistributionParameter[];
  /** Covariates multiply time: exp(coefficient of parameter 0) is a time ratio. */
  readonly acceleratedFailureTime: boolean;
  /** log f(t) with derivatives by theta, written to `out`. Both t and log t are given. */
  logDensity(time: number, logTime: number, theta: ArrayLike<number>, out: Derivatives): void;
  /** log S(t) with derivatives by theta, written to `out`. Relatively exact where S is near 1, too. */
  logSurvival(time: number, logTime: number, theta: ArrayLike<number>, out: Derivatives): void;
  /** For speed, log f or log S of the rows from `start` on at once: returns their weighted sum, and writes derivatives to the memory. */
  sumRows?(rows: PlainRows, start: number, count: number, memory: Float64Array, places: ContributionPlaces): number;
  /** The time by which a share `p` has failed; Infinity where that never happens. */
  quantile(p: number, theta: ArrayLike<number>): number;
  /** E[T]; its gradient by theta is written to `gradient`. Infinity where it does not exist. */
  mean(theta: ArrayLike<number>, gradient: Float64Array): number;
  /** theta of a first guess without covariates. */
  start(summary: TimeSummary): Float64Array;
}
