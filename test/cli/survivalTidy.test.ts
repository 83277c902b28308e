import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sheetOf } from '../../src/analysis/tables/sheet.ts';
import { sheetParquet } from '../../src/analysis/tables/sheetParquet.ts';
import {
  coxReferencesR,
  pythonReferences,
  reference,
  relativeError,
  scoreReferencesR,
} from '../support/survivalFixtures.ts';
import { survival } from '../support/survivalProgram.ts';

/* Right figures are those of R 4.2 (survival 3.5.3) and of lifelines 0.30.3: see test/fixtures/survival/README.md. */
let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'outlast-tidy-'));
});
afterAll(() => rmSync(scratch, { recursive: true }));

function write(name: string, columns: Readonly<Record<string, readonly unknown[]>>): string {
  const names = Object.keys(columns);
  const rows = columns[names[0]].map((_, row) => names.map((column) => columns[column][row]).join(','));
  const path = join(scratch, name);
  writeFileSync(path, `${[names.join(','), ...rows].join('\n')}\n`);
  return path;
}

type Row = Readonly<Record<string, string>>;

/** A table that was written, from its CSV; checked to be the same in its Parquet file. */
async function read(folder: string, name: string): Promise<Row[]> {
  const rows: Row[] = parse(readFileSync(join(folder, `${name}.csv`), 'utf8'), { columns: true });
  const bytes = readFileSync(join(folder, `${name}.parquet`));
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const heading = readFileSync(join(folder, `${name}.csv`), 'utf8')
    .split('\r\n')[0]
    .split(',');
  expect(
    parquetMetadata(file)
      .schema.slice(1)
      .map((column) => column.name),
  ).toEqual(heading);
  const texts = (await parquetReadObjects({ file })).map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([key, cell]) => [
        key,
        cell === null ? '' : String(typeof cell === 'boolean' ? Number(cell) : cell),
      ]),
    ),
  );
  expect(texts).toEqual(rows);
  return rows;
}

const lung = reference('lung');
const lungWords = ['--time', 'time', '--event', 'event', '--covariates', lung.covariates.join(',')];
const lungFile = () =>
  write('lung.csv', Object.fromEntries(['time', 'event', ...lung.covariates].map((name) => [name, lung.rows[name]])));

/** R stops where the log likelihood gains less than 1e-9 of itself. */
const R_CONVERGENCE = 1e-9;

