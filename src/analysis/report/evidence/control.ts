import { groupBy } from '../../../base/groupBy.ts';
import { type AttackRecord, exactInterval } from '../../robustness/index.ts';
import { canonicalJson, controlFor } from '../../study/index.ts';
import { betterThanChance } from '../../trash/index.ts';
import type { Attacked } from '../rows/attacked.ts';
import type { FinishedAttack } from '../rows/finished.ts';

/** A share of images with its 95 % limits (Clopper and Pearson, 1934). */
export interface Share {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/** An attack beside random noise that may go as far, on the same images. */
export interface ControlLine {
  readonly dataset: string;
  readonly model: string;
  readonly defence: string;
  readonly attack: string;
  readonly norm: string;
  readonly eps: number;
  readonly seed: number;
  readonly samples: number;
  /** Accuracy under the attack, and under noise. */
  readonly underAttack: Share;
  readonly underNoise: Share;
  /** Images that the attack alone broke, and that noise alone broke. */
  readonly onlyAttack: number;
  readonly onlyNoise: number;
  /** P(so many of the images that one alone broke are the attack's, by chance): the one-sided exact sign test. */
  readonly p: number;
  /** Noise left nothing to break; the attack broke no more than noise; p lies below 0.05; or it does not. */
  readonly reading: 'nothing left' | 'no better' | 'better' | 'undecided';
}

/**
 * Every attack with a strength beside its control.
 * @param controls the trials of noise, on whatever target; attacks of the study that are noise count as well
 */
export function controlLines(attacked: readonly Attacked[], controls: readonly FinishedAttack[]): ControlLine[] {
  const targetOf = ({ trial }: FinishedAttack) => canonicalJson([trial.train, trial.defence, trial.samples]);
  const noise = new Map(
    groupBy([...controls, ...attacked.map(({ attack }) => attack)], targetOf).map((all) => [targetOf(all[0]), all]),
  );
  return attacked.flatMap(({ attack, condition }) => {
    const control = controlFor(attack.trial, noise.get(targetOf(attack)) ?? []);
    const eps = control?.trial.attack.eps;
    if (control === undefined || eps === undefined) return [];
    const { dataset, model, defence, attack: name, norm, seed } = condition;
    return [{ dataset, model, defence, attack: name, norm, eps, seed, ...compared(attack, control) }];
  });
}

function compared(
  { result }: FinishedAttack,
  { result: noise }: FinishedAttack,
): Omit<ControlLine, 'dataset' | 'model' | 'defence' | 'attack' | 'norm' | 'eps' | 'seed'> {
  const samples = result.records.length;
  const byNoise = new Map(noise.records.map((record) => [record.sample, isBroken(record)]));
  const count = (attack: boolean, control: boolean) =>
    result.records.filter((record) => isBroken(record) === attack && byNoise.get(record.sample) === control).length;
  const [onlyAttack, onlyNoise] = [count(true, false), count(false, true)];
  const alone = onlyAttack + onlyNoise;
  const p = alone === 0 ? 1 : betterThanChance(onlyAttack, alone, 0.5).p;
  const [underAttack, underNoise] = [share(result.records), share(noise.records)];
  const reading = underNoise.value === 0 ? 'nothing left' : readingOf(onlyAttack, onlyNoise, p);
  return { samples, underAttack, underNoise, onlyAttack, onlyNoise, p, reading };
}

function readingOf(onlyAttack: number, onlyNoise: number, p: number): ControlLine['reading'] {
  if (onlyAttack <= onlyNoise) return 'no better';
  return p < 0.05 ? 'better' : 'undecided';
}

/** A random defence may be wrong before one attack and right before another: what is wrong before is broken as well. */
const isBroken = ({ success, misclassifiedBefore }: AttackRecord): boolean => success || misclassifiedBefore;

function share(records: readonly AttackRecord[]): Share {
  const right = records.filter((record) => !isBroken(record)).length;
  return { value: right / records.length, ...exactInterval(right, records.length) };
}

/** A warning where attacks do no better than noise. */
export function controlWarnings(lines: readonly ControlLine[]): string[] {
  const weak = lines.filter(({ reading }) => reading === 'no better');
  if (weak.length === 0) return [];
  const [{ model, defence, attack, eps, norm, onlyAttack, onlyNoise }] = weak;
  const which = `${attack} on ${model}, ${defence}, at eps ${Number(eps.toPrecision(4))} in L${norm}`;
  const counts = `${onlyAttack} images that noise leaves, against ${onlyNoise} that noise alone breaks`;
  const others = weak.length > 1 ? ` (and ${weak.length - 1} more of ${lines.length} comparisons)` : '';
  return [
    `no better than random noise: ${which} breaks ${counts}; it is too weak, or there is nothing so near to find${others}`,
  ];
}
