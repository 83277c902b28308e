import type { Report } from './report.ts';
import { family } from './rows/factors.ts';

/*
 * What Meyers et al. (arXiv 2401.13751) measured: five ResNets, each by itself and with four defences, under six attacks.
 */
const DEPTHS = [18, 34, 50, 101, 152];
const DEFENCES = ['none', 'gaussian-augmentation', 'gaussian-noise', 'high-confidence', 'feature-squeezing'];
const ATTACKS = ['fgm', 'pgd', 'deepfool', 'hopskipjump', 'pixel', 'threshold'];

/** Whether a study asks what the paper asked, by what it measured: then the paper's claims are what a reader comes for. */
export function isPaperStudy({ models, attacks }: Pick<Report, 'models' | 'attacks'>): boolean {
  const depths = new Set<number>(
    models.flatMap(({ configuration }) => (configuration.family === 'resnet' ? [configuration.depth] : [])),
  );
  const defences = new Set(attacks.map(({ defence }) => family(defence)));
  const names = new Set(attacks.map(({ attack }) => family(attack)));
  return (
    DEPTHS.every((depth) => depths.has(depth)) &&
    DEFENCES.every((defence) => defences.has(defence)) &&
    ATTACKS.every((attack) => names.has(attack))
  );
}