describe('survival fit --tidy', () => {
  test('coefficients and glance of several models, against R', async () => {
    const folder = join(scratch, 'models');
    const { code, stderr } = await survival(
      'fit',
      lungFile(),
      ...lungWords,
      '--model',
      'weibull,cox',
      '--tidy',
      folder,
    );
    expect([code, stderr]).toEqual([0, expect.stringContaining(`as CSV and Parquet, in ${folder}`)]);
    expect(readdirSync(folder).sort()).toEqual(
      ['coefficients', 'curves', 'glance', 'predictions', 'residuals'].flatMap((name) => [
        `${name}.csv`,
        `${name}.parquet`,
      ]),
    );
    const lines = await read(folder, 'coefficients');
    const { weibull } = lung.aft;
    const { efron } = lung.cox;
    expect(lines.map(({ model, parameter, term }) => [model, parameter, term])).toEqual([
      ...['Intercept', ...lung.covariates].map((term) => ['weibull', 'location', term]),
      ['weibull', 'scale', 'Intercept'],
      ...lung.covariates.map((term) => ['cox', 'hazard', term]),
    ]);
    for (const line of lines.filter(({ parameter }) => parameter !== 'scale')) {
      const { coefficients, se } = line.model === 'cox' ? efron : weibull;
      const name = line.term === 'Intercept' ? '(Intercept)' : line.term;
      expect(relativeError(Number(line.estimate), coefficients[name])).toBeLessThan(100 * R_CONVERGENCE);
      expect(relativeError(Number(line['std.error']), se[name])).toBeLessThan(100 * R_CONVERGENCE);
      if (line.term === 'Intercept') expect([line.ratio, line['ratio.low']]).toEqual(['', '']);
      else expect(relativeError(Number(line.ratio), Math.exp(coefficients[name]))).toBeLessThan(100 * R_CONVERGENCE);
    }
    const [first, second] = await read(folder, 'glance');
    expect([first.model, first.n, first.nobs, first.nevent, first.df]).toEqual(['weibull', '226', '226', '163', '6']);
    expect(relativeError(Number(first.BIC), weibull.bic)).toBeLessThan(R_CONVERGENCE);
    expect(relativeError(Number(first.scale), weibull.scale)).toBeLessThan(100 * R_CONVERGENCE);
    expect([second.model, second.scale]).toEqual(['cox', '']);
    // R's nobs of a coxph, which its BIC takes the logarithm of, is the number of events.
    expect(relativeError(Number(second.BIC), -2 * efron.loglik + 4 * Math.log(163))).toBeLessThan(R_CONVERGENCE);
  });

  test('residuals of every row, against R and lifelines', async () => {
    const r = coxReferencesR();
    const months = write('months.csv', {
      month: lung.rows.time.map((time) => Math.ceil(time / 30)),
      ...Object.fromEntries(['event', ...lung.covariates].map((name) => [name, lung.rows[name]])),
    });
    const folder = join(scratch, 'residuals');
    const words = ['--event', 'event', '--covariates', lung.covariates.join(','), '--model', 'cox'];
    await survival('fit', months, '--time', 'month', ...words, '--tidy', folder);
    const rows = await read(folder, 'residuals');
    expect(rows.map((row) => row['.row'])).toEqual(lung.rows.time.map((_, row) => String(row + 1)));
    rows.slice(0, 20).forEach((row, i) => {
      lung.covariates.forEach((name, k) => {
        // R's first twenty rows, which it gives to 1e-7 (absolute).
        expect(Math.abs(Number(row[`.score[${name}]`]) - r.scoreEfron[4 * i + k])).toBeLessThan(1e-7);
        expect(Math.abs(Number(row[`.dfbeta[${name}]`]) - r.dfbeta[4 * i + k])).toBeLessThan(1e-7);
      });
    });

    await survival('fit', lungFile(), '--time', 'time', ...words, '--tidy', folder);
    const failed = (await read(folder, 'residuals')).filter((row) => row['.schoenfeld[age]'] !== '');
    expect(failed.map((row) => Number(row['.row']) - 1)).toEqual(
      lung.rows.event.flatMap((event, row) => (event === 1 ? [row] : [])),
    );

    const { rows: tied, ties } = scoreReferencesR();
    const tiedFile = write('tied.csv', tied);
    await survival(
      'fit',
      tiedFile,
      '--time',
      'time',
      '--event',
      'event',
      '--covariates',
      'age,sex',
      '--model',
      'cox',
      '--tidy',
      folder,
    );
    (await read(folder, 'residuals')).forEach((row, i) => {
      expect(Math.abs(Number(row['.martingale']) - ties.efron.martingale[i])).toBeLessThan(1e-7);
      expect(Math.abs(Number(row['.deviance']) - ties.efron.deviance[i])).toBeLessThan(1e-6);
      expect(Number(row['.cox.snell'])).toBeCloseTo(tied.event[i] - Number(row['.martingale']), 12);
    });
  });

  test('Schoenfeld residuals, against lifelines', async () => {
    const folder = join(scratch, 'schoenfeld');
    await survival('fit', lungFile(), ...lungWords, '--model', 'cox', '--tidy', folder);
    const failed = (await read(folder, 'residuals')).filter((row) => row['.schoenfeld[age]'] !== '');
    pythonReferences().schoenfeld.forEach((expected, i) => {
      lung.covariates.forEach((name, k) => {
        // lifelines takes ties at once, R and outlast by Efron: rows that fail alone are equal.
        const time = lung.rows.time[Number(failed[i]['.row']) - 1];
        const alone = lung.rows.time.filter((other, row) => other === time && lung.rows.event[row] === 1).length === 1;
        if (alone) expect(Number(failed[i][`.schoenfeld[${name}]`])).toBeCloseTo(expected[k], 5);
      });
    });
  });

  test('predictions for the rows that are fitted: medians of R, the curve of each', async () => {
    const folder = join(scratch, 'fitted');
    await survival('fit', lungFile(), ...lungWords, '--tidy', folder, '--predict-at', '200,400');
    const rows = await read(folder, 'predictions');
    expect(rows.length).toBe(2 * 226);
    expect(Object.keys(rows[0]).slice(0, 9)).toEqual(['.model', '.row', '.curve', 'time', 'event', ...lung.covariates]);
    lung.aft.weibull.median.forEach((median, i) => {
      expect(relativeError(Number(rows[2 * i]['.median']), median)).toBeLessThan(1e-6);
    });
    const { coefficients } = lung.aft.weibull;
    const predictor = lung.covariates.reduce(
      (sum, name) => sum + coefficients[name] * lung.rows[name][4],
      coefficients['(Intercept)'],
    );
    expect(relativeError(Number(rows[8]['.fitted']), predictor)).toBeLessThan(1e-6);
    // S(t) = exp(-(t exp(-lp))^(1 / scale)).
    const expected = Math.exp(-((400 * Math.exp(-predictor)) ** (1 / lung.aft.weibull.scale)));
    expect(rows[9]['.time']).toBe('400');
    expect(relativeError(Number(rows[9]['.survival']), expected)).toBeLessThan(1e-6);
    expect(Number(rows[9]['.survival.low'])).toBeLessThan(expected);
    const curves = await read(folder, 'curves');
    // So many of the 226 rows differ in their covariates.
    const different = new Set(
      lung.rows.time.map((_, row) => lung.covariates.map((name) => lung.rows[name][row]).join()),
    );
    expect(curves.length).toBe(different.size * 101);
    const own = curves.filter((row) => row['.curve'] === rows[9]['.curve']);
    expect([own[0]['.time'], own[0]['.survival'], own[100]['.time']]).toEqual([
      '0',
      '1',
      String(Math.max(...lung.rows.time)),
    ]);
    const survivals = own.map((row) => Number(row['.survival']));
    expect(survivals).toEqual(survivals.toSorted((a, b) => b - a));
  });
});

