import { existsSync, readdirSync, statSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';

/** Milliseconds between two looks at a run. */
const INTERVAL_MS = 1000;

/** What a page is told of a run. */
interface RunState {
  /** Folders of trials that are finished. */
  readonly trials: number;
  /** When the report was written, in milliseconds since 1970; null where there is none yet. */
  readonly report: number | null;
}

/** Tells a page by server-sent events whenever a trial of a run is finished, or its report is written. */
export function followRun(run: string, response: ServerResponse): void {
  let last = '';
  const look = () => {
    const text = JSON.stringify(runState(run));
    if (text !== last) response.write(`data: ${text}\n\n`);
    last = text;
  };
  look();
  const timer = setInterval(look, INTERVAL_MS);
  response.on('close', () => clearInterval(timer));
}

/** Finished trials and report of a run, as they are now. */
export function runState(run: string): RunState {
  const trials = join(run, 'trials');
  const folders = existsSync(trials) ? readdirSync(trials) : [];
  const report = statSync(join(run, 'report.json'), { throwIfNoEntry: false });
  return {
    trials: folders.filter((name) => existsSync(join(trials, name, 'trial.json'))).length,
    report: report === undefined ? null : report.mtimeMs,
  };
}
