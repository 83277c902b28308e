import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  coxReferencesR,
  dataSets,
  paperReference,
  reference,
  relativeError,
  scoreReferencesR,
} from '../../support/survivalFixtures.ts';
import { survival } from '../../support/survivalProgram.ts';
import { eight, R_CONVERGENCE, useScratchFolder, writeCsv } from '../../support/survivalScratch.ts';

const parquet = resolve('test/fixtures/tables/sample.parquet');
const paper = resolve('test/fixtures/paper/cifar100_fgm_bit_depth.csv');
useScratchFolder();

interface Line {
  readonly parameter: string;
  readonly covariate: string;
  readonly coef: number;
  readonly se: number;
}

describe('survival fit --json, against R', () => {
  test.each(dataSets)('%s: the four survreg families, and Cox', async (dataSet) => {
    const r = reference(dataSet);
    writeCsv('table.csv', Object.fromEntries(['time', 'event', ...r.covariates].map((name) => [name, r.rows[name]])));
    const families = {
      exponential: 'exponential',
      weibull: 'weibull',
      'log-normal': 'lognormal',
      'log-logistic': 'loglogistic',
    };
    const names = [...Object.keys(families), 'cox'];
    const columns = ['--time', 'time', '--event', 'event', '--covariates', r.covariates.join(',')];
    const { code, stdout } = await survival('fit', 'table.csv', ...columns, '--model', names.join(','), '--json');
    expect(code).toBe(0);
    const results = JSON.parse(stdout);
    expect(results.map(({ model }: { model: string }) => model)).toEqual(names);
    Object.values(families).forEach((family, k) => {
      const expected = r.aft[family as 'weibull'];
      const { coefficients, ...actual } = results[k];
      expect(Object.keys(actual)).toEqual([
        'model',
        'n',
        'events',
        'scale',
        'logLikelihood',
        'aic',
        'bic',
        'concordance',
      ]);
      for (const { covariate, coef, se } of coefficients.filter(({ parameter }: Line) => parameter === 'location')) {
        const name = covariate === 'Intercept' ? '(Intercept)' : covariate;
        expect(relativeError(coef, expected.coefficients[name])).toBeLessThan(R_CONVERGENCE * 100);
        expect(relativeError(se, expected.se[name])).toBeLessThan(R_CONVERGENCE * 100);
      }
      for (const [figure, value] of [
        ['scale', expected.scale],
        ['logLikelihood', expected.loglik],
        ['aic', expected.aic],
        ['bic', expected.bic],
        ['concordance', expected.concordance],
      ] as const) {
        expect(relativeError(actual[figure], value)).toBeLessThan(R_CONVERGENCE * 100);
      }
    });
    const cox = results[4];
    expect(cox.scale).toBeNull();
    for (const { parameter, covariate, coef } of cox.coefficients) {
      expect(parameter).toBe('hazard');
      expect(relativeError(coef, r.cox.efron.coefficients[covariate])).toBeLessThan(R_CONVERGENCE);
    }
  });

  test("the authors' runs, without standardising by hand: a weighted row for failures and one for survivors", async () => {
    const r = paperReference();
    const [header, ...lines] = readFileSync(paper, 'utf8').trim().split('\n');
    const names = header.split(',');
    const runs = lines.map((line) => Object.fromEntries(line.split(',').map((value, k) => [names[k], Number(value)])));
    const rows = runs.flatMap((run) => {
      const failed = Math.round((1 - run.adv_accuracy) * 100);
      return [
        { ...run, event: 1, w: failed },
        { ...run, event: 0, w: 100 - failed },
      ].filter(({ w }) => w > 0);
    });
    const used = ['attack_time', 'event', 'w', ...r.covariates] as const;
    writeCsv('runs.csv', Object.fromEntries(used.map((name) => [name, rows.map((row) => row[name as 'w'])])));
    const { stdout } = await survival(
      ...['fit', 'runs.csv', '--time', 'attack_time', '--event', 'event', '--weight', 'w', '--json'],
      ...['--covariates', r.covariates.join(','), '--model', 'weibull'],
    );
    const { n, events, scale, logLikelihood, coefficients } = JSON.parse(stdout);
    expect([n, events]).toEqual([r.total_weight, r.events]);
    expect(relativeError(scale, r.aft.weibull.scale)).toBeLessThan(1e-6);
    expect(relativeError(logLikelihood, r.aft.weibull.loglik)).toBeLessThan(1e-9);
    for (const { parameter, covariate, coef } of coefficients) {
      if (parameter !== 'location' || covariate === 'Intercept') continue;
      // R's coefficients are those of columns divided by `scale`.
      expect(relativeError(coef * r.scale[covariate], r.aft.weibull.coefficients[covariate])).toBeLessThan(1e-6);
    }
  });

  test('clusters, strata and exact ties reach the Cox model', async () => {
    const { rows } = reference('lung');
    const month = rows.time.map((time) => Math.ceil(time / 30));
    writeCsv('lung.csv', {
      month,
      event: rows.event,
      age: rows.age,
      sex: rows.sex,
      ecog: rows['ph.ecog'],
      karno: rows['ph.karno'],
      group: month.map((_, row) => row % 30),
    });
    const run = async (...words: string[]) => {
      const { stdout } = await survival(
        'fit',
        'lung.csv',
        '--time',
        'month',
        '--event',
        'event',
        '--model',
        'cox',
        '--json',
        ...words,
      );
      return JSON.parse(stdout).coefficients.map(({ coef, se }: Line) => [coef, se]);
    };
    const expectPairs = (
      pairs: number[][],
      { coefficients, se }: { coefficients: readonly number[]; se: readonly number[] },
    ) =>
      pairs.forEach(([coef, error], k) => {
        expect(relativeError(coef, coefficients[k])).toBeLessThan(R_CONVERGENCE);
        expect(relativeError(error, se[k])).toBeLessThan(R_CONVERGENCE);
      });
    const r = coxReferencesR();
    expectPairs(await run('--covariates', 'age,sex,ecog,karno', '--ties', 'exact'), r.exact);
    expectPairs(await run('--covariates', 'age,sex,ecog,karno', '--cluster', 'group'), r.cluster);
    expectPairs(await run('--covariates', 'age,ecog,karno', '--strata', 'sex', '--cluster', 'group'), r.clusterStrata);
  });
});