describe('survival fit --tidy --new', () => {
  const { rows, survival: expected } = scoreReferencesR().strata;
  const words = ['--time', 'time', '--event', 'event', '--covariates', 'age', '--strata', 'sex', '--model', 'cox'];
  const at = ['--predict-at', '200,400'];

  test('strata and survival of a Cox model, as R has them', async () => {
    const folder = join(scratch, 'new');
    const file = write('new.csv', { who: ['a', 'b'], sex: [2, 1], age: [60, 60] });
    const { code } = await survival('fit', write('strata.csv', rows), ...words, ...at, '--new', file, '--tidy', folder);
    expect(code).toBe(0);
    const predictions = await read(folder, 'predictions');
    expect(predictions.map((row) => [row['.row'], row.who, row['.stratum'], row['.time']])).toEqual([
      ['1', 'a', 'sex=2', '200'],
      ['1', 'a', 'sex=2', '400'],
      ['2', 'b', 'sex=1', '200'],
      ['2', 'b', 'sex=1', '400'],
    ]);
    [expected[1], expected[0]].flat().forEach((value, k) => {
      expect(relativeError(Number(predictions[k]['.survival']), value)).toBeLessThan(R_CONVERGENCE);
      expect([predictions[k]['.survival.low'], predictions[k]['.median']]).toEqual(['', '']);
    });
    // A step at every failure of the stratum, which the prediction lies on.
    const curves = await read(folder, 'curves');
    const steps = curves.filter((row) => row['.stratum'] === 'sex=1' && Number(row['.time']) <= 400);
    expect(steps.at(-1)?.['.survival']).toBe(predictions[3]['.survival']);
  });

  test('identifiers beyond a double, words and missing values of a Parquet file', async () => {
    const ids = [9007199254740993n, 9007199254740992n, 1n];
    const cases = sheetOf({ id: 'whole', cell: 'text', karno: 'number', note: 'text' }, [
      { id: ids[0], cell: 'two', karno: 60, note: 'x,y' },
      { id: ids[1], cell: 'one', karno: null, note: null },
      { id: ids[2], cell: 'one', karno: 60, note: '' },
    ]);
    const file = join(scratch, 'cases.parquet');
    writeFileSync(file, sheetParquet(cases));
    const { rows: veteran } = reference('veteran');
    const table = write('veteran.csv', {
      t: veteran.time,
      e: veteran.event,
      karno: veteran.karno,
      cell: veteran.trt.map((trt) => (trt === 1 ? 'one' : 'two')),
    });
    const folder = join(scratch, 'cases');
    const fit = ['fit', table, '--time', 't', '--event', 'e', '--covariates', 'karno,cell', '--model', 'exponential'];
    const { code } = await survival(...fit, '--new', file, '--tidy', folder);
    expect(code).toBe(0);
    const predictions = await read(folder, 'predictions');
    expect(predictions.map(({ id, cell, note }) => [id, cell, note])).toEqual([
      [String(ids[0]), 'two', 'x,y'],
      [String(ids[1]), 'one', ''],
      [String(ids[2]), 'one', ''],
    ]);
    const lines = await read(folder, 'coefficients');
    const [intercept, karno, two] = lines.map(({ estimate }) => Number(estimate));
    const means = predictions.map((row) => Number(row['.mean']));
    expect(relativeError(means[0], Math.exp(intercept + 60 * karno + two))).toBeLessThan(1e-12);
    expect(relativeError(means[2], Math.exp(intercept + 60 * karno))).toBeLessThan(1e-12);
    // As R's predict: a row that misses a value has no prediction, and keeps its place.
    expect([predictions[1]['.curve'], predictions[1]['.mean'], predictions[1]['.survival']]).toEqual(['', '', '']);
  });

  test('curves of the first 200 different rows, and it is said', async () => {
    const folder = join(scratch, 'many');
    const file = write('many.csv', {
      sex: Array.from({ length: 210 }, () => 1),
      age: Array.from({ length: 210 }, (_, i) => (i === 209 ? 20 : 20 + i / 4)),
    });
    const { stderr } = await survival('fit', write('strata.csv', rows), ...words, '--new', file, '--tidy', folder);
    expect(stderr).toContain('curves are those of the first 200 of 209 different rows\n');
    const predictions = await read(folder, 'predictions');
    expect([0, 199, 200, 209].map((row) => predictions[row]['.curve'])).toEqual(['1', '200', '', '1']);
    expect(new Set((await read(folder, 'curves')).map((row) => row['.curve'])).size).toBe(200);
  });

  test('a long curve of a Cox model at 1000 of its failures', async () => {
    const folder = join(scratch, 'long');
    const times = Array.from({ length: 3000 }, (_, i) => i + 1);
    const table = write('long.csv', { t: times, x: times.map((time) => (time * 7919) % 13) });
    const file = write('one.csv', { x: [6] });
    await survival(
      'fit',
      table,
      '--time',
      't',
      '--covariates',
      'x',
      '--model',
      'cox',
      '--predict-at',
      '3000',
      '--new',
      file,
      '--tidy',
      folder,
    );
    const curve = await read(folder, 'curves');
    expect(curve.length).toBe(1001);
    expect([0, 1, 1000].map((k) => curve[k]['.time'])).toEqual(['0', '1', '3000']);
    expect(curve[1000]['.survival']).toBe((await read(folder, 'predictions'))[0]['.survival']);
  });

  test.each([
    ['a column that is missing', 'sex\n1\n', /new\.csv has no column "age"/],
    [
      'a word for a number',
      'sex,age\n1,60\n2,old\n',
      /column "age", row 2 \(line 3\): "old" should be a finite number\n$/,
    ],
    [
      'a stratum that was not fitted',
      'sex,age\n3,60\n',
      /row 1: there is no stratum "sex=3" among the rows that are fitted\n$/,
    ],
    ['no rows', 'sex,age\n', /no rows below its header/],
  ])('refuses %s in one line, and writes nothing', async (name, text, message) => {
    const file = join(scratch, 'new.csv');
    writeFileSync(file, text);
    const folder = join(scratch, `refused ${name}`);
    const { code, stderr, stdout } = await survival(
      'fit',
      write('strata.csv', rows),
      ...words,
      '--new',
      file,
      '--tidy',
      folder,
    );
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n').length).toBe(1);
    expect(existsSync(folder)).toBe(false);
  });

  test('a level that was not fitted, a file in the place of the folder, and --new alone', async () => {
    const table = write('words.csv', { t: [3, 1, 4, 1, 5, 9, 2, 6], k: [...'abaabbab'] });
    const fit = ['fit', table, '--time', 't', '--covariates', 'k'];
    const file = write('levels.csv', { k: ['b', 'c'] });
    const level = await survival(...fit, '--new', file, '--tidy', join(scratch, 'levels'));
    expect([level.code, level.stderr]).toEqual([
      2,
      expect.stringMatching(/column "k", row 2 \(line 3\): "c" should be one of the levels a, b\n$/),
    ]);
    const place = await survival(...fit, '--tidy', table);
    expect([place.code, place.stdout]).toEqual([2, '']);
    expect(place.stderr).toMatch(
      /^outlast: option '--tidy <folder>' argument '.*' is invalid\. It is a file, not a folder\.\n$/,
    );
    const alone = await survival(...fit, '--new', file);
    expect([alone.code, alone.stderr]).toEqual([
      2,
      expect.stringContaining('--new gives rows whose predictions --tidy writes'),
    ]);
  });
});

