/** `--within` of `outlast attack`: what no attack breaks within a distance of any of several norms. */
import { InvalidArgumentError } from 'commander';
import { distanceRange, type UnionRadii, worstCase } from '../../analysis/robustness/index.ts';
import { accepts, rangeText } from '../../base/parameter.ts';
import { fraction } from '../flags/fraction.ts';
import { curveInputs } from './records.ts';
import { type AttackRun, percent } from './text.ts';

const NORMS = ['inf', '1', '2', '0'] as const;

/** Norms with their radii: `inf:8/255,2:0.5`. @throws InvalidArgumentError where a norm is none, comes twice, or has no radius */
export function unionRadii(text: string): UnionRadii {
  const radii: { [N in (typeof NORMS)[number]]?: number } = {};
  for (const word of text.split(',')) {
    const [name, radius = '', ...more] = word.trim().split(':');
    const norm = NORMS.find((each) => each === name);
    if (norm === undefined || more.length > 0)
      throw new InvalidArgumentError(`${word} is no norm and radius; it must be as inf:8/255, with inf, 1, 2 or 0.`);
    if (radii[norm] !== undefined) throw new InvalidArgumentError(`${norm} is listed twice.`);
    const range = distanceRange(norm);
    const value = fraction(radius);
    if (!accepts(range, value))
      throw new InvalidArgumentError(`The radius in ${norm} is ${value}; it must be ${rangeText(range)}.`);
    radii[norm] = value;
  }
  return radii;
}

/** What all runs come to together, as JSON tells it. */
export const worstCaseOf = (runs: readonly AttackRun[], within: UnionRadii) => ({
  within,
  ...worstCase(curveInputs(runs), within),
});

/** What all runs come to together, in a line. */
export function describeWorstCase({ within, accuracy, lower, upper }: ReturnType<typeof worstCaseOf>): string {
  const radii = Object.entries(within).map(([norm, eps]) => `${Number(eps.toPrecision(4))} in L${norm}`);
  return `accuracy within ${radii.join(', ')}, under all attacks together: ${percent(accuracy)} (95 % limits ${percent(lower)} to ${percent(upper)})`;
}
