import type { SurvivalClock } from '../../study/index.ts';
import type { Curve } from '../document.ts';
import { type ClockUnit, clockUnit } from '../page/format.ts';
import { evenTicks, everyOther, logTicks, MOST_TICKS } from './figure.ts';

/** The time axis of some survival curves, in a handy unit; the numbers at risk are given at its ticks. */
export interface TimeAxis {
  readonly type: 'linear' | 'log';
  readonly unit: ClockUnit;
  /** In the unit. */
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
}

/**
 * When the last image to break took many times as long as the first (the last ones of a batch share its steps among few),
 * a linear axis would press everything against its start: the axis is then logarithmic.
 */
const WIDE = 20;

export function timeAxis(curves: readonly Curve[], clock: SurvivalClock): TimeAxis {
  const times = curves.flatMap(({ steps }) => steps.map(({ time }) => time));
  const first = times.reduce((a, b) => Math.min(a, b));
  const last = times.reduce((a, b) => Math.max(a, b));
  const type = last > WIDE * first ? 'log' : 'linear';
  const unit = clockUnit(type === 'log' ? Math.sqrt(first * last) : last, clock);
  const high = last / unit.divisor;
  if (type === 'linear') return { type, unit, domain: [0, high], ticks: everyOther(evenTicks(0, high), MOST_TICKS) };
  const low = first / unit.divisor / 1.5;
  return { type, unit, domain: [low, high], ticks: everyOther(logTicks(low, high), MOST_TICKS) };
}
