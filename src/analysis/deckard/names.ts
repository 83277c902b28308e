import { DATASETS, type DataSpec, type DatasetDefinition, type DatasetName } from '../../models/index.ts';
import type { AttackSpec, DefenceSpec } from '../robustness/index.ts';

const letters = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '');

const DATA: readonly DatasetDefinition<DatasetName>[] = DATASETS;

/** A data set by deckard's name for it; null for another. */
export function dataOf(name: string, train: number, test: number): DataSpec | null {
  const word = letters(name);
  const known = DATA.find(({ name, aliases }) => name === word || aliases.includes(word));
  return known === undefined ? null : { name: known.name, train, test };
}

/** A defence by deckard's short name, or that of ART's class, with its setting; null for another. */
export function defenceOfName(name: string, setting: number): DefenceSpec | null {
  switch (letters(name.split('.').at(-1) ?? '')) {
    case 'control':
    case 'none':
    case 'nodefence':
    case 'nodefense':
      return { name: 'none' };
    case 'gaussin':
    case 'gaussianaugmentation':
      return { name: 'gaussian-augmentation', sigma: setting, ratio: 0.5 };
    case 'gaussout':
    case 'gaussiannoise':
      return { name: 'gaussian-noise', scale: setting };
    case 'conf':
    case 'highconfidence':
      return { name: 'high-confidence', cutoff: setting };
    case 'fsq':
    case 'featuresqueezing':
      return { name: 'feature-squeezing', bitDepth: setting };
    default:
      return null;
  }
}

/** An attack by deckard's short name, or that of ART's class, with its strength where it is told; null for another. */
export function attackOfName(name: string, strength: number | null): AttackSpec | null {
  const given = <K extends string>(key: K) => (strength === null ? {} : { [key]: strength });
  switch (letters(name.split('.').at(-1) ?? '')) {
    case 'fgm':
    case 'fastgradientmethod':
      return { name: 'fgm', norm: 'inf', ...given('eps') };
    case 'pgd':
    case 'projectedgradientdescent':
      return { name: 'pgd', norm: 'inf', ...given('eps') };
    case 'deep':
    case 'deepfool':
      return { name: 'deepfool', ...given('nbGrads') };
    case 'hsj':
    case 'hopskipjump':
      return { name: 'hopskipjump', norm: '2', ...given('maxIter') };
    case 'pixel':
    case 'pixelattack':
      return { name: 'pixel', ...given('th') };
    case 'thresh':
    case 'threshold':
    case 'thresholdattack':
      return { name: 'threshold', ...given('th') };
    default:
      return null;
  }
}
