import { z } from 'zod';
import { InputError } from '../../../base/errors.ts';
import { ATTACKBENCH_BUDGET, type AttackSpec, checkRadius } from '../../robustness/index.ts';
import { type ProtocolSpec, withoutStrength } from '../trial/protocol.ts';
import { byForm, positiveInteger, record } from './fields.ts';
import { distinct, type Grid } from './grid.ts';

const name = z.enum(['attackbench']);

const whole = record({
  name,
  passes: positiveInteger
    .default(ATTACKBENCH_BUDGET)
    .describe('Forward and backward passes that each attack may spend on an image.'),
});

/** The key `protocol` of a study file: its name, or a map with the passes as well. */
export const protocolSchema = byForm<ProtocolSpec>([name, whole], (value) =>
  typeof value === 'object' && value !== null
    ? whole
    : name.transform((given) => ({ name: given, passes: ATTACKBENCH_BUDGET })),
);

/** A grid whose attacks are run by a protocol: strengths are dropped, and with them attacks that differ in nothing else. */
export const gridUnder = (protocol: ProtocolSpec | null, grid: Grid): Grid =>
  protocol === null ? grid : { ...grid, attacks: distinct(grid.attacks.map(withoutStrength)) };

/** What is wrong with an entry of `attacks` under a protocol; null where nothing is. */
export function protocolMistake(entry: readonly AttackSpec[]): string | null {
  try {
    for (const attack of entry) checkRadius(attack.name);
    return null;
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}
