import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { coxReferencesR, reference, relativeError, scoreReferencesR } from '../../support/survivalFixtures.ts';
import { survival } from '../../support/survivalProgram.ts';
import { eight, useScratchFolder, writeCsv } from '../../support/survivalScratch.ts';

useScratchFolder();

describe('survival km', () => {
  test('medians by group and the log-rank test, against R survdiff and survfit', async () => {
    const { rows } = reference('veteran');
    writeCsv('table.csv', { t: rows.time, e: rows.event, trt: rows.trt });
    const { code, stdout } = await survival(
      'km',
      'table.csv',
      '--time',
      't',
      '--event',
      'e',
      '--group',
      'trt',
      '--json',
    );
    expect(code).toBe(0);
    const { groups, logRank } = JSON.parse(stdout);
    // survfit(Surv(time, status) ~ trt, veteran): n 69, 68; events 64, 64; medians 103.0 (59, 132) and 52.5 (44, 95).
    expect(
      groups.map(({ n, events, median }: { n: number; events: number; median: object }) => ({ n, events, median })),
    ).toEqual([
      { n: 69, events: 64, median: { estimate: 103, lower: 59, upper: 132 } },
      { n: 68, events: 64, median: { estimate: 52.5, lower: 44, upper: 95 } },
    ]);
    expect(relativeError(logRank.statistic, coxReferencesR().logRank[1])).toBeLessThan(1e-9);
    expect(groups[0].survival[0]).toBeCloseTo(1 - groups[0].failures[0] / 69, 12);
  });

  test('rows in clusters have the limits of R survfit with cluster, and the log-rank test says that it does not know them', async () => {
    const path = new URL('../../fixtures/survival/clusteredCurves.json', import.meta.url);
    const { rows, plain } = JSON.parse(readFileSync(path, 'utf8'));
    const half = rows.time.map((_: number, i: number) => i % 2);
    writeCsv('table.csv', { t: rows.time, e: rows.event, at: rows.inst, half });
    const words = ['km', 'table.csv', '--time', 't', '--event', 'e', '--cluster', 'at'];
    const { groups } = JSON.parse((await survival(...words, '--json')).stdout);
    plain.lower.forEach((lower: number | null, k: number) => {
      if (lower === null) return;
      expect(groups[0].lower[k]).toBeCloseTo(lower, 12);
      expect(groups[0].upper[k]).toBeCloseTo(plain.upper[k], 12);
    });
    const { stdout } = await survival(...words, '--group', 'half');
    expect(stdout).toMatch(/\nLog-rank test .*, every row counted as independent\n$/);
  });

  test('prints a table and draws the curves', async () => {
    writeCsv('table.csv', eight);
    const { stdout } = await survival(
      'km',
      'table.csv',
      '--time',
      't',
      '--event',
      'e',
      '--group',
      'k',
      '--plots',
      'plots',
    );
    expect(stdout).toMatch(/^k +n +events +median +lower 95% +upper 95% +mean to 4\.000 +se\na +4 /);
    expect(stdout).toMatch(/\nLog-rank test of equal survival: χ² = \S+ on 1 df, p = 0\.\d{4}\n$/);
    expect(readdirSync('plots').sort()).toEqual(['survival.png', 'survival.svg']);
  });

  test('failures in intervals have Turnbull curves, no mean and no log-rank test', async () => {
    // Of 40 images of each kind 10 or 20 break within (0, 1], 20 or 10 within (1, 2], and 10 never.
    const rows = Array.from({ length: 80 }, (_, i) => ({ kind: i < 40 ? 'a' : 'b', place: i % 40 }));
    const lower = rows.map(({ kind, place }) => (place < (kind === 'a' ? 10 : 20) ? 0 : place < 30 ? 1 : 2));
    const upper = lower.map((start) => (start === 2 ? '' : start + 1));
    writeCsv('intervals.csv', { from: lower, to: upper, kind: rows.map(({ kind }) => kind) });
    const words = ['km', 'intervals.csv', '--lower', 'from', '--upper', 'to', '--group', 'kind'];
    const { stdout, stderr } = await survival(...words, '--plots', 'plots', '--tidy', 'tables');
    expect(stdout).toMatch(/^kind +n +events +median +lower 95% +upper 95%\na +40 +30 +2\.000 /);
    expect(stderr).toContain("failures lie in intervals: Turnbull's estimate");
    expect(readFileSync('plots/survival.svg', 'utf8')).toContain('Survival (Turnbull, with 95 % interval)');
    const [head, first] = readFileSync('tables/curves.csv', 'utf8').split(/\r?\n/);
    expect(head).toBe('group,start,time,mass,estimate,conf.low,conf.high');
    expect(first).toMatch(/^a,0,1,0?\.25\d*,0?\.75/);
    const { groups, logRank } = JSON.parse((await survival(...words, '--json')).stdout);
    expect(logRank).toBeNull();
    expect(groups[1]).toMatchObject({ group: 'b', n: 40, events: 30, restrictedMean: null, times: [1, 2] });
    expect(groups[1].survival[0]).toBeCloseTo(0.5, 8);
  });

  test('a group that no failure finds at risk does not hide the test of the others: R survdiff', async () => {
    const { rows, chisq } = scoreReferencesR().neverAtRisk;
    writeCsv('table.csv', { ...rows });
    const words = ['km', 'table.csv', '--time', 't', '--event', 'e', '--group', 'g'];
    const { logRank } = JSON.parse((await survival(...words, '--json')).stdout);
    expect(logRank.degreesOfFreedom).toBe(1);
    expect(relativeError(logRank.statistic, chisq)).toBeLessThan(1e-12);
  });

  test('as many groups as rows: one line each, no log-rank test, and it is said', async () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => i);
    writeCsv('table.csv', { t: rows.map((i) => 1 + (i % 97)), id: rows.map((i) => `s${i}`) });
    const words = ['km', 'table.csv', '--time', 't', '--group', 'id'];
    const { code, stdout, stderr } = await survival(...words, '--plots', 'plots');
    expect(code).toBe(0);
    // The head and the groups.
    expect(stdout.trimEnd().split('\n').length).toBe(10_001);
    expect(stderr).toContain('10000 groups: no log-rank test, which compares at most 200\n');
    expect(stderr).toContain('curves are drawn of the first 20 of 10000 groups\n');
    expect(readFileSync('plots/survival.svg', 'utf8')).toContain('s0');
  });
});
