import { integrate } from '../numerics/quadrature.ts';
import { log1mexp, normalQuantile } from '../numerics/specialFunctions.ts';
import {
  type Derivatives,
  type Distribution,
  type DistributionParameter,
  derivatives,
  type TimeSummary,
} from './distribution.ts';

/** log density of W with derivatives by w and the shapes, written to `out`: concave in w. */
export type ShapedDensity = (w: number, out: Derivatives) => void;

/** The distribution of W in log T = location + scale · W, with shape parameters of its own. */
export interface StandardShape {
  readonly name: string;
  readonly shapes: readonly DistributionParameter[];
  /** First guess of the shapes. */
  readonly start: readonly number[];
  density(shapes: ArrayLike<number>): ShapedDensity;
  /** The w at which density · exp(s w) is largest; null where its integral does not exist. */
  mode(shapes: ArrayLike<number>, s: number): number | null;
}

/** Shapes whose density does not end before this are only passed by in a search; what is found there does not matter. */
const FARTHEST = 1e9;

/**
 * Integrals over w from `from` to plus (`direction` 1) or minus infinity of exp(log f + s w - top) times: 1; the derivatives of
 * log f by the shapes; those of f by pairs of shapes, over f; w. `top` is the integrand's largest exponent, so that nothing
 * under- or overflows.
 */
function tail(
  density: ShapedDensity,
  shapes: number,
  s: number,
  from: number,
  direction: 1 | -1,
  mode: number,
): { top: number; integrals: Float64Array } {
  const at = derivatives(shapes + 1);
  const exponent = (w: number) => {
    density(w, at);
    return at.value + s * w;
  };
  const highest = direction * (mode - from) > 0 ? mode : from;
  const top = exponent(highest);
  // The exponent is concave: past the mode it falls faster and faster. 45 below the top nothing is left.
  let reach = 1;
  while (reach < FARTHEST && exponent(highest + direction * reach) > top - 45) reach *= 1.5;
  const ends = [0, 0.1, 0.3, 1].map((share) => highest + direction * reach * share);
  const breaks = (highest === from ? ends : [from, ...ends]).sort((a, b) => a - b);
  const integrals = integrate(
    (w, out) => {
      const height = Math.exp(exponent(w) - top);
      const { gradient, hessian } = at;
      out[0] = height;
      let next = 1 + shapes;
      for (let j = 1; j <= shapes; j++) {
        out[j] = height * gradient[j];
        for (let l = 1; l <= j; l++) out[next++] = height * (hessian[j * (shapes + 1) + l] + gradient[j] * gradient[l]);
      }
      out[next] = height * w;
    },
    2 + shapes + (shapes * (shapes + 1)) / 2,
    breaks,
    1e-12,
  );
  return { top, integrals };
}

/** A log density under which the quadrature, whose steps are about 1 / log density wide, loses its digits. */
const FORLORN = -1e5;

/** log S(w) with derivatives by w and the shapes. */
function standardLogSurvival(w: number, density: ShapedDensity, shapes: number, mode: number, out: Derivatives): void {
  const size = shapes + 1;
  density(w, out);
  const { gradient, hessian } = out;
  // Far out, where a search only passes by: survival certain, or so unlikely that the step is to be refused.
  if (w < 0 && out.value < -745) {
    out.value = 0;
    gradient.fill(0);
    hessian.fill(0);
    return;
  }
  if (w > 0 && out.value < FORLORN) {
    out.value = -Infinity;
    return;
  }
  // In the left half 1 - S is integrated, whose derivatives are minus those of S.
  const sign = w > 0 ? 1 : -1;
  const { top, integrals } = tail(density, shapes, 0, w, sign, mode);
  const logArea = top + Math.log(integrals[0]);
  const value = w > 0 ? logArea : log1mexp(logArea);
  const ratio = sign * Math.exp(top - value);
  const hazard = Math.exp(out.value - value);
  hessian[0] = -hazard * (gradient[0] + hazard);
  let next = size;
  for (let j = 1; j < size; j++) {
    const first = ratio * integrals[j];
    hessian[j] = hessian[j * size] = -hazard * (gradient[j] - first);
    for (let l = 1; l <= j; l++) {
      hessian[j * size + l] = hessian[l * size + j] = ratio * integrals[next++] - first * ratio * integrals[l];
    }
    gradient[j] = first;
  }
  gradient[0] = -hazard;
  out.value = value;
}