describe('survival fit', () => {
  test('prints a table, warns, and tells rows dropped and reference levels on standard error', async () => {
    writeCsv('table.csv', { ...eight, k: ['a', 'NA', ...eight.k.slice(2)] });
    const { code, stdout, stderr } = await survival(
      'fit',
      'table.csv',
      '--time',
      't',
      '--event',
      'e',
      '--covariates',
      'x,k',
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^Weibull accelerated failure time model\nn = 7, events = 5 \(71\.4 %\)\n\n +coef +se +z +p +lower 95% +upper 95% +time ratio +ratio lower/,
    );
    expect(stdout).toMatch(/\nk\[b\] +\S+ +\S+/);
    expect(stdout).toMatch(/\nAIC [\d.]+, BIC [\d.]+, concordance 0\.\d{4}\n/);
    expect(stderr).toContain('1 row misses a value and is left out\n');
    expect(stderr).toContain('k: compared with "a"\n');
    expect(stderr).toMatch(/warning: 5 failures for 2 covariates/);
  });

  test('a reference level changes the sign of a dummy', async () => {
    writeCsv('table.csv', eight);
    const run = async (...words: string[]) =>
      JSON.parse(
        (await survival('fit', 'table.csv', '--time', 't', '--event', 'e', '--covariates', 'k', '--json', ...words))
          .stdout,
      );
    const [, plain] = (await run()).coefficients;
    const [, turned] = (await run('--reference', 'k=b')).coefficients;
    expect([plain.covariate, turned.covariate]).toEqual(['k[b]', 'k[a]']);
    expect(turned.coef).toBeCloseTo(-plain.coef, 10);
  });

  test('true and false, counts of failures, semicolons, quotes and a byte order mark', async () => {
    writeFileSync(
      'table.csv',
      `\ufefft;"e"\r\n${eight.t.map((t, i) => `${t};${eight.e[i] ? 'True' : 'false'}`).join('\r\n')}\r\n`,
    );
    const bool = await survival('fit', 'table.csv', '--time', 't', '--event', 'e', '--json');
    writeCsv('counts.csv', { t: eight.t, e: eight.e.map((e) => 3 * e) });
    const counts = await survival('fit', 'counts.csv', '--time', 't', '--event', 'e>0', '--json');
    expect(JSON.parse(bool.stdout).events).toBe(6);
    expect(counts.stdout).toBe(bool.stdout);
  });

  test('interval censoring: equal bounds are exact times, an empty upper bound is right-censored', async () => {
    writeCsv('points.csv', { t: eight.t, e: eight.e });
    writeCsv('bounds.csv', { t: eight.t, u: eight.t.map((t, i) => (eight.e[i] ? t : ['', 'inf'][i % 2])) });
    const points = JSON.parse((await survival('fit', 'points.csv', '--time', 't', '--event', 'e', '--json')).stdout);
    const bounds = JSON.parse((await survival('fit', 'bounds.csv', '--time', 't', '--upper', 'u', '--json')).stdout);
    expect(bounds.logLikelihood).toBeCloseTo(points.logLikelihood, 12);
  });

  test('all models: an array, those without a fit on standard error, the table ranks them', async () => {
    const { rows } = reference('veteran');
    writeCsv('table.csv', { t: rows.time, e: rows.event, karno: rows.karno });
    const words = ['fit', 'table.csv', '--time', 't', '--event', 'e', '--covariates', 'karno', '--model', 'all'];
    const json = await survival(...words, '--json');
    expect(JSON.parse(json.stdout).length).toBeGreaterThanOrEqual(8);
    const text = await survival(...words);
    expect(text.stdout).toMatch(/^Models, the lowest AIC first\n/);
    expect(text.stdout).toMatch(/\ncox +\(partial\) +NA +NA/);
  });

  test('cross-validation, bootstrap, ranking and proportionality, in text and in JSON', async () => {
    const { rows } = reference('lung');
    writeCsv('table.csv', { t: rows.time, e: rows.event, age: rows.age, sex: rows.sex });
    const words = [
      ...['fit', 'table.csv', '--time', 't', '--event', 'e', '--covariates', 'age,sex', '--model', 'weibull,cox'],
      ...['--cross-validate', '3', '--bootstrap', '20', '--rank', 'ici', '--at', '300'],
    ];
    const json = await survival(...words, '--json');
    const [weibull, cox] = JSON.parse(json.stdout);
    for (const model of [weibull, cox]) {
      expect(model.crossValidation.map(({ samples }: { samples: number }) => samples).sort()).toEqual([75, 75, 76]);
      expect(model.bootstrap.replicates).toBe(20);
      model.bootstrap.coefficients.forEach((line: { covariate: string; lower: number; upper: number }, k: number) => {
        expect(line.covariate).toBe(model.coefficients[k].covariate);
        expect(line.lower).toBeLessThan(line.upper);
      });
      expect(model.training.time).toBe(300);
      expect(model.training.integratedBrier).toBeLessThan(0.25);
    }
    expect(weibull.proportionality).toBeUndefined();
    expect(cox.proportionality.map(({ name }: { name: string }) => name)).toEqual(['age', 'sex', 'global']);
    const { stdout } = await survival(...words);
    expect(stdout).toMatch(/^Models, the lowest ICI first\n/);
    expect(stdout).toMatch(/\nBootstrap: 20 drawn tables\n/);
    expect(stdout).toMatch(/\nCross-validation, 3 folds\n/);
    expect(stdout.includes('\nProportional hazards')).toBe(cox.training.ici < weibull.training.ici);
    const alone = await survival('fit', 'table.csv', ...words.slice(2, 8), '--model', 'cox');
    expect(alone.stdout).toMatch(/\nProportional hazards .*\n +χ² +df +p\nage /);
    const wrong = await survival(...words, '--rank', 'aicc');
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('Allowed choices are aic, bic, ici')]);
    const few = await survival(...words, '--cross-validate', '1');
    expect([few.code, few.stderr]).toEqual([2, expect.stringContaining('a whole number from 2.')]);
  });

  test('a split gives figures of training and test rows, the same for the same seed', async () => {
    const { rows } = reference('lung');
    writeCsv('table.csv', { t: rows.time, e: rows.event, age: rows.age, sex: rows.sex });
    const words = [
      'fit',
      'table.csv',
      '--time',
      't',
      '--event',
      'e',
      '--covariates',
      'age,sex',
      '--split',
      '0.25',
      '--json',
    ];
    const first = await survival(...words, '--seed', '7', 'split.json');
    expect(first.code).toBe(2);
    const one = await survival(...words, '--seed', '7');
    const { training, test: held } = JSON.parse(one.stdout);
    expect([training.samples, held.samples]).toEqual([169, 57]);
    for (const part of [training, held]) {
      expect(part.ici).toBeGreaterThan(0);
      expect(part.e50).toBeLessThanOrEqual(part.e90);
    }
    expect((await survival(...words, '--seed', '7')).stdout).toBe(one.stdout);
    expect((await survival(...words, '--seed', '8')).stdout).not.toBe(one.stdout);
  });

  test('writes JSON to a file, and figures as SVG and PNG', async () => {
    const { rows } = reference('veteran');
    writeCsv('table.csv', { t: rows.time, e: rows.event, karno: rows.karno, trt: rows.trt });
    const words = ['--time', 't', '--event', 'e', '--covariates', 'karno,trt', '--model', 'log-logistic'];
    const { code, stdout } = await survival(
      'fit',
      'table.csv',
      ...words,
      '--json',
      'out/fit.json',
      '--plots',
      'out/plots',
    );
    expect(code).toBe(0);
    expect(stdout).toContain('Log-logistic');
    expect(JSON.parse(readFileSync('out/fit.json', 'utf8')).model).toBe('log-logistic');
    const names = ['calibration', 'coefficients', 'cox-snell', 'partial-effects', 'q-q', 'survival'];
    expect(readdirSync('out/plots').sort()).toEqual(names.flatMap((name) => [`${name}.png`, `${name}.svg`]));
    for (const name of names) {
      // The signature of PNG, then the width of IHDR: twice the 860 of the drawing and the 12 beside it.
      const image = readFileSync(`out/plots/${name}.png`);
      expect(image.subarray(1, 4).toString('latin1')).toBe('PNG');
      expect(image.readUInt32BE(16)).toBe(2 * (860 + 2 * 12));
      const svg = readFileSync(`out/plots/${name}.svg`, 'utf8');
      expect(svg).not.toContain('var(--');
      expect(svg).not.toMatch(/NaN|undefined/);
    }
  });

  test('with several models, draws the checks of the others, too', async () => {
    const { rows } = reference('veteran');
    writeCsv('table.csv', { t: rows.time, e: rows.event, karno: rows.karno });
    const words = ['--time', 't', '--event', 'e', '--covariates', 'karno', '--model', 'weibull,log-logistic,cox'];
    const { code } = await survival('fit', 'table.csv', ...words, '--plots', 'plots');
    expect(code).toBe(0);
    const drawn = readdirSync('plots').filter((name) => name.endsWith('.svg'));
    // The log-logistic has the lowest AIC; Cox's model has no quantiles.
    expect(drawn).toEqual(
      expect.arrayContaining(['q-q.svg', 'q-q-weibull.svg', 'cox-snell-cox.svg', 'calibration-cox.svg']),
    );
    expect(drawn).not.toContain('q-q-cox.svg');
  });

  test('tests constant acceleration where it is asked for, of models with a scale', async () => {
    const { rows } = reference('lung');
    writeCsv('table.csv', { t: rows.time, e: rows.event, sex: rows.sex });
    const words = ['fit', 'table.csv', '--time', 't', '--event', 'e', '--covariates', 'sex', '--acceleration'];
    const { stdout } = await survival(...words, '--model', 'weibull,exponential', '--json');
    const [weibull, exponential] = JSON.parse(stdout);
    expect(weibull.acceleration.map(({ name }: { name: string }) => name)).toEqual(['sex', 'global']);
    expect(exponential).not.toHaveProperty('acceleration');
    expect((await survival(...words)).stdout).toContain('Constant acceleration');
  });

  test('predicts for covariates: as the functions do, and in closed form', async () => {
    const { rows } = reference('veteran');
    const cell = rows.celltype ?? rows.trt.map((trt) => (trt === 1 ? 'one' : 'two'));
    writeCsv('table.csv', { t: rows.time, e: rows.event, karno: rows.karno, cell });
    const words = ['fit', 'table.csv', '--time', 't', '--event', 'e', '--covariates', 'karno,cell'];
    const asked = ['--predict', `karno=60,cell=${cell[0]}`, '--predict-at', '50,100', '--given', '20'];
    const { code, stdout } = await survival(...words, '--model', 'exponential', ...asked, '--json');
    expect(code).toBe(0);
    const { coefficients, predictions } = JSON.parse(stdout);
    const [intercept, karno, ...levels] = coefficients.map(({ coef }: Line) => coef);
    const names = coefficients.slice(2).map(({ covariate }: Line) => covariate);
    const level = names.indexOf(`cell[${cell[0]}]`);
    const mean = Math.exp(intercept + 60 * karno + (level < 0 ? 0 : levels[level]));
    const [prediction] = predictions;
    // Without memory: P(T > t | T > 20) = exp(-(t - 20) / mean).
    prediction.survival.forEach(({ time, estimate, lower, upper }: Record<string, number>) => {
      expect(estimate).toBeCloseTo(Math.exp(-(time - 20) / mean), 10);
      expect(lower).toBeLessThan(estimate);
      expect(upper).toBeGreaterThan(estimate);
    });
    expect(prediction.hazard[1].estimate * mean).toBeCloseTo(1, 9);
    expect(prediction.median.estimate / (mean * Math.LN2)).toBeCloseTo(1, 9);
    expect(prediction.mean.estimate / mean).toBeCloseTo(1, 9);
    expect(
      prediction.restrictedMean.estimate / (mean * -Math.expm1(-prediction.restrictedMean.time / mean)),
    ).toBeCloseTo(1, 8);
    const text = await survival(...words, '--model', 'weibull,cox', ...asked);
    expect(text.stdout).toContain('P(T > 50.00 | T > 20.00)');
    const cox = await survival(...words, '--model', 'cox', ...asked, '--json');
    expect(JSON.parse(cox.stdout).predictions[0]).toMatchObject({ median: null, given: 20 });
  });

  test.each([
    [['--predict', 'karno=60,dose=1'], '--predict: "dose" is no covariate; there are: karno'],
    [['--predict', 'karno=much'], '--predict: karno is "much"; a number is needed'],
    [['--predict', 'karno'], 'give it as column=value,column=value'],
    [['--predict', 'karno=60', '--predict-at', '5', '--given', '9'], 'prediction: time 5 lies before 9'],
    [['--ties', 'breslow'], '--ties is not for --model weibull; it is for cox\n'],
    [
      ['--breakpoints', '9', '--model', 'cox,gompertz'],
      '--breakpoints is not for --model cox,gompertz; it is for piecewise-exponential\n',
    ],
    [['--strata', 'karno', '--model', 'weibull'], '--strata is not for --model weibull; it is for cox\n'],
    [
      ['--ancillary', 'scale=karno', '--model', 'exponential'],
      '--ancillary is not for --model exponential; it is for weibull, log-normal, log-logistic, generalised-gamma, ',
    ],
  ])('refuses %j', async (asked, message) => {
    const { rows } = reference('veteran');
    writeCsv('table.csv', { t: rows.time, e: rows.event, karno: rows.karno });
    const { code, stderr } = await survival(
      'fit',
      'table.csv',
      '--time',
      't',
      '--event',
      'e',
      '--covariates',
      'karno',
      ...asked,
    );
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  test('of several models an option concerns those that have it', async () => {
    const { rows } = reference('veteran');
    writeCsv('table.csv', { t: rows.time, e: rows.event, karno: rows.karno });
    const words = ['fit', 'table.csv', '--time', 't', '--event', 'e', '--covariates', 'karno'];
    const coefficientOf = async (...more: string[]) => {
      const { stdout } = await survival(...words, '--json', '--model', 'weibull,cox', ...more);
      return JSON.parse(stdout).find(({ model }: { model: string }) => model === 'cox').coefficients[0].coef;
    };
    const alone = await survival(...words, '--json', '--model', 'cox', '--ties', 'breslow');
    const breslow = await coefficientOf('--ties', 'breslow');
    expect(breslow).toBe(JSON.parse(alone.stdout).coefficients[0].coef);
    expect(breslow).not.toBe(await coefficientOf());
  });

  test.each(['sample', 'sample-gzip', 'sample-zstd'])('reads Parquet (%s)', async (name) => {
    const file = parquet.replace('sample.parquet', `${name}.parquet`);
    const { code, stdout, stderr } = await survival(
      'fit',
      file,
      '--time',
      'time',
      '--event',
      'event',
      '--covariates',
      'kind',
      '--json',
    );
    expect([code, JSON.parse(stdout).n]).toEqual([0, 7]);
    expect(stderr).toContain('1 row misses a value');
    const bool = await survival('fit', file, '--time', 'time', '--event', 'failed', '--covariates', 'kind', '--json');
    expect(bool.stdout).toBe(stdout);
  });
});

