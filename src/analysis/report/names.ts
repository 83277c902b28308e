import type { Clock } from '../study/schema.ts';
import { parameter } from './format.ts';
import type { SurvivalSection } from './report.ts';

const NAMES: Readonly<Record<string, string>> = {
  none: 'No defence',
  'gaussian-augmentation': 'Gaussian augmentation',
  'feature-squeezing': 'Feature squeezing',
  fgm: 'FGM',
  pgd: 'PGD',
};

/** A label (`feature-squeezing, bit_depth 4`) as a heading: `Feature squeezing, bit_depth 4`. */
export function readable(label: string): string {
  const [name, ...parameters] = label.split(', ');
  return [NAMES[name] ?? name, ...parameters].join(', ');
}

/** The norm of a perturbation: `L∞`. */
export function normName(norm: string): string {
  return norm === 'inf' ? 'L∞' : `L${norm === '1' ? '₁' : '₂'}`;
}

/** A covariate with the step that its time ratio is given for and what it is compared with. */
export function covariateName(name: string, unit: number, { reference }: Pick<SurvivalSection, 'reference'>): string {
  const dummy = /^(attack|defence|stem) (.*)$/.exec(name);
  if (dummy) {
    const [, kind, level] = dummy;
    if (kind === 'stem') return 'CIFAR stem, against ImageNet stem';
    return `${readable(level)}, against ${readableInline(reference[kind as 'attack' | 'defence'])}`;
  }
  const names: Record<string, string> = { eps: 'Strength ε', depth: 'Depth', width: 'Width' };
  const units: Record<string, string> = { eps: '', depth: ' layers', width: ' channels' };
  return `${names[name] ?? name}, per ${parameter(unit)}${units[name] ?? ''}`;
}

/** The same inside a sentence: `no defence`, but `Gaussian augmentation` and `FGM`. */
export function readableInline(label: string): string {
  const name = readable(label);
  return /^(No|Feature) /.test(name) ? name[0].toLowerCase() + name.slice(1) : name;
}

/** What a clock measures, inside a sentence. */
export function clockNoun(clock: Clock): string {
  return { seconds: 'time', queries: 'queries', flops: 'floating-point operations' }[clock];
}
