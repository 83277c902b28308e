import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { writeReport } from '../src/analysis/report/write.node.ts';
import { parseStudy, planTrials, readFinished } from '../src/analysis/study/index.ts';
import { readRun } from '../src/analysis/study/store/store.node.ts';
import { largeStudy, plausibleResult } from './report.ts';

/** What the report of a large run takes. */
export interface ReportBench {
  readonly trials: number;
  readonly samples: number;
  /** From the folder of trials to that with the report. */
  readonly seconds: number;
  /** The part of `seconds` in which the trials were read. */
  readonly readSeconds: number;
  /** Processor time from beginning to end: other programs that run on the machine change it less than the time on the clock. */
  readonly processorSeconds: number;
  readonly pageBytes: number;
  readonly jsonBytes: number;
  /** First paint in Chromium, milliseconds after the page was asked for: the median of `paints`. Null without a browser. */
  readonly firstPaint: number | null;
  readonly paints: readonly number[];
  /** Why there is no first paint. */
  readonly note: string | null;
}

const ADAPTER = { name: 'bench', vendor: 'none', driver: 'none', backend: 'none', software: true };
const MADE = { outlast: 'bench', node: process.versions.node, webgpu: 'none', system: 'bench' };
const PAINTS = 3;

/** Writes a run folder of 10,000 trials, reports on it, and opens the page. @param say called with a line on what is being done */
export async function benchReport(say: (line: string) => void): Promise<ReportBench> {
  const folder = mkdtempSync(join(tmpdir(), 'outlast-report-'));
  try {
    const { study, document } = parseStudy(largeStudy, 'large.yaml');
    const planned = await planTrials(study);
    say(`writing ${planned.length} trials`);
    writeFileSync(join(folder, 'study.json'), JSON.stringify(document));
    let samples = 0;
    for (const { id, trial } of planned) {
      const result = await plausibleResult(trial);
      if (result.kind === 'attack') samples += result.records.length;
      const finished = { id, trial, result, adapter: ADAPTER, finishedAt: '2025-01-02T03:04:05.000Z' };
      mkdirSync(join(folder, 'trials', id), { recursive: true });
      writeFileSync(join(folder, 'trials', id, 'trial.json'), JSON.stringify(finished));
    }
    say('reporting');
    const start = performance.now();
    const spent = process.cpuUsage();
    const { parsed, store } = await readRun(folder);
    const finished = await readFinished(parsed.study, store);
    const read = performance.now();
    const origin = { planned: planned.length, configuration: document, made: MADE };
    const { page } = await writeReport(folder, finished, parsed.study, origin);
    const end = performance.now();
    const { user, system } = process.cpuUsage(spent);
    say('opening the page');
    return {
      trials: planned.length,
      samples,
      seconds: (end - start) / 1000,
      readSeconds: (read - start) / 1000,
      processorSeconds: (user + system) / 1e6,
      pageBytes: statSync(page).size,
      jsonBytes: statSync(join(folder, 'report.json')).size,
      ...(await firstPaints(page)),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** First paints of a page, each in a fresh Chromium. */
async function firstPaints(page: string): Promise<Pick<ReportBench, 'firstPaint' | 'paints' | 'note'>> {
  const paints: number[] = [];
  try {
    // Only this bench, and tests, need a browser.
    const { chromium: playwright } = await import('playwright-core');
    const { chromium } = await import('../scripts/chromium.mjs');
    const { executablePath, args, env } = chromium();
    for (let round = 0; round < PAINTS; round++) {
      const browser = await playwright.launch({
        executablePath,
        args,
        env: { ...process.env, ...env } as Record<string, string>,
      });
      const tab = await browser.newPage();
      await tab.goto(pathToFileURL(page).href);
      const paint = await tab.waitForFunction("performance.getEntriesByName('first-contentful-paint')[0]?.startTime");
      paints.push((await paint.jsonValue()) as number);
      await browser.close();
    }
  } catch (error) {
    return {
      firstPaint: null,
      paints,
      note: `no first paint: ${error instanceof Error ? error.message.split('\n')[0] : error}`,
    };
  }
  const sorted = paints.toSorted((a, b) => a - b);
  return { firstPaint: sorted[Math.floor(PAINTS / 2)], paints, note: null };
}
