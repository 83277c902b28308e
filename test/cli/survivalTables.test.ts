import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { survival } from '../support/survivalProgram.ts';

/* Right figures are those of R 4.2, survival 3.5.3 (coxph, survdiff; survreg for Weibull models). */
const at = (name: string) => `test/fixtures/tables/cases/${name}`;
let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'outlast-survival-tables-'));
});
afterAll(() => rmSync(scratch, { recursive: true }));

interface Line {
  readonly covariate: string;
  readonly coef: number;
  readonly se: number;
}

async function fitted(file: string, ...words: readonly string[]) {
  const { stdout, stderr } = await survival('fit', file, '--model', 'cox', '--json', ...words);
  expect(stderr).not.toContain('outlast:');
  const { n, events, coefficients } = JSON.parse(stdout);
  const lines = coefficients.map(({ covariate, coef, se }: Line) => [
    covariate,
    Number(coef.toPrecision(4)),
    Number(se.toPrecision(4)),
  ]);
  return { n, events, lines };
}

function write(name: string, text: string): string {
  const file = join(scratch, name);
  writeFileSync(file, text);
  return file;
}

test('the word none is a level', async () => {
  const model = await fitted(
    at('none-level.csv'),
    '--time',
    'hours',
    '--event',
    'failed',
    '--covariates',
    'load,coating',
    '--reference',
    'coating=none',
    '--predict',
    'load=50,coating=none',
    '--model',
    'weibull',
  );
  expect(model.n).toBe(40);
  const byName = Object.fromEntries(model.lines.map(([name, coef]: [string, number]) => [name, coef]));
  expect(byName['coating[low]']).toBeCloseTo(0.807, 3);
  expect(byName['coating[high]']).toBeCloseTo(1.503, 3);
  expect(byName.load).toBeCloseTo(-0.0238, 4);
  const curves = JSON.parse(
    (await survival('km', at('none-level.csv'), '--time', 'hours', '--event', 'failed', '--group', 'coating', '--json'))
      .stdout,
  );
  expect(curves.logRank.statistic).toBeCloseTo(13.1, 1);
  const dropped = await survival(
    'km',
    at('none-level.csv'),
    '--time',
    'hours',
    '--event',
    'failed',
    '--group',
    'coating',
    '--missing',
    'none',
  );
  expect(dropped.stderr).toContain('14 rows miss a value');
});

test('a level of which no row is left is an error', async () => {
  const file = write('vanish.csv', 't,e,g,x\n1,1,a,\n2,1,a,NA\n3,1,b,1\n4,1,c,2\n5,0,b,3\n6,1,c,5\n');
  const { code, stderr } = await survival('fit', file, '--time', 't', '--event', 'e', '--covariates', 'g,x');
  expect([code, stderr]).toEqual([2, expect.stringContaining('column "g": all rows of level "a" miss a value')]);
});

test('event codes: 1 and 2, three values, words and counts are named or refused', async () => {
  const words = ['--time', 'hours', '--covariates', 'load'];
  const status = await fitted(at('event-codes.csv'), ...words, '--event', 'status=2');
  expect(status.events).toBe(32);
  expect(status.lines[0][1]).toBeCloseTo(0.0245, 5);
  expect(status.lines[0][2]).toBeCloseTo(0.01606, 5);
  const kind = await fitted(at('event-codes.csv'), ...words, '--event', 'kind=1');
  expect([kind.events, kind.lines[0][1], kind.lines[0][2]]).toEqual([20, 0.01707, 0.01987]);
  for (const [event, message] of [
    [
      'status',
      'column "status" has the values 1, 2, not 0 or false (censored), 1 or true (failed): say which is the failure, such as --event "status=2"',
    ],
    ['kind', 'column "kind" has the values 0, 1, 2'],
    ['status=3', 'column "status" never is "3"; it has: 1, 2'],
  ]) {
    const { code, stderr } = await survival('fit', at('event-codes.csv'), ...words, '--event', event);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  }
  const file = write('words.csv', 't,end\n1,Dead\n2,Alive\n3,Dead\n4,Alive\n');
  const named = await survival('km', file, '--time', 't', '--event', 'end=Dead', '--json');
  expect(JSON.parse(named.stdout).groups[0].events).toBe(2);
  expect((await survival('km', file, '--time', 't', '--event', 'end')).stderr).toContain('has the values Alive, Dead');
});

