import { groupBy } from '../../../base/groupBy.ts';
import type { AttackPicture } from '../../study/index.ts';
import { strengthOf } from '../charts/accuracy.ts';
import type { FinishedAttack } from '../rows/finished.ts';
import type { Condition } from '../rows/rows.ts';

/** Attacked images of one trial. */
export interface PictureLine {
  readonly dataset: string;
  readonly model: string;
  readonly defence: string;
  readonly attack: string;
  /** As `strengthOf`. */
  readonly strength: number | null;
  readonly images: readonly AttackPicture[];
}

/** Rows of the grid: no more fit a page. */
const MOST_LINES = 16;

/**
 * Pictures of every attack on the first undefended model of each data set, at its weakest and its strongest; as far as trials keep them.
 */
export function pictureLines(attacks: readonly FinishedAttack[], conditions: readonly Condition[]): PictureLine[] {
  const all = attacks.flatMap(({ result: { pictures } }, index) =>
    pictures === undefined || pictures.length === 0 ? [] : [{ condition: conditions[index], pictures }],
  );
  const chosen = groupBy(all, ({ condition }) => condition.dataset).flatMap((ofDataset) => {
    const first = ofDataset.find(({ condition }) => condition.defence === 'none') ?? ofDataset[0];
    const target = ofDataset.filter(
      ({ condition: { model, defence, seed } }) =>
        model === first.condition.model && defence === first.condition.defence && seed === first.condition.seed,
    );
    return groupBy(target, ({ condition }) => condition.attack).flatMap((same) => {
      const sorted = same.toSorted((a, b) => (strengthOf(a.condition) ?? 0) - (strengthOf(b.condition) ?? 0));
      return sorted.length === 1 ? sorted : [sorted[0], sorted[sorted.length - 1]];
    });
  });
  return chosen.slice(0, MOST_LINES).map(({ condition, pictures }) => {
    const { dataset, model, defence, attack } = condition;
    return { dataset, model, defence, attack, strength: strengthOf(condition), images: pictures };
  });
}
