import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';

/** Milliseconds between two looks at a run. */
const INTERVAL_MS = 1000;

/** A trial that failed, and why. */
interface TrialFailure {
  readonly id: string;
  /** One line. */
  readonly message: string;
}

/** What a page is told of a run. */
interface RunState {
  /** Folders of trials that are finished. */
  readonly trials: number;
  /** Trials that failed when they were last tried. */
  readonly failed: readonly TrialFailure[];
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

/** Finished and failed trials of a run, and its report, as they are now. */
export function runState(run: string): RunState {
  const trials = join(run, 'trials');
  const entries = existsSync(trials) ? readdirSync(trials) : [];
  const report = statSync(join(run, 'report.json'), { throwIfNoEntry: false });
  return {
    trials: entries.filter((name) => existsSync(join(trials, name, 'trial.json'))).length,
    failed: entries
      .filter((name) => name.endsWith(FAILURE))
      .sort()
      .map((name) => failureIn(trials, name)),
    report: report === undefined ? null : report.mtimeMs,
  };
}

/** How the record of a failed trial is called, after its id. */
const FAILURE = '.error.json';

function failureIn(trials: string, name: string): TrialFailure {
  return { id: name.slice(0, -FAILURE.length), message: messageOf(join(trials, name)) };
}

/** Why a trial failed, as its record says: another process may remove it meanwhile, or a disk damage it. */
function messageOf(record: string): string {
  try {
    return String(JSON.parse(readFileSync(record, 'utf8')).message);
  } catch {
    return 'its record cannot be read';
  }
}
