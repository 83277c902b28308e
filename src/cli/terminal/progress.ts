import { MultiBar, type SingleBar } from 'cli-progress';
import {
  describeTrial,
  type FinishedTrial,
  type Labels,
  type RunEvent,
  type TimeLeft,
  type TrialProgress,
} from '../../analysis/study/index.ts';
import { duration } from './duration.ts';
import type { Terminal } from './terminal.ts';

/** Shows the events of a run as they come. */
export interface RunProgress {
  onEvent(event: RunEvent): void;
  /** Removes the bars. To be called at the end, also after a failure. */
  stop(): void;
}

/** Bars on a terminal, one line a trial otherwise. */
export function runProgress({ stderr }: Terminal, labels: Labels, left?: TimeLeft): RunProgress {
  const lines = lineProgress((line) => stderr.write(`${line}\n`), labels, left);
  return stderr.isTTY ? barProgress(stderr, labels, left) : lines;
}

function lineProgress(write: (line: string) => void, labels: Labels, left?: TimeLeft): RunProgress {
  let all = 0;
  let ended = 0;
  const next = (line: string) => write(`[${String(++ended).padStart(String(all).length)}/${all}] ${line}`);
  return {
    onEvent: (event) => {
      switch (event.type) {
        case 'planned':
          all = event.missing;
          return write(plannedText(event));
        case 'finished':
          left?.observe(event);
          return next(`${finishedText(event, labels)}${leftText(left)}`);
        case 'failed':
          left?.observe(event);
          return next(failedText(event, labels));
        case 'again':
          return write(againText(event, labels));
        case 'stopped':
          return write(stoppedText(event));
        case 'started':
        case 'progress':
          return undefined;
      }
    },
    stop: () => {},
  };
}

/** The trials as one bar and the trial at work as another; what has ended is printed above them. */
function barProgress(stream: NodeJS.WritableStream, labels: Labels, left?: TimeLeft): RunProgress {
  const bars = new MultiBar({
    stream: stream as NodeJS.WriteStream,
    format: '{bar} {value}/{total} {unit}  {note}',
    barCompleteChar: '━',
    barIncompleteChar: '─',
    barsize: 24,
    clearOnComplete: true,
    autopadding: true,
    // Nothing of the terminal is changed, so that nothing must be restored when the process is interrupted.
    hideCursor: false,
    linewrap: true,
    gracefulExit: false,
  });
  let trials: SingleBar | undefined;
  let current: SingleBar | undefined;
  let name = '';
  const say = (line: string) => bars.log(`${line}\n`);
  const showProgress = ({ done, total, unit, note = '' }: TrialProgress) => {
    current?.setTotal(total);
    current?.update(done, { unit, note: `${name}  ${note}` });
  };
  const next = (line: string) => {
    say(line);
    trials?.increment(1, { note: leftText(left).replace(/^, /, '') });
  };
  return {
    onEvent: (event) => {
      switch (event.type) {
        case 'planned':
          stream.write(`${plannedText(event)}\n`);
          if (event.missing === 0) return;
          trials = bars.create(event.missing, 0, { unit: 'trials', note: '' });
          current = bars.create(1, 0, { unit: '', note: '' });
          return;
        case 'started':
          name = describeTrial(event.planned.trial, labels);
          return showProgress({ done: 0, total: 1, unit: '' });
        case 'progress':
          return showProgress(event.progress);
        case 'finished':
          left?.observe(event);
          return next(finishedText(event, labels));
        case 'failed':
          left?.observe(event);
          return next(failedText(event, labels));
        case 'again':
          return say(againText(event, labels));
        case 'stopped':
          return say(stoppedText(event));
      }
    },
    stop: () => {
      // Lines wait for the next drawing; without this the last ones would be lost.
      if (trials) bars.update();
      bars.stop();
    },
  };
}

function plannedText({ total, missing }: { total: number; missing: number }): string {
  if (missing === 0) return `all ${total} trials are there already`;
  return missing === total ? `${total} trials to compute` : `${missing} of ${total} trials to compute`;
}

function finishedText(
  { finished, seconds }: { finished: FinishedTrial; seconds: number | null },
  labels: Labels,
): string {
  const took = seconds === null ? 'by another process' : `${seconds.toFixed(1)} s`;
  return `${describeTrial(finished.trial, labels)}: ${outcomeText(finished)} (${took})`;
}

function outcomeText({ result }: FinishedTrial): string {
  return result.kind === 'train'
    ? `test accuracy ${percent(result.accuracy)}`
    : `accuracy ${percent(result.cleanAccuracy)} before, ${percent(result.robustAccuracy)} after`;
}

function failedText(
  { failed }: { failed: { trial: FinishedTrial['trial']; message: string } },
  labels: Labels,
): string {
  return `${describeTrial(failed.trial, labels)}: FAILED: ${failed.message}`;
}

function leftText(left: TimeLeft | undefined): string {
  const seconds = left?.seconds() ?? null;
  return seconds === null || seconds === 0 ? '' : `, ${duration(seconds)} left`;
}

function againText({ planned, reason }: Extract<RunEvent, { type: 'again' }>, labels: Labels): string {
  return `${describeTrial(planned.trial, labels)}: ${reason}; it is tried once more on a fresh device`;
}

const STOPPED = {
  limits: 'the limits of the study are spent',
  hang: 'a kernel does not end',
  error: 'the processes that compute do not go on',
};

function stoppedText({ left, why }: Extract<RunEvent, { type: 'stopped' }>): string {
  const reason = STOPPED[why];
  return `${reason}: ${left} ${left === 1 ? 'trial is' : 'trials are'} left; run it again to go on`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
