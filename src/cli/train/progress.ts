import type { EpochReport, TrainProgress } from '../../models/index.ts';
import type { Terminal } from '../terminal/terminal.ts';

export interface TrainingProgress {
  onProgress(progress: TrainProgress): void;
  onEpoch(report: EpochReport): void;
  /** A text that the next one overwrites; only on a terminal. */
  update(text: string): void;
  /** A line of its own. */
  say(line: string): void;
}

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const [minutes, rest] = [Math.floor(whole / 60), whole % 60];
  return minutes === 0 ? `${rest} s` : `${minutes} min ${rest} s`;
}

/** One line that is overwritten on a terminal, and a line for every epoch. */
export function trainingProgress({ stderr }: Terminal): TrainingProgress {
  const clear = stderr.isTTY ? '\r\u001b[K' : '';
  let latest: TrainProgress | undefined;
  const say = (line: string) => {
    stderr.write(`${clear}${line}\n`);
  };
  const update = (text: string) => {
    if (stderr.isTTY) stderr.write(`${clear}${text}`);
  };
  return {
    say,
    update,
    onProgress: (progress) => {
      latest = progress;
      const { step, steps, epoch, loss, accuracy, imagesPerSecond, secondsLeft } = progress;
      update(
        `epoch ${epoch}, ${step}/${steps}: loss ${loss.toPrecision(4)}, accuracy ${percent(accuracy)}, ${imagesPerSecond.toFixed(0)} images/s, ${duration(secondsLeft)} left`,
      );
    },
    onEpoch: ({ epoch, loss, accuracy, validationAccuracy, validationLoss }) => {
      const validated =
        validationAccuracy === undefined
          ? ''
          : `, validation loss ${validationLoss?.toPrecision(4)}, accuracy ${percent(validationAccuracy)}`;
      const speed =
        latest === undefined
          ? ''
          : `, ${latest.imagesPerSecond.toFixed(0)} images/s, ${duration(latest.secondsLeft)} left`;
      say(`epoch ${epoch}: loss ${loss.toPrecision(4)}, accuracy ${percent(accuracy)}${validated}${speed}`);
    },
  };
}
