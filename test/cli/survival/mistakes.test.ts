import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { survival } from '../../support/survivalProgram.ts';
import { eight, useScratchFolder, writeCsv } from '../../support/survivalScratch.ts';

useScratchFolder();

describe('wrong input is one line on standard error, exit 2, and nothing is written', () => {
  const usual = ['--time', 't', '--event', 'e', '--json', 'out.json', '--plots', 'plots'];

  beforeEach(() => {
    writeCsv('table.csv', eight);
    writeCsv('words.csv', { ...eight, x: [0.3, 1.1, 'much', 0.8, -0.4, 0.1, 0.9, -0.2] });
    writeCsv('zero.csv', { ...eight, t: [3, 1, 4, 0, 5, 9, 2, 6] });
    writeCsv('negative.csv', { ...eight, t: [3, -1, 4, 1, 5, 9, 2, 6] });
    writeCsv('events.csv', { ...eight, e: [1, 1, 0, 'yes', 1, 1, 0, 1] });
    writeCsv('twice.csv', { ...eight, y: eight.x });
    writeCsv('weights.csv', { ...eight, w: [1, 1, 1, 1, 0, 1, 1, 1] });
    // The row that is wrong stands behind one that misses a value.
    writeCsv('entry.csv', { ...eight, x: ['', ...eight.x.slice(1)], w: [0, 0, 9, 0, 0, 0, 0, 0] });
    writeCsv('missing.csv', { ...eight, x: eight.x.map(() => '') });
    writeCsv('censored.csv', { ...eight, e: eight.e.map(() => 0) });
    writeFileSync('empty.csv', '');
    writeFileSync('header.csv', 't,e\n');
    writeFileSync('ragged.csv', 't,e\n1,1\n2\n');
    writeFileSync('double.csv', 't,t\n1,1\n');
    writeFileSync('broken.parquet', 'PAR1 and nothing else');
    writeFileSync('binary.csv', Buffer.from([0x41, 0x00, 0x80, 0xff]));
  });

  test.each([
    [['fit', 'none.csv'], /^outlast: cannot read none\.csv: no such file or folder\n$/],
    [['fit', 'empty.csv'], /^outlast: empty\.csv is empty; a header line and at least one row are needed\n$/],
    [['fit', 'header.csv'], /^outlast: header\.csv has no rows below its header; at least one is needed\n$/],
    [['fit', 'ragged.csv'], /^outlast: ragged\.csv is not a CSV table: .*line 3.*\n$/],
    [['fit', 'double.csv'], /^outlast: double\.csv: two columns are named "t"\n$/],
    [['fit', 'binary.csv'], /^outlast: binary\.csv is neither text \(UTF-8, UTF-16, Latin-1\) nor Parquet\n$/],
    [['fit', 'broken.parquet'], /^outlast: broken\.parquet is not a whole Parquet file: .*\n$/],
    [
      ['fit', 'table.csv', '--covariates', 'X2'],
      /^outlast: table\.csv has no column "X2" \(did you mean "x"\?\); it has: t, e, x, k\n$/,
    ],
    [
      ['fit', 'words.csv', '--covariates', 'x'],
      /^outlast: words\.csv: column "x", row 3 \(line 4\): "much" should be a finite number.*\n$/,
    ],
    [
      ['fit', 'zero.csv'],
      /^outlast: 1 row has time 0, which has no logarithm: the weibull distribution is a model of log time; .*\n$/,
    ],
    [
      ['fit', 'negative.csv'],
      /^outlast: negative\.csv: column "t", row 2 \(line 3\): "-1" should be a time of 0 or more\n$/,
    ],
    [
      ['fit', 'events.csv'],
      /^outlast: events\.csv: column "e", row 4 \(line 5\): "yes" should be 0 or false \(censored\), 1 or true \(failed\).*\n$/,
    ],
    [
      ['fit', 'weights.csv', '--weight', 'w'],
      /^outlast: weights\.csv: column "w", row 5 \(line 6\): "0" should be a positive frequency.*\n$/,
    ],
    [
      ['fit', 'entry.csv', '--covariates', 'x', '--entry', 'w'],
      /^outlast: entry\.csv: column "w", row 3 \(line 4\): "9" should be a time before the row's failure or censoring at 4\n$/,
    ],
    [
      ['fit', 'missing.csv', '--covariates', 'x'],
      /^outlast: missing\.csv: every row misses a value in one of the columns t, e, x\n$/,
    ],
    [['fit', 'censored.csv'], /^outlast: no failure among the 8 samples.*\n$/],
    [['fit', 'twice.csv', '--covariates', 'x,y'], /^outlast: covariate "y" is collinear.*\n$/],
    [['fit', 'table.csv', '--covariates', 'x,t'], /^outlast: column "t" is used twice.*\n$/],
    [
      ['fit', 'table.csv', '--covariates', 'k', '--reference', 'k=c'],
      /^outlast: covariate "k": the reference level "c" is none of: a, b\n$/,
    ],
    [
      ['fit', 'table.csv', '--model', 'weibul'],
      /^outlast: option '--model <names>' argument 'weibul' is invalid\. "weibul" is no model \(did you mean weibull\?\).*\n$/,
    ],
    [
      ['fit', 'table.csv', '--split', '1.5'],
      /^outlast: option '--split <share>' argument '1\.5' is invalid\. it should be a number between 0 and 1\n$/,
    ],
    [['fit', 'table.csv', '--upper', 'x'], /^outlast: give either an event column or an upper bound.*\n$/],
    [
      ['fit', 'table.csv', '--covariates', 'x', '--cluster', 'k'],
      /^outlast: robust standard errors: 2 clusters for 3 coefficients; more clusters than coefficients are needed .*\n$/,
    ],
    [['fit', 'table.csv', '--model', 'cox'], /^outlast: Cox model: no covariates; use Kaplan-Meier\n$/],
    [['km', 'table.csv', '--group', 'kind'], /^outlast: table\.csv has no column "kind" \(did you mean "k"\?\).*\n$/],
    [['km', 'negative.csv'], /^outlast: negative\.csv: column "t", row 2.*\n$/],
  ] as const)('%j', async (words, message) => {
    const before = readdirSync('.');
    const { code, stdout, stderr } = await survival(...words, ...usual);
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, '']);
    expect(readdirSync('.')).toEqual(before);
    expect(existsSync('out.json')).toBe(false);
  });

  test('a missing flag, and the help', async () => {
    expect((await survival('fit', 'table.csv')).stderr).toBe(
      "outlast: required option '--lower, --time <column>' not specified\n",
    );
    const { code, stdout } = await survival('fit', '--help');
    expect(code).toBe(0);
    expect(stdout).toMatch(/Usage: outlast survival fit[\s\S]*--plots[\s\S]*--covariates[\s\S]*--penalizer/);
  });
});
