import type { TrashFigure, TrashReading } from '../document.ts';
import type { Report } from '../report.ts';
import { csv } from './csvRows.ts';

const SCORE_COLUMNS = [
  ...['dataset', 'model', 'defence', 'value', 'lower', 'upper', 'reading', 'attack', 'trainCostPerSample'],
  ...['meanTimeToFailure', 'horizon', 'images', 'trainings', 'note', 'accuracy', 'accuracyLower', 'accuracyUpper'],
  ...['chance', 'breakEvenEpochs', 'breakEvenPrice', 'breakEvenEps', 'costPerRightImage'],
  ...['byModel', 'byModelLower', 'byModelUpper'],
];

/** Only of a study with prices. */
const MONEY_COLUMNS = [
  ...['currency', 'trainingCost', 'breakingCost', 'breakingCostLower', 'breakingCostUpper'],
  ...['pricedValue', 'pricedLower', 'pricedUpper'],
];

/** The scores. */
export function trashCsv({ trash: lines, prices }: Report): string {
  return csv(
    [...SCORE_COLUMNS, ...(prices === null ? [] : MONEY_COLUMNS)],
    lines.map(({ clocks, learned, breakEven, byModel, money, ...line }) => ({
      ...line,
      accuracy: learned?.accuracy ?? null,
      accuracyLower: learned?.lower ?? null,
      accuracyUpper: learned?.upper ?? null,
      chance: learned?.chance ?? null,
      breakEvenEpochs: breakEven?.epochs ?? null,
      breakEvenPrice: breakEven?.price ?? null,
      breakEvenEps: breakEven?.eps ?? null,
      costPerRightImage: timesOrNull(line.trainCostPerSample, breakEven?.perRightImage ?? null),
      byModel: byModel?.value ?? null,
      byModelLower: byModel?.lower ?? null,
      byModelUpper: byModel?.upper ?? null,
      currency: prices?.currency ?? null,
      trainingCost: money?.trainingCost ?? null,
      breakingCost: money?.breakingCost ?? null,
      breakingCostLower: money?.breakingCostLower ?? null,
      breakingCostUpper: money?.breakingCostUpper ?? null,
      pricedValue: money?.value ?? null,
      pricedLower: money?.lower ?? null,
      pricedUpper: money?.upper ?? null,
    })),
  );
}

const timesOrNull = (a: number | null, b: number | null) => (a === null || b === null ? null : a * b);

/** A figure with the attack that it is of; null of several. */
type Attacking = TrashFigure & { readonly attack: string | null };

/** Every clock and every choice of attacks: what the scores are made of. */
export function attackersCsv({ trash: lines }: Report): string {
  return csv(
    [
      ...(['dataset', 'model', 'defence', 'clock', 'calibrated', 'trainingCost', 'horizon', 'attacker'] as const),
      ...(['reading', 'attack', 'kind', 'value', 'lower', 'upper', 'images', 'broken', 'meanCost'] as const),
      'longerBudget',
    ],
    lines.flatMap(({ dataset, model, defence, clocks }) =>
      clocks.flatMap(
        ({ clock, calibrated, toldBy, trainingCost, horizon, reading, best, envelope, pooled, attacks }) => {
          const shared = { dataset, model, defence, clock, calibrated, toldBy, trainingCost, horizon };
          const row = (attacker: string, said: TrashReading | null, { attack, ...figure }: Attacking) => ({
            ...shared,
            attacker,
            reading: said,
            attack,
            ...figure,
          });
          return [
            row('best single attack', reading, best),
            row('lower envelope', null, { attack: null, ...envelope }),
            row('pooled mean', null, { attack: null, ...pooled }),
            ...attacks.map((one) => row('one attack', null, one)),
          ];
        },
      ),
    ),
  );
}
