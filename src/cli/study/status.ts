import { describeTrial, labelsOf, planTrials, type Timing } from '../../analysis/study/index.ts';
import { readRun } from '../../analysis/study/store/store.node.ts';
import { duration } from '../terminal/duration.ts';
import { print, printLines, type Terminal } from '../terminal/terminal.ts';
import { failuresOf } from './run.ts';

/** `outlast study status DIR`: how far a run is, and who works on what. */
export async function statusCommand(folder: string, { json }: { json?: boolean }, terminal: Terminal): Promise<void> {
  const { parsed, store } = await readRun(folder);
  const planned = await planTrials(parsed.study);
  const labels = labelsOf(parsed.study);
  const failures = await failuresOf(planned, store);
  const claims = store.claims();
  const trials = await Promise.all(
    planned.map(async ({ id, trial }) => {
      const name = describeTrial(trial, labels);
      const owner = claims.get(id);
      const failure = failures.get(id);
      if ((await store.read(id, trial)) !== null) return { id, name, state: 'finished' } as const;
      if (owner !== undefined) return { id, name, state: 'working', host: owner.host, pid: owner.pid } as const;
      if (failure !== undefined) return { id, name, state: 'failed', message: failure.message } as const;
      return { id, name, state: 'missing' } as const;
    }),
  );
  const count = (state: (typeof trials)[number]['state']) => trials.filter((trial) => trial.state === state).length;
  const counts = {
    total: trials.length,
    finished: count('finished'),
    working: count('working'),
    failed: count('failed'),
    missing: count('missing'),
  };
  const timings = await store.timings();
  const sum = (of: (timing: Timing) => number) => timings.reduce((total, timing) => total + of(timing), 0);
  const seconds = { trials: sum((timing) => timing.seconds), runner: sum((timing) => timing.runnerSeconds) };
  const share = seconds.runner / (seconds.trials + seconds.runner);
  const overhead = { timed: timings.length, seconds, share: timings.length > 0 ? share : null };
  if (json)
    return print(terminal, JSON.stringify({ study: parsed.study.name, folder, ...counts, overhead, trials }, null, 2));
  const { total, finished, working, failed, missing } = counts;
  const lines = [
    `${folder}: ${finished} of ${total} trials finished, ${working} at work, ${failed} failed, ${missing} missing`,
  ];
  if (timings.length > 0)
    lines.push(
      `${timings.length} trials took ${duration(seconds.trials)}, and the run itself ${(100 * share).toFixed(2)} % of the time`,
    );
  for (const trial of trials) {
    if (trial.state === 'working') lines.push(`  ${trial.name}: at work, process ${trial.pid} on ${trial.host}`);
    if (trial.state === 'failed') lines.push(`  ${trial.name}: failed: ${trial.message}`);
  }
  if (failed > 0) lines.push(`\`outlast study retry ${folder}\` computes the failed ones again.`);
  printLines(terminal, lines);
}
