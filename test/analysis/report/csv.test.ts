import { expect, test } from 'vitest';
import { reportTables, survivalTableCsv } from '../../../src/analysis/report/csv.ts';
import type { Report } from '../../../src/analysis/report/report.ts';
import { parseStudy } from '../../../src/analysis/study/file/parse.ts';
import { fakeStudyText, fakeTrials } from '../../support/fakeTrials.ts';
import { reportOf } from '../../support/reportOf.ts';

const { study } = parseStudy(fakeStudyText, 'fake.yaml');
const report = reportOf(await fakeTrials(study), study);

/** The same report as of a study that came to nothing. */
const empty: Report = {
  ...report,
  ...{ claims: [], models: [], attacks: [], accuracy: [], dataSets: [], kaplanMeier: [], kaplanMeierBy: [] },
  ...{ partialEffects: [], calibration: null, trash: [], costs: [], precisions: [], pictures: [] },
  ...{ controls: [], masking: [], standards: [], assumptions: { ...report.assumptions, attacks: [] } },
  survival: { ...report.survival, coefficients: [] },
};

const headings = (of: Report) => Object.entries(reportTables(of)).map(([name, text]) => [name, text.split('\r\n')[0]]);

test('a table without rows keeps its heading', () => {
  for (const [name, text] of Object.entries(reportTables(empty))) {
    expect(text, name).toMatch(/^\w+(,\w+)+\r\n$/);
  }
  expect(headings(empty)).toEqual(headings(report));
  expect([...survivalTableCsv([])].join('')).toMatch(/^dataset,model,.*,flops\r\n$/);
});

test('every row has a cell for every column', () => {
  const filled = Object.values(reportTables(report)).filter((text) => text.trimEnd().includes('\r\n'));
  expect(filled.length).toBeGreaterThan(10);
  for (const text of filled) {
    const [heading, ...rows] = text
      .trimEnd()
      .split('\r\n')
      .map((line) => line.replace(/"(?:[^"]|"")*"/g, 'quoted').split(','));
    expect(new Set(heading).size).toBe(heading.length);
    for (const row of rows) expect(row.length).toBe(heading.length);
    // A column that is named otherwise in the report would be undefined.
    expect(rows.flat()).not.toContain('undefined');
  }
});
