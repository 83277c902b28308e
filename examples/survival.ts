/** A Kaplan-Meier curve and a log-normal accelerated failure time model of one's own table. Needs no GPU. */
import {
  fitAcceleratedFailureTime,
  kaplanMeier,
  logNormal,
  medianSurvival,
  survivalProbability,
  survivalTable,
} from 'outlast/survival';

// Freireich et al. 1963: weeks of remission of 42 children with leukaemia; the first 21 were given 6-mercaptopurine.
const treated = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35];
const censored = new Set([3, 5, 7, 8, 11, 12, 13, 16, 17, 18, 19, 20]);
const control = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23];
const table = survivalTable({
  durations: [...treated, ...control],
  events: [...treated.map((_, i) => !censored.has(i)), ...control.map(() => true)],
  covariates: { treated: [...treated.map(() => 1), ...control.map(() => 0)] },
});
const curve = kaplanMeier(table);
const { coefficients, logLikelihood } = fitAcceleratedFailureTime(table, { distribution: logNormal });
console.log(
  JSON.stringify({
    median: medianSurvival(curve).estimate,
    survivalAt10: survivalProbability(curve, 10),
    logLikelihood,
    timeRatio: coefficients.find(({ name }) => name === 'treated')?.timeRatio,
  }),
);
