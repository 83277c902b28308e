import { type AttackSpec, attackKind } from '../../robustness/index.ts';

/** The norm in which an attack measures: the one chosen, or its own; `0` counts pixels. */
export const normOf = ({ name, norm }: AttackSpec): string => norm ?? attackKind(name).norms[0];

/** The largest distance, on the scale where pixels lie in [0, 1]; null where an attack goes as far as it must. */
export function epsOf({ name, eps, th }: AttackSpec): number | null {
  if (name === 'threshold' && th !== undefined) return th / 255;
  return eps ?? null;
}

/** How many pixels an attack may change; null where it may change all. */
export const pixelsOf = ({ name, th }: AttackSpec): number | null => (name === 'pixel' && th !== undefined ? th : null);