describe('survival km --tidy', () => {
  test('the curve of R survfit, with its limits; no test without groups, but its heading', async () => {
    const folder = join(scratch, 'km');
    await survival('km', lungFile(), '--time', 'time', '--event', 'event', '--tidy', folder);
    const curves = await read(folder, 'curves');
    const r = lung.kaplan_meier;
    const column = (name: string) => curves.map((row) => (row[name] === '' ? null : Number(row[name])));
    expect(column('time')).toEqual(r.time);
    expect(column('n.risk')).toEqual(r.at_risk);
    expect(column('n.event')).toEqual(r.events);
    for (const [name, expected] of [
      ['estimate', r.survival],
      ['conf.low', r.lower],
      ['conf.high', r.upper],
      ['cumhaz', lung.nelson_aalen.cumulative_hazard],
    ] as const)
      column(name).forEach((value, k) => {
        if (expected[k] === null) expect(value).toBeNull();
        else expect(value!).toBeCloseTo(expected[k], 9);
      });
    expect(await read(folder, 'log-rank')).toEqual([]);
    expect(readFileSync(join(folder, 'log-rank.csv'), 'utf8')).toBe('statistic,df,p.value\r\n');
  });

  test('groups and the log-rank test: R survdiff and survfit of veteran', async () => {
    const { rows } = reference('veteran');
    const folder = join(scratch, 'groups');
    const table = write('groups.csv', { t: rows.time, e: rows.event, trt: rows.trt });
    await survival('km', table, '--time', 't', '--event', 'e', '--group', 'trt', '--tidy', folder);
    const groups = await read(folder, 'groups');
    expect(groups.map((row) => [row.group, row.n, row.events, row.median, row['conf.low'], row['conf.high']])).toEqual([
      ['1', '69', '64', '103', '59', '132'],
      ['2', '68', '64', '52.5', '44', '95'],
    ]);
    const [test] = await read(folder, 'log-rank');
    expect(test.df).toBe('1');
    expect(relativeError(Number(test.statistic), coxReferencesR().logRank[1])).toBeLessThan(1e-9);
  });
});
