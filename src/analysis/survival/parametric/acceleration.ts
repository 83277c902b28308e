import { InputError } from '../../../base/errors.ts';
import { likelihoodRatioTest } from '../coefficients.ts';
import type { ProportionalityTest } from '../cox/proportionality.ts';
import type { SurvivalTable } from '../table/table.ts';
import { fitParametric, type ParametricFit, type ParametricOptions } from './parametric.ts';

/**
 * Whether covariates only stretch time: likelihood ratio tests of each covariate, and of all ("global"), as covariates of the scale,
 * too. Where p is small, the spread of log times differs with the covariate, and one time ratio does not describe its effect; as
 * R's `survreg` with `strata(x)` against without.
 * @param options those of the fit
 * @throws InputError where the model has no scale, or no covariates, or a penalty, under which likelihoods are no test
 */
export function accelerationTest(
  fit: ParametricFit,
  table: SurvivalTable,
  options: ParametricOptions,
): ProportionalityTest[] {
  const { distribution, ancillary = {}, penalizer = 0 } = options;
  if (!distribution.acceleratedFailureTime || !distribution.parameters.some(({ name }) => name === 'scale'))
    throw new InputError(`acceleration test: the ${distribution.name} distribution has no scale that could vary`);
  if (penalizer > 0) throw new InputError('acceleration test: it compares likelihoods, so no penalizer is allowed');
  const already = ancillary.scale ?? [];
  const tested = fit.blocks[0].covariates.filter((name) => !already.includes(name));
  if (tested.length === 0) throw new InputError('acceleration test: no covariate that the scale does not have already');
  const testOf = (name: string, added: readonly string[]): ProportionalityTest => {
    const scale = [...already, ...added];
    const { logLikelihood } = fitParametric(table, { ...options, ancillary: { ...ancillary, scale } });
    return { name, ...likelihoodRatioTest(logLikelihood, fit.logLikelihood, added.length) };
  };
  return [...tested.map((name) => testOf(name, [name])), testOf('global', tested)];
}
