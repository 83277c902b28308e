import { type AttackName, type AttackSpec, attackNamed } from '../../robustness/index.ts';

/** An attack and how strong it is. */
interface Strong {
  readonly name: AttackName;
  readonly eps?: number;
  readonly th?: number;
}

/** The norm in which an attack measures: the one chosen, or its own; `0` counts pixels. */
export const normOf = ({ name, norm }: AttackSpec): string => norm ?? attackNamed(name).norms[0];

/** The largest distance, on the scale where pixels lie in [0, 1]; null where an attack goes as far as it must. */
export function epsOf({ name, eps, th }: Strong): number | null {
  if (attackNamed(name).strength === 'grey levels' && th !== undefined) return th / 255;
  return eps ?? null;
}

/** How many pixels an attack may change; null where it may change all. */
export const pixelsOf = ({ name, th }: Strong): number | null =>
  attackNamed(name).strength === 'pixels' && th !== undefined ? th : null;
