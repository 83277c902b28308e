import { typeset } from '../../../base/notation.ts';
import type { SurvivalClock } from '../../study/index.ts';

/** Numbers as pages have them. */
export const { number, fixed, count, percent, interval, pValue } = typeset;

/** A parameter as the user wrote it, without digits that only division made. */
export function parameter(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** A number on an axis: `0.5`, `1`, `2,000`. */
export function tick(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
}

/** A handy unit for amounts on a clock. */
export interface ClockUnit {
  /** Amounts are divided by this. */
  readonly divisor: number;
  readonly symbol: string;
}

const UNITS: Readonly<Record<SurvivalClock, readonly ClockUnit[]>> = {
  seconds: [
    { divisor: 3600, symbol: 'h' },
    { divisor: 60, symbol: 'min' },
    { divisor: 1, symbol: 's' },
    { divisor: 1e-3, symbol: 'ms' },
    { divisor: 1e-6, symbol: 'µs' },
  ],
  queries: [{ divisor: 1, symbol: 'queries' }],
  flops: [
    { divisor: 1e15, symbol: 'PFLOP' },
    { divisor: 1e12, symbol: 'TFLOP' },
    { divisor: 1e9, symbol: 'GFLOP' },
    { divisor: 1e6, symbol: 'MFLOP' },
    { divisor: 1, symbol: 'FLOP' },
  ],
  distance: [{ divisor: 1, symbol: '' }],
};

/** Whether amounts on a clock have a unit beside what the clock counts. */
export const namesUnit = (clock: SurvivalClock): boolean => clock !== 'queries' && clock !== 'distance';

/** The unit in which the largest of some amounts is a little above 1. */
export function clockUnit(largest: number, clock: SurvivalClock): ClockUnit {
  const units = UNITS[clock];
  return units.find(({ divisor }) => largest >= (divisor >= 60 ? 2 * divisor : divisor)) ?? units[units.length - 1];
}

/** An amount on a clock in its own handy unit: `1.24 ms`. */
export function amount(value: number | null, clock: SurvivalClock): string {
  if (value === null || !Number.isFinite(value)) return typeset.none;
  const { divisor, symbol } = clockUnit(value, clock);
  return `${number(value / divisor)} ${symbol}`.trimEnd();
}
