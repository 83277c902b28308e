import { describe, expect, test } from 'vitest';
import { reportTables } from '../../../../src/analysis/report/csv.ts';
import { renderReport } from '../../../../src/analysis/report/page/render.ts';
import { parseStudy } from '../../../../src/analysis/study/file/parse.ts';
import { SURVIVAL_MODELS } from '../../../../src/analysis/survival/catalogue.ts';
import { fakeStudyText, fakeTrials } from '../../../support/fakeTrials.ts';
import { reportOf } from '../../../support/reportOf.ts';

const studyOf = (model: string) =>
  parseStudy(
    // Thirty images: the generalised models integrate the survival of every censored one.
    `${fakeStudyText.replace(/survival: \{[^}]*\}/, `survival: { model: ${model}, clock: seconds }`)}samples: 30\n`,
    'models.yaml',
  ).study;

/** More shapes than the fake times tell: their smaller models are the answer, and the fitter says so. */
const TOO_GENERAL: readonly string[] = ['generalised-gamma', 'generalised-f'];

test.each(TOO_GENERAL)('%s: where the data put a shape at its limit, the report says so', async (model) => {
  const study = studyOf(model);
  const { survival } = reportOf(await fakeTrials(study), study);
  expect(survival).toMatchObject({ model, fit: null, coefficients: [] });
  expect(survival.notes.join()).toMatch(new RegExp(`no ${model} model: .*no finite estimate`));
});

/** Reports of the fake study by every other model of the catalogue. */
describe.each(SURVIVAL_MODELS.filter(({ name }) => !TOO_GENERAL.includes(name)))(
  '$name',
  ({ name, ratio, noMean, title }) => {
    test('a study can ask for it: its ratios are of the side on which the times were made', async () => {
      const study = studyOf(name);
      const report = reportOf(await fakeTrials(study), study);
      const { survival, claims, trash } = report;
      expect(survival).toMatchObject({ model: name, families: [{ model: name }] });
      const ratioOf = (covariate: string) => {
        const { timeRatio, hazardRatio } = survival.coefficients.find((line) => line.name === covariate)!;
        // Only models of hazards have the second, so that tables of the others stay as they were.
        expect(ratio === 'time ratio' ? hazardRatio : timeRatio).toBe(ratio === 'time ratio' ? undefined : null);
        return ratio === 'time ratio' ? timeRatio! : hazardRatio!;
      };
      // Defended images outlast others, stronger attacks break sooner: `fakeTrials`.
      const [longer, shorter] = [ratioOf('defence gaussian-augmentation'), ratioOf('eps')];
      if (ratio === 'time ratio') {
        expect(longer.lower).toBeGreaterThan(1);
        expect(shorter.upper).toBeLessThan(1);
      } else {
        expect(longer.upper).toBeLessThan(1);
        expect(shorter.lower).toBeGreaterThan(1);
      }
      const [heading] = reportTables(report)['coefficients.csv'].split('\n');
      expect(heading).toContain(ratio === 'time ratio' ? 'timeRatioUnit,timeRatio,' : 'hazardRatioUnit,hazardRatio,');
      const page = renderReport(report);
      expect(page).toContain(ratio === 'time ratio' ? 'A time ratio is the factor' : `${title} of the`);
      expect(page).not.toContain(ratio === 'time ratio' ? 'azard ratio' : 'ime ratios with');
      // The claims of the paper are about time ratios.
      const tested = claims.find(({ id }) => id === 'depth-raises-survival')!;
      if (ratio === 'time ratio') expect(tested.estimate).not.toBeNull();
      else
        expect(tested).toMatchObject({ verdict: 'cannot be tested', reason: expect.stringContaining('hazard ratios') });
      for (const line of trash) {
        if (noMean === null) expect(line.byModel).not.toBeNull();
        else expect(line.byModel).toBeNull();
      }
      expect(survival.notes.join().includes(`${name} has no mean to compare with TRASH's`)).toBe(noMean !== null);
    });
  },
);

test('auto is what it was: the least AIC among the four models of log time with a scale at most', async () => {
  const study = studyOf('auto');
  const { survival } = reportOf(await fakeTrials(study), study);
  expect(survival.families.map(({ model }) => model)).toEqual(['weibull', 'exponential', 'log-normal', 'log-logistic']);
  expect(survival.fit!.aic).toBe(Math.min(...survival.families.map(({ aic }) => aic)));
});
