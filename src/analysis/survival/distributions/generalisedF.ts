import { defineParametricModel } from '../defineModel.ts';
import { affine, compose, exponential, type Jet, plus, power, times, variable } from './jet.ts';
import { firstRemainder, HALF_LOG_2PI, logRemainder, secondRemainder, stirlingRemainder } from './remainders.ts';
import { type ShapedDensity, shapedDistribution } from './shapedDistribution.ts';

/**
 * Generalised F in Prentice's (1975) parametrisation, flexsurv's `genf`: the generalised gamma with a fourth parameter P > 0, which
 * makes the tails heavier; P = 0 is the generalised gamma, Q = 0 and P = 1 the log-logistic (with scale / sqrt(2)).
 *
 * With delta² = Q² + 2P and s1, s2 = 2 / (delta² ± Q delta), the log density of W is a constant less (2/P) K(delta w), where
 * K(v) = log(1 - pi + pi exp v) - pi v, pi = s1 / (s1 + s2) = P / (delta (delta + Q)). For small delta this is evaluated as w² times
 * remainders of the exponential and the logarithm, so that nothing cancels towards P = 0 and Q = 0. The density of (-Q, w) is that
 * of (Q, -w), so that Q >= 0 is enough.
 */
export const generalisedF = shapedDistribution({
  name: 'generalised F',
  shapes: [
    { name: 'Q', link: 'identity' },
    { name: 'P', link: 'log' },
  ],
  start: [0.5, Math.log(0.5)],
  density: ({ 0: q, 1: logP }) => (q < 0 ? mirrored(densityOf(-q, logP)) : densityOf(q, logP)),
  mode({ 0: q, 1: logP }, s) {
    const p = Math.exp(logP);
    const delta = Math.sqrt(q * q + 2 * p);
    const side = q < 0 ? -1 : 1;
    const sum = delta + Math.abs(q);
    const up = (side * s * sum) / 2;
    const down = (-side * s * p) / sum;
    if (up <= -1 || down <= -1) return null;
    return (side * (Math.log1p(up) - Math.log1p(down))) / delta;
  },
});

/** log density for Q >= 0 with derivatives by w, Q and log P. */
function densityOf(q: number, logP: number): ShapedDensity {
  const shape = variable(q, 1);
  const p = exponential(variable(logP, 2));
  const delta = power(plus(times(shape, shape), p, 2), 0.5);
  const sum = plus(delta, shape);
  const inverse = power(sum, -1);
  const remainder = (square: Jet) => {
    const root = power(square, 0.5);
    return compose(root, stirlingRemainder(root[0]));
  };
  // Stirling's remainders of log Gamma(s1), log Gamma(s2) and log Gamma(s1 + s2); what they leave out cancels.
  const s1 = remainder(affine(times(delta, sum), 0.5));
  const s2 = remainder(times(times(delta, p), inverse));
  const both = remainder(affine(p, 0.5));
  const constant = affine(plus(plus(s1, s2), both, -1), -1, -HALF_LOG_2PI);
  const ratio = times(p, inverse);
  const pi = times(ratio, power(delta, -1));
  if (delta[0] * sum[0] >= PLAIN) return plainDensity(constant, delta, pi, 2 / p[0]);
  const outer = affine(times(delta, inverse), 2);
  const inner = affine(times(ratio, inverse), 2);
  const cumulants = cumulantsOf(shape, p, times(delta, delta));
  const twoOverP = affine(power(p, -1), 2);

  return (w, out) => {
    const argument = variable(w, 0);
    const v = times(delta, argument);
    const size = Math.abs(v[0]);
    const fall =
      size < CENTRAL ? centralFall(argument) : size < 1 ? nearFall(argument, v) : times(twoOverP, cumulant(v, pi));
    write(plus(constant, fall, -1), out.gradient, out.hessian);
    out.value = constant[0] - fall[0];
  };

  /** w² / 2 + the cumulants of third to eighth order, which are polynomials in Q and P: no division by delta. */
  function centralFall(w: Jet): Jet {
    let sum = affine(times(w, cumulants[cumulants.length - 1]), 1);
    for (let k = cumulants.length - 2; k >= 0; k--) sum = times(w, plus(sum, cumulants[k]));
    return times(times(w, w), affine(sum, 1, 0.5));
  }

  /** w² (A psi(v) - B E(v)² phi(x)), x = w E(v) P / (delta + Q). */
  function nearFall(w: Jet, v: Jet): Jet {
    const growth = compose(v, firstRemainder(v[0]));
    const x = times(times(ratio, w), growth);
    const first = times(outer, compose(v, secondRemainder(v[0])));
    const second = times(times(inner, times(growth, growth)), compose(x, logRemainder(x[0])));
    return times(times(w, w), plus(first, second, -1));
  }
}

/** K is of the size of pi, so that (2/P) K = 2 K / (pi delta (delta + Q)) loses a digit or two at most from this delta (delta + Q) on. */
const PLAIN = 0.05;

