import type { ImagePlace } from './images.ts';
import type { AttackRun } from './text.ts';

/** A run as JSON tells it: the attack with all its settings, and what it came to. `eps` is null where nothing limits the distance. */
export function figuresOf(
  { title, planned: { settings }, outcome, bestOf, certified }: AttackRun,
  doubts: readonly string[],
  places: readonly ImagePlace[],
) {
  const { warnings, records, cleanAccuracy, robustAccuracy } = outcome;
  return {
    ...(bestOf === undefined
      ? { attack: title, ...settings }
      : {
          attack: title,
          norm: settings.norm,
          attacks: bestOf.attacks.map(({ name, settings: all }) => ({ name, ...all })),
        }),
    eps: settings.eps ?? null,
    ...{ cleanAccuracy, robustAccuracy },
    records: records.map((record, i) => ({
      ...record,
      ...places[record.sample],
      ...(bestOf && { brokenBy: bestOf.brokenBy[i] }),
    })),
    warnings: [...doubts, ...warnings],
    ...(certified && { certified }),
  };
}
