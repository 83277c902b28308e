import { STANDARDS } from '../evidence/standards.ts';
import type { Report } from '../report.ts';
import { csv } from './csvRows.ts';

/** How the attacks were checked. */
export const evidenceTables = (report: Report): Record<string, string> => ({
  'controls.csv': csv(
    [
      ...(['dataset', 'model', 'defence', 'attack', 'norm', 'eps', 'seed', 'samples'] as const),
      ...(['underAttack', 'underAttackLower', 'underAttackUpper'] as const),
      ...(['underNoise', 'underNoiseLower', 'underNoiseUpper'] as const),
      ...(['onlyAttack', 'onlyNoise', 'p', 'reading'] as const),
    ],
    report.controls.map(({ underAttack, underNoise, ...line }) => ({
      ...line,
      ...{ underAttack: underAttack.value, underAttackLower: underAttack.lower, underAttackUpper: underAttack.upper },
      ...{ underNoise: underNoise.value, underNoiseLower: underNoise.lower, underNoiseUpper: underNoise.upper },
    })),
  ),
  'masking.csv': csv(
    ['name', 'source', 'compared', 'found', 'sign'],
    report.masking.flatMap(({ signs, ...line }) =>
      (signs.length === 0 ? [null] : signs).map((sign) => ({ ...line, found: signs.length, sign })),
    ),
  ),
  'assumptions.csv': csv(
    ['attack', 'norm', 'knowledge', 'asks', 'eps', 'pixels', 'mostQueries', 'mostGradients'],
    report.assumptions.attacks.map(({ eps, pixels, ...line }) => ({
      ...line,
      eps: eps.join(' '),
      pixels: pixels.join(' '),
    })),
  ),
  'standards.csv': csv(
    ['standard', 'reference', 'subject', 'coverage', 'evidence', 'missing'],
    report.standards.map((line) => ({ ...line, standard: STANDARDS[line.standard] })),
  ),
});
