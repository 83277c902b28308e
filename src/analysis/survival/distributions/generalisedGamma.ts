import { defineParametricModel } from '../defineModel.ts';
import { HALF_LOG_2PI, secondRemainder, stirlingRemainder } from './remainders.ts';
import { shapedDistribution } from './shapedDistribution.ts';

/**
 * Generalised gamma in Prentice's (1974) parametrisation, flexsurv's `gengamma`: log T = location + scale · W, with a third
 * parameter Q. Q = 1 is the Weibull, Q = 0 the log-normal, Q = scale the gamma; all derivatives are smooth through Q = 0.
 */
export const generalisedGamma = shapedDistribution({
  name: 'generalised gamma',
  shapes: [{ name: 'Q', link: 'identity' }],
  start: [0.5],
  density({ 0: q }) {
    const [r, rFirst, rSecond] = stirlingRemainder(q);
    // log f(w) = -log(2 pi) / 2 - r(q) - w² psi(q w): the normal at q = 0.
    return (w, out) => {
      const [psi, first, second] = secondRemainder(q * w);
      const w2 = w * w;
      out.value = -HALF_LOG_2PI - r - w2 * psi;
      out.gradient[0] = -(2 * w * psi + w2 * q * first);
      out.gradient[1] = -rFirst - w2 * w * first;
      out.hessian[0] = -(2 * psi + 4 * w * q * first + w2 * q * q * second);
      out.hessian[1] = out.hessian[2] = -(3 * w2 * first + w2 * w * q * second);
      out.hessian[3] = -rSecond - w2 * w2 * second;
    };
  },
  mode({ 0: q }, s) {
    if (q * s <= -1) return null;
    return q * s === 0 ? s : Math.log1p(q * s) / q;
  },
});

export const generalisedGammaModel = defineParametricModel({
  name: 'generalised-gamma',
  title: 'Generalised gamma accelerated failure time model',
  source: "flexsurv flexsurvreg(dist = 'gengamma'); Prentice 1974",
  baseline: 'location, log scale, Q',
  distribution: generalisedGamma,
  auto: false,
});