test('names with commas and equals signs, in quotes, in every flag', async () => {
  const usual = ['--time', 'hours', '--event', 'failed'];
  const { lines } = await fitted(
    at('names.csv'),
    ...usual,
    '--covariates',
    '"Load, mean (kN)"',
    '--predict',
    '"Load, mean (kN)"=50',
  );
  expect(lines).toEqual([['Load, mean (kN)', 0.0245, 0.01606]]);
  const ratio = await fitted(
    at('names.csv'),
    ...usual,
    '--covariates',
    'ratio=1/2',
    '--reference',
    '"ratio=1/2"=1',
    '--predict',
    '"ratio=1/2"=0',
  );
  expect(ratio.lines[0][0]).toBe('ratio=1/2[0]');
});

test('decimal commas, and numbers that are written otherwise', async () => {
  const { lines } = await fitted(
    at('decimal-comma.csv'),
    '--time',
    'hours',
    '--event',
    'failed',
    '--covariates',
    'gap',
    '--model',
    'weibull',
  );
  expect(lines[1][1]).toBeCloseTo(0.0851, 4);
  expect(lines[1][2]).toBeCloseTo(0.133, 3);
  const file = write(
    'percent.csv',
    `t,e,x,w\n${Array.from({ length: 30 }, (_, k) => `${k + 1},1,${k} %,word${k}`).join('\n')}\n`,
  );
  const usual = ['fit', file, '--time', 't', '--event', 'e', '--covariates'];
  expect((await survival(...usual, 'x')).stderr).toContain(
    'row 1 (line 2): "0 %" should be a number with a decimal point',
  );
  expect((await survival(...usual, 'w')).stderr).toContain('column "w" has 30 different words in 30 rows');
});

test.each(['ids.parquet', 'ids.csv'])('clusters of 64-bit identifiers: %s', async (name) => {
  const { lines } = await fitted(at(name), '--time', 't', '--event', 'e', '--covariates', 'x', '--cluster', 'cl');
  expect(lines[0][2]).toBe(0.3194);
});

test('columns behind a nested one', async () => {
  const { lines } = await fitted(at('nested.parquet'), '--time', 'hours', '--event', 'failed', '--covariates', 'load');
  expect(lines[0][1]).toBe(0.03094);
});

