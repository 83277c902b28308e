import { type FittedModel, modelCoefficients } from '../../analysis/survival/index.ts';
import { type Sheet, sheetOf } from '../../analysis/tables/index.ts';
import type { Judged } from './ranking.ts';
import { isRatio } from './text.ts';

/** broom's `tidy`: a row for each coefficient. */
export function coefficientSheet(models: readonly FittedModel[]): Sheet {
  return sheetOf(
    {
      ...({ model: 'text', parameter: 'text', term: 'text', estimate: 'number', 'std.error': 'number' } as const),
      ...({ statistic: 'number', 'p.value': 'number', 'conf.low': 'number', 'conf.high': 'number' } as const),
      ...({ ratio: 'number', 'ratio.low': 'number', 'ratio.high': 'number' } as const),
    },
    models.flatMap((model) =>
      modelCoefficients(model).map((line) => {
        const ratio = (value: number) => (isRatio(model, line) ? Math.exp(value) : null);
        return {
          model: model.name,
          parameter: line.parameter,
          term: line.covariate,
          estimate: line.coef,
          'std.error': line.se,
          statistic: line.z,
          'p.value': line.p,
          'conf.low': line.lower,
          'conf.high': line.upper,
          ratio: ratio(line.coef),
          'ratio.low': ratio(line.lower),
          'ratio.high': ratio(line.upper),
        };
      }),
    ),
  );
}

/** broom's `glance`: a row for each model. */
export function glanceSheet(judged: readonly Judged[]): Sheet {
  return sheetOf(
    {
      ...({ model: 'text', n: 'number', nobs: 'whole', nevent: 'number', df: 'whole', logLik: 'number' } as const),
      ...({ AIC: 'number', BIC: 'number', 'statistic.log': 'number', 'p.value.log': 'number' } as const),
      ...({ 'statistic.wald': 'number', 'p.value.wald': 'number', 'df.test': 'whole', scale: 'number' } as const),
      ...({ concordance: 'number', 'concordance.uno': 'number', time: 'number', ici: 'number' } as const),
      ...({ e50: 'number', e90: 'number', brier: 'number', ibs: 'number' } as const),
    },
    judged.map(({ model, train }) => {
      const { fit } = model;
      return {
        model: model.name,
        n: fit.samples,
        nobs: fit.rows,
        nevent: fit.events,
        df: fit.estimates.length,
        logLik: fit.logLikelihood,
        AIC: fit.aic,
        BIC: fit.bic,
        'statistic.log': fit.likelihoodRatio.statistic,
        'p.value.log': fit.likelihoodRatio.p,
        'statistic.wald': fit.wald.statistic,
        'p.value.wald': fit.wald.p,
        'df.test': fit.wald.degreesOfFreedom,
        scale: model.kind === 'cox' ? null : model.fit.scale,
        concordance: fit.concordance,
        'concordance.uno': train.unoConcordance,
        time: train.time,
        ici: train.ici,
        e50: train.e50,
        e90: train.e90,
        brier: train.brier,
        ibs: train.integratedBrier,
      };
    }),
  );
}
