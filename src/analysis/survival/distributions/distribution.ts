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
  /** Its unit is one over that of time, so that its size says nothing; other parameters are pure numbers or logarithms. */
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
  /** The time by which a share `p` has failed; Infinity where that never happens. */
  quantile(p: number, theta: ArrayLike<number>): number;
  /** E[T]; its gradient by theta is written to `gradient`. Infinity where it does not exist. */
  mean(theta: ArrayLike<number>, gradient: Float64Array): number;
  /** theta of a first guess without covariates. */
  start(summary: TimeSummary): Float64Array;
}
