import { NETWORKS } from '../../../models/index.ts';
import { ATTACKS, DEFENCES } from '../../robustness/index.ts';
import type { SurvivalClock } from '../../study/index.ts';
import type { Reference, SurvivalSection } from '../document.ts';
import type { Factor } from '../rows/factors.ts';
import { parameter } from './format.ts';

const NAMES: Readonly<Record<string, string>> = {
  ...Object.fromEntries([...DEFENCES, ...ATTACKS, ...NETWORKS].map(({ name, title }) => [name, title])),
};

/** A label (`feature-squeezing, bit_depth 4`) as a heading: `Feature squeezing, bit_depth 4`. */
export function readable(label: string): string {
  const [name, ...parameters] = label.split(', ');
  return [NAMES[name] ?? name, ...parameters].join(', ');
}

/** The norm of a perturbation: `L∞`. */
export function normName(norm: string): string {
  return `L${{ inf: '∞', '0': '₀', '1': '₁' }[norm] ?? '₂'}`;
}

/** A covariate with the step that its time ratio is given for and what it is compared with. */
export function covariateName(name: string, unit: number, { reference }: Pick<SurvivalSection, 'reference'>): string {
  const dummy = /^(attack|defence|stem|data|family|precision) (.*)$/.exec(name);
  if (dummy) {
    const [, kind, level] = dummy;
    if (kind === 'stem') return 'CIFAR stem, against ImageNet stem';
    return `${readable(level)}, against ${readableInline(reference[kind as keyof Reference])}`;
  }
  const names: Record<string, string> = {
    eps: 'Strength ε',
    pixels: 'Changed pixels',
    depth: 'Depth',
    width: 'Width',
    epochs: 'Epochs',
  };
  const units: Record<string, string> = { eps: '', pixels: ' pixels', depth: ' layers', width: ' channels' };
  return `${names[name] ?? name}, per ${parameter(unit)}${units[name] ?? ''}`;
}

const FACTOR_NAMES: Readonly<Record<Factor, string>> = {
  dataset: 'Data set',
  defence: 'Defence',
  attack: 'Attack',
  network: 'Network',
  depth: 'Depth',
  precision: 'Number format',
};

/** A factor as a heading. */
export const factorName = (factor: Factor): string => FACTOR_NAMES[factor];

/** A level of a factor as a heading: `18 layers` of a depth. */
export function levelName(factor: Factor, level: string): string {
  if (factor === 'depth') return `${level} layers`;
  return factor === 'defence' || factor === 'attack' ? readable(level) : level;
}

/** A label inside a sentence: `no defence`, but `Gaussian augmentation` and `FGM`. */
export function readableInline(label: string): string {
  const name = readable(label);
  return /^(No|Feature|Spatial|High) /.test(name) ? name[0].toLowerCase() + name.slice(1) : name;
}

/** What a clock measures, in one word, as axes have room for. */
export function clockShort(clock: SurvivalClock): string {
  return clock === 'seconds' ? 'time' : clockWord(clock);
}

/** What a clock counts, in one word. */
export function clockWord(clock: SurvivalClock): string {
  return clock === 'flops' ? 'operations' : clock;
}

/** What a clock measures, inside a sentence. */
export function clockNoun(clock: SurvivalClock): string {
  return { seconds: 'time', queries: 'queries', flops: 'floating-point operations', distance: 'distance' }[clock];
}