describe('predictions of a Cox model with strata', () => {
  const { rows, survival: expected } = scoreReferencesR().strata;
  const words = ['--time', 'time', '--event', 'event', '--covariates', 'age', '--strata', 'sex', '--model', 'cox'];
  const predict = (row: string) => ['--predict', row, '--predict-at', '200,400'];
  const cox = (...more: readonly string[]) => survival('fit', 'lung.csv', ...words, ...more);
  beforeEach(() => writeCsv('lung.csv', rows));

  test('every stratum where none is named, the one that is named otherwise, as R has them', async () => {
    const all = JSON.parse((await cox(...predict('age=60'), '--json')).stdout).predictions;
    expect(all.map(({ stratum }: { stratum: string }) => stratum)).toEqual(['sex=1', 'sex=2']);
    const [second] = JSON.parse((await cox(...predict('age=60,sex=2'), '--json')).stdout).predictions;
    expect(second).toEqual(all[1]);
    all.forEach((one: { survival: readonly { estimate: number }[] }, k: number) => {
      one.survival.forEach(({ estimate }, at) => {
        expect(relativeError(estimate, expected[k][at])).toBeLessThan(R_CONVERGENCE);
      });
    });
  });

  test('text names the stratum', async () => {
    const { stdout } = await cox(...predict('age=60'));
    expect(stdout).toContain('Predicted for age = 60, stratum sex=1');
    expect(stdout).toContain('Predicted for age = 60, stratum sex=2');
  });

  test('a stratum that does not exist is refused', async () => {
    const { code, stderr } = await cox(...predict('age=60,sex=3'));
    expect(code).toBe(2);
    expect(stderr).toContain('there is no stratum "sex=3"; of 2 the first are: "sex=1", "sex=2"');
  });

  test('figures have a panel for each stratum', async () => {
    expect((await cox('--plots', 'figures')).code).toBe(0);
    const svg = readFileSync('figures/partial-effects.svg', 'utf8');
    expect(svg).toContain('age; sex=1');
    expect(svg).toContain('age; sex=2');
  });
});
