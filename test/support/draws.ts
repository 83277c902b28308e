import type { Draws } from '../../src/analysis/robustness/defences/defence.ts';

function refuse(): never {
  throw new Error('a defence that is not random draws numbers');
}

/** For defences that are not random. */
export const noDraws: Draws = { normal: refuse, uniform: refuse };
