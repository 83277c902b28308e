import type { Clock } from '../study/schema.ts';

/** What stands for a number that does not exist. */
const NONE = '–';

const SUPERSCRIPTS: Readonly<Record<string, string>> = Object.fromEntries(
  [...'0123456789-'].map((digit, index) => [digit, [...'⁰¹²³⁴⁵⁶⁷⁸⁹⁻'][index]]),
);

/** One for each number of decimals: making one takes far longer than using it. */
const formats = new Map<number, Intl.NumberFormat>();

function withDecimals(value: number, decimals: number): string {
  let format = formats.get(decimals);
  if (format === undefined) {
    format = new Intl.NumberFormat('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    formats.set(decimals, format);
  }
  return format.format(value);
}

/** A number to so many significant digits: `0.0312`, `3.12`, `312`, `31,200`, `3.12 × 10⁷`. */
export function number(value: number | null, digits = 3): string {
  if (value === null || Number.isNaN(value)) return NONE;
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) {
    const [mantissa, exponent] = value.toExponential(digits - 1).split('e');
    const power = [...String(Number(exponent))].map((digit) => SUPERSCRIPTS[digit]).join('');
    return minus(`${mantissa} × 10${power}`);
  }
  const rounded = Number(value.toPrecision(digits));
  const decimals = rounded === 0 ? 0 : Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(rounded))));
  return minus(withDecimals(rounded, decimals));
}

/** A number with so many decimals. */
export function fixed(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return NONE;
  const text = withDecimals(value, decimals);
  return minus(/[1-9]/.test(text) ? text : text.replace('-', ''));
}

/** A whole number with its thousands apart. */
export function count(value: number): string {
  if (Number.isNaN(value)) return NONE;
  return withDecimals(value, 0);
}

export function percent(share: number, decimals = 1): string {
  return `${fixed(100 * share, decimals)} %`;
}

export function interval(lower: number | null, upper: number | null, digits = 3): string {
  return lower === null && upper === null ? NONE : `${number(lower, digits)} to ${number(upper, digits)}`;
}

/** A p value as journals print it. */
export function pValue(p: number): string {
  if (!Number.isFinite(p)) return NONE;
  return p < 0.001 ? '< 0.001' : fixed(p, 3);
}

/** A parameter as the user wrote it, without digits that only division made. */
export function parameter(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** A number on an axis: `0.5`, `1`, `2,000`. */
export function tick(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
}

function minus(text: string): string {
  return text.replace('-', '−');
}

/** A handy unit for amounts on a clock. */
export interface ClockUnit {
  /** Amounts are divided by this. */
  readonly divisor: number;
  readonly symbol: string;
}

const UNITS: Readonly<Record<Clock, readonly ClockUnit[]>> = {
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
};

/** The unit in which the largest of some amounts is a little above 1. */
export function clockUnit(largest: number, clock: Clock): ClockUnit {
  const units = UNITS[clock];
  return units.find(({ divisor }) => largest >= (divisor >= 60 ? 2 * divisor : divisor)) ?? units[units.length - 1];
}

/** An amount on a clock in its own handy unit: `1.24 ms`. */
export function amount(value: number | null, clock: Clock): string {
  if (value === null || !Number.isFinite(value)) return NONE;
  const { divisor, symbol } = clockUnit(value, clock);
  return `${number(value / divisor)} ${symbol}`;
}