test('what a user calls a column or a level is escaped in figures', async () => {
  const cells = [3, 1, 4, 1.5, 5, 9, 2, 6].map(
    (t, k) => `${t},1,${['<65', 'R&D', '"old"'][k % 3].replaceAll('"', '""').replace(/^(.*)$/, '"$1"')},${(k * 7) % 5}`,
  );
  const file = write('marks.csv', `t,e,R&D <group>,a&b<c\n${cells.join('\n')}\n`);
  const plots = join(scratch, 'plots');
  const { code, stderr } = await survival(
    'fit',
    file,
    '--time',
    't',
    '--event',
    'e',
    '--covariates',
    'R&D <group>,a&b<c',
    '--plots',
    plots,
  );
  expect(stderr).not.toContain('outlast:');
  expect(code).toBe(0);
  const svg = readFileSync(join(plots, 'coefficients.svg'), 'utf8');
  // XML 1.0, sections 2.3 and 2.4: neither & nor < stands for itself, in text or in attributes.
  expect(svg).not.toMatch(/&(?!(amp|lt|gt|quot|apos|#\d+|#x[0-9a-f]+);)/i);
  expect(svg).not.toMatch(/="[^"]*<[^"]*"/);
  expect(svg).toContain('a&amp;b&lt;c');
  const groups = await survival(
    'km',
    file,
    '--time',
    't',
    '--event',
    'e',
    '--group',
    'R&D <group>',
    '--plots',
    join(scratch, 'groups'),
  );
  expect(groups.code).toBe(0);
  expect(existsSync(join(scratch, 'groups', 'survival.png'))).toBe(true);
});

test('hazard ratios with their intervals, as exp(confint(coxph)) in R', async () => {
  const words = [
    'fit',
    at('names.csv'),
    '--time',
    'hours',
    '--event',
    'failed',
    '--covariates',
    '"Load, mean (kN)"',
    '--model',
    'cox',
  ];
  const [{ ratio }] = JSON.parse((await survival(...words, '--json')).stdout).coefficients;
  // 0.02450 (0.01606): exp(0.02450 +- 1.959964 * 0.01606), to the digits that R gave.
  expect(ratio.estimate).toBeCloseTo(1.0248, 4);
  expect(ratio.lower).toBeCloseTo(0.99305, 4);
  expect(ratio.upper).toBeCloseTo(1.05757, 4);
  expect((await survival(...words)).stdout).toMatch(/ratio lower 95% +ratio upper 95%\n.* 1\.025 +0\.9930 +1\.058\n/);
});

/** Cells of the lines of a text that are rows of tables: two blanks divide them, as for `read_csv(sep="  +")` in pandas. */
function tableCells(text: string): string[][] {
  const lines = text.split('\n').map((line) => line.split(/ {2,}/));
  return lines.filter((cells) => cells.length > 2);
}

test('numbers of every table are plain ASCII in a pipe', async () => {
  const count = 4000;
  const file = write(
    'large.csv',
    [
      't,e,dose,make',
      ...Array.from(
        { length: count },
        (_, i) => `${1000 + ((i * 7919) % 99991)},${i % 3 ? 1 : 0},${((i * 31) % 17) * 1e-5},${'ABC'[(i % 7) % 3]}`,
      ),
    ].join('\n'),
  );
  const columns = ['--time', 't', '--event', 'e'];
  const fit = await survival(
    ...['fit', file, ...columns, '--covariates', 'dose,make', '--model', 'weibull,cox', '--cross-validate', '3'],
    ...['--bootstrap', '10', '--split', '0.5', '--predict', 'dose=0,make=A', '--predict-at', '5000,90000'],
  );
  const km = await survival('km', file, ...columns, '--group', 'make');
  for (const { code, stdout } of [fit, km]) {
    expect(code).toBe(0);
    // Minus, times, superscripts, infinity, dashes; thousands with commas. χ² is a word.
    expect(stdout.replaceAll('χ²', '')).not.toMatch(/[−×⁰-⁹¹²³⁻∞–]|\d,\d{3}/);
  }
  const tables = tableCells(fit.stdout);
  expect(tables.length).toBeGreaterThan(25);
  let heading: string[] = [];
  for (const cells of tables) {
    if (cells[0] === '') {
      heading = cells;
      continue;
    }
    expect(cells.length).toBe(heading.length);
    for (const cell of cells.slice(1))
      expect(['NA', 'inf', '(partial)'].includes(cell) || Number.isFinite(Number(cell)), cell).toBe(true);
  }
  expect(fit.stdout).toMatch(/^dose +-?\d+(\.\d+)? /m);
});

test("a column called Intercept, and one called as a dummy, are told from the model's own", async () => {
  const rows = [3, 1, 4, 1, 5, 9, 2, 6].map((t, i) => [
    t,
    i % 3 ? 1 : 0,
    [0.3, 1.1, 0.2, 0.8, -0.4, 0.1, 0.9, -0.2][i],
    'abaabbab'[i],
  ]);
  const table = (names: string) =>
    write(`${names}.csv`.replaceAll(/\W/g, '_'), [names, ...rows.map((row) => row.join())].join('\n'));
  const columns = ['--time', 't', '--event', 'e', '--model', 'weibull', '--json'];
  const lines = async (file: string, ...words: readonly string[]) => {
    const { code, stdout, stderr } = await survival('fit', file, ...columns, ...words);
    expect([code, stderr]).not.toContain('outlast:');
    return JSON.parse(stdout);
  };
  const usual = await lines(table('t,e,x,make'), '--covariates', 'x,make', '--predict', 'x=1,make=b');
  // As R quotes what is no plain name: its own constant is told from the column.
  const asked = ['--covariates', 'Intercept,make', '--predict', 'Intercept=1,make=b'];
  const constant = await lines(table('t,e,Intercept,make'), ...asked);
  const names = ({ coefficients }: { coefficients: readonly { covariate: string }[] }) =>
    coefficients.map(({ covariate }) => covariate);
  expect(names(constant)).toEqual(['Intercept', '`Intercept`', 'make[b]', 'Intercept']);
  expect(constant.coefficients.map(({ coef }: Line) => coef)).toEqual(usual.coefficients.map(({ coef }: Line) => coef));
  expect(constant.predictions[0].median).toEqual(usual.predictions[0].median);
  expect(constant.coefficients[1].ratio).not.toBeNull();

  const dummy = await lines(table('t,e,make[b],make'), '--covariates', 'make[b],make', '--predict', 'make[b]=1,make=b');
  expect(names(dummy)).toEqual(['Intercept', '`make[b]`', 'make[b]', 'Intercept']);
  expect(dummy.predictions[0].median).toEqual(usual.predictions[0].median);

  const both = write(
    'both.csv',
    [
      't,a,a[b',
      ...rows.map(([t], i) => `${t},${'xy'[i % 2] === 'x' ? 'u' : 'b[c'},${'pqqpqpqp'[i] === 'p' ? 'v' : 'c'}`),
    ].join('\n'),
  );
  const twice = await survival(
    'fit',
    both,
    '--time',
    't',
    '--covariates',
    'a,a[b',
    '--reference',
    'a=u',
    '--reference',
    'a[b=v',
  );
  expect([twice.code, twice.stderr]).toEqual([
    2,
    expect.stringMatching(/columns "a" and "a\[b" both make a covariate a\[b\[c\]; rename one\n$/),
  ]);
});