/** The density written out, for an integrand's innermost loop: log f = constant - scale · K, scale = 2/P. */
function plainDensity(constant: Jet, delta: Jet, pi: Jet, scale: number): ShapedDensity {
  const [d, , dq, dl, , , , dqq, dql, dll] = delta;
  const [share, , pq, pl, , , , pqq, pql, pll] = pi;
  return (w, out) => {
    const { gradient, hessian } = out;
    const v = d * w;
    // (1 - pi + pi exp v) and what exp v and exp v - 1 are of it; beyond LARGE there is nothing beside exp v.
    const far = v > LARGE;
    const above = Math.expm1(v);
    const total = 1 + share * above;
    const growth = far ? 1 / share : (above + 1) / total;
    const excess = far ? 1 / share : above / total;
    const k = (far ? Math.log(share) + v : Math.log1p(share * above)) - share * v;
    const kv = share * (growth - 1);
    const kp = excess - v;
    const kvv = far ? 0 : (share * (1 - share) * growth) / total;
    const kvp = far ? -1 : growth / total - 1;
    const kpp = -excess * excess;
    const vq = dq * w;
    const vl = dl * w;
    const byQ = kv * vq + kp * pq;
    const byL = kv * vl + kp * pl;
    const slopeByQ = kvv * vq + kvp * pq;
    const slopeByL = kvv * vl + kvp * pl;
    out.value = constant[0] - scale * k;
    gradient[0] = -scale * kv * d;
    gradient[1] = constant[2] - scale * byQ;
    gradient[2] = constant[3] - scale * (byL - k);
    hessian[0] = -scale * kvv * d * d;
    hessian[1] = hessian[3] = -scale * (slopeByQ * d + kv * dq);
    hessian[2] = hessian[6] = -scale * (slopeByL * d + kv * dl - kv * d);
    hessian[4] = constant[7] - scale * (slopeByQ * vq + (kvp * vq + kpp * pq) * pq + kv * dqq * w + kp * pqq);
    hessian[5] = hessian[7] =
      constant[8] - scale * (slopeByQ * vl + (kvp * vq + kpp * pq) * pl + kv * dql * w + kp * pql - byQ);
    hessian[8] =
      constant[9] - scale * (slopeByL * vl + (kvp * vl + kpp * pl) * pl + kv * dll * w + kp * pll - 2 * byL + k);
  };
}

/** Below this |v| eight cumulants are enough: the ninth is less than 1e-14 of the second. */
const CENTRAL = 0.01;

/** (2/P) kappa_n delta^n / n! of the two-point distribution with share pi, n = 3 to 8. */
function cumulantsOf(q: Jet, p: Jet, square: Jet): Jet[] {
  const p2 = times(p, p);
  const square2 = times(square, square);
  const pSquare = times(p, square);
  const eighth = plus(
    plus(times(square, square2), times(p, square2), -63),
    plus(affine(times(p2, square), 420), times(p, p2), -630),
  );
  return [
    affine(q, 1 / 6),
    affine(plus(square, p, -3), 1 / 24),
    affine(times(q, plus(square, p, -6)), 1 / 120),
    affine(plus(plus(square2, pSquare, -15), p2, 30), 1 / 720),
    affine(times(q, plus(plus(square2, pSquare, -30), p2, 90)), 1 / 5040),
    affine(eighth, 1 / 40320),
  ];
}

/** Beyond it exp(v) overflows in the derivatives, and 1 - pi beside pi exp v is nothing. */
const LARGE = 500;

/** log(1 - pi + pi exp v) - pi v. */
function cumulant(v: Jet, pi: Jet): Jet {
  const line = times(pi, v);
  if (v[0] > LARGE) return plus(plus(v, compose(pi, [Math.log(pi[0]), 1 / pi[0], -1 / pi[0] ** 2])), line, -1);
  const growth = Math.exp(v[0]);
  return plus(log1p(times(pi, compose(v, [Math.expm1(v[0]), growth, growth]))), line, -1);
}

function log1p(x: Jet): Jet {
  const first = 1 / (1 + x[0]);
  return compose(x, [Math.log1p(x[0]), first, -first * first]);
}

function write(jet: Jet, gradient: Float64Array, hessian: Float64Array): void {
  gradient.set(jet.subarray(1, 4));
  let next = 4;
  for (let j = 0; j < 3; j++) for (let l = j; l < 3; l++) hessian[j * 3 + l] = hessian[l * 3 + j] = jet[next++];
}

/** The density of -W, with -Q for Q: derivatives by one of both, or by one of both and P, change sign. */
function mirrored(density: ShapedDensity): ShapedDensity {
  return (w, out) => {
    density(-w, out);
    const { gradient, hessian } = out;
    gradient[0] *= -1;
    gradient[1] *= -1;
    for (const k of [2, 5, 6, 7]) hessian[k] *= -1;
  };
}

export const generalisedFModel = defineParametricModel({
  name: 'generalised-f',
  title: 'Generalised F accelerated failure time model',
  source: "flexsurv flexsurvreg(dist = 'genf'); Prentice 1975",
  baseline: 'location, log scale, Q, log P',
  distribution: generalisedF,
  auto: false,
});