/** From derivatives by (w, shapes) to those by theta = (location, log scale, shapes), w = (log t - location) / scale. */
function chain(w: number, inverseScale: number, at: Derivatives, out: Derivatives): void {
  const inner = at.gradient.length;
  const size = inner + 1;
  const slope = at.gradient[0];
  const curvature = at.hessian[0];
  out.value = at.value;
  out.gradient[0] = -slope * inverseScale;
  out.gradient[1] = -slope * w;
  out.hessian[0] = curvature * inverseScale * inverseScale;
  out.hessian[1] = out.hessian[size] = (curvature * w + slope) * inverseScale;
  out.hessian[size + 1] = (curvature * w + slope) * w;
  for (let j = 1; j < inner; j++) {
    out.gradient[j + 1] = at.gradient[j];
    out.hessian[j + 1] = out.hessian[(j + 1) * size] = -at.hessian[j] * inverseScale;
    out.hessian[size + j + 1] = out.hessian[(j + 1) * size + 1] = -at.hessian[j] * w;
    for (let l = 1; l < inner; l++) out.hessian[(j + 1) * size + l + 1] = at.hessian[j * inner + l];
  }
}

/** The density of a theta; rows mostly have the same shapes as the row before, and then the same density. */
function remembered(
  standard: StandardShape,
  shapesOf: (theta: ArrayLike<number>) => Float64Array,
): (theta: ArrayLike<number>) => ShapedDensity {
  let shapes: Float64Array | null = null;
  let density: ShapedDensity | null = null;
  return (theta) => {
    if (density === null || shapes === null || shapes.some((value, j) => value !== theta[j + 2])) {
      shapes = shapesOf(theta);
      density = standard.density(shapes);
    }
    return density;
  };
}

/**
 * log T = location + scale · W, with theta = (location, log scale, shapes). Survival is integrated numerically (relative error
 * below 1e-12), which costs some ten microseconds a censored row.
 */
export function shapedDistribution(standard: StandardShape): Distribution {
  const shapes = standard.shapes.length;
  const at = derivatives(shapes + 1);
  const shapesOf = (theta: ArrayLike<number>) => Float64Array.from({ length: shapes }, (_, j) => theta[j + 2]);
  const densityAt = remembered(standard, shapesOf);

  return {
    name: standard.name,
    parameters: [{ name: 'location', link: 'identity' }, { name: 'scale', link: 'log' }, ...standard.shapes],
    acceleratedFailureTime: true,
    logDensity(_time, logTime, theta, out) {
      const inverseScale = Math.exp(-theta[1]);
      const w = (logTime - theta[0]) * inverseScale;
      densityAt(theta)(w, at);
      chain(w, inverseScale, at, out);
      out.value -= theta[1] + logTime;
      out.gradient[1] -= 1;
    },
    logSurvival(_time, logTime, theta, out) {
      const inverseScale = Math.exp(-theta[1]);
      const w = (logTime - theta[0]) * inverseScale;
      // Without an exponential factor the density is highest at 0.
      standardLogSurvival(w, densityAt(theta), shapes, 0, at);
      chain(w, inverseScale, at, out);
    },
    quantile(p, theta) {
      const density = densityAt(theta);
      const target = Math.log1p(-p);
      const logSurvival = (w: number) => {
        standardLogSurvival(w, density, shapes, 0, at);
        return at.value;
      };
      // Newton's method on log S, which is concave and falling: from the right of the root it never overshoots.
      let w = normalQuantile(p);
      while (logSurvival(w) > target) w += 0.5 * (1 + Math.abs(w));
      let previous = Infinity;
      for (let k = 0; k < 200; k++) {
        const step = (target - logSurvival(w)) / at.gradient[0];
        w += step;
        // Steps shrink until only the rounding of the integral is left.
        if (Math.abs(step) <= 1e-14 * (1 + Math.abs(w)) || Math.abs(step) >= previous) break;
        previous = Math.abs(step);
      }
      return Math.exp(theta[0] + Math.exp(theta[1]) * w);
    },
    mean(theta, gradient) {
      const scale = Math.exp(theta[1]);
      const shapeValues = shapesOf(theta);
      const mode = standard.mode(shapeValues, scale);
      if (mode === null) return Infinity;
      const density = densityAt(theta);
      const [right, left] = ([1, -1] as const).map((direction) => tail(density, shapes, scale, mode, direction, mode));
      const factor = Math.exp(theta[0] + right.top);
      const sum = (k: number) => factor * (right.integrals[k] + left.integrals[k]);
      gradient[0] = sum(0);
      gradient[1] = scale * sum(right.integrals.length - 1);
      for (let j = 1; j <= shapes; j++) gradient[j + 1] = sum(j);
      return sum(0);
    },
    start({ logMean, logDeviation }: TimeSummary) {
      return Float64Array.of(logMean, Math.log(logDeviation > 0 ? logDeviation : 1), ...standard.start);
    },
  };
}
