const SUPERSCRIPTS: Readonly<Record<string, string>> = Object.fromEntries(
  [...'0123456789-'].map((digit, index) => [digit, [...'⁰¹²³⁴⁵⁶⁷⁸⁹⁻'][index]]),
);

/** One for each number of decimals: making one takes far longer than using it. */
const formats = new Map<string, Intl.NumberFormat>();

function withDecimals(value: number, decimals: number, useGrouping: boolean): string {
  const key = `${decimals} ${useGrouping}`;
  let format = formats.get(key);
  if (format === undefined) {
    const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
    format = new Intl.NumberFormat('en-US', { ...digits, useGrouping });
    formats.set(key, format);
  }
  return format.format(value);
}

/** What a way of writing numbers decides. */
interface Notation {
  /** What stands for a number that does not exist. */
  readonly none: string;
  readonly infinity: string;
  readonly minus: string;
  readonly thousandsApart: boolean;
  readonly power: (mantissa: string, exponent: string) => string;
  /** A p value below 0.001. */
  readonly smallP: (p: number) => string;
}

/** Numbers as text. */
export interface NumberText {
  /** What stands for a number that does not exist. */
  readonly none: string;
  /** A number to so many significant digits (3): `0.0312`, `312`, `31,200`, `3.12 × 10⁷`; plain `31200`, `3.12e+7`. */
  readonly number: (value: number | null, digits?: number) => string;
  /** A number with so many decimals. */
  readonly fixed: (value: number | null, decimals: number) => string;
  /** A whole number. */
  readonly count: (value: number) => string;
  readonly percent: (share: number, decimals?: number) => string;
  readonly interval: (lower: number | null, upper: number | null, digits?: number) => string;
  /** A p value with three decimals; below 0.001 it is `< 0.001` as in journals, or plain a number of two digits. */
  readonly pValue: (p: number) => string;
}

function numberText({ none, infinity, minus, thousandsApart, power, smallP }: Notation): NumberText {
  const signed = (text: string) => text.replace('-', minus);
  const number = (value: number | null, digits = 3): string => {
    if (value === null || Number.isNaN(value)) return none;
    if (!Number.isFinite(value)) return value > 0 ? infinity : `${minus}${infinity}`;
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-3 || size >= 1e6)) {
      const [mantissa, exponent] = value.toExponential(digits - 1).split('e');
      return power(signed(mantissa), exponent);
    }
    const rounded = Number(value.toPrecision(digits));
    const decimals = rounded === 0 ? 0 : Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(rounded))));
    return signed(withDecimals(rounded, decimals, thousandsApart));
  };
  const fixed = (value: number | null, decimals: number): string => {
    if (value === null || !Number.isFinite(value)) return none;
    const text = withDecimals(value, decimals, thousandsApart);
    return signed(/[1-9]/.test(text) ? text : text.replace('-', ''));
  };
  return {
    none,
    number,
    fixed,
    count: (value) => (Number.isNaN(value) ? none : withDecimals(value, 0, thousandsApart)),
    percent: (share, decimals = 1) => `${fixed(100 * share, decimals)} %`,
    interval: (lower, upper, digits = 3) =>
      lower === null && upper === null ? none : `${number(lower, digits)} to ${number(upper, digits)}`,
    pValue: (p) => (Number.isFinite(p) ? (p < 0.001 ? smallP(p) : fixed(p, 3)) : none),
  };
}

/** Numbers for readers of a page. */
export const typeset = numberText({
  none: '–',
  infinity: '∞',
  minus: '−',
  thousandsApart: true,
  power: (mantissa, exponent) =>
    `${mantissa} × 10${[...String(Number(exponent))].map((digit) => SUPERSCRIPTS[digit]).join('')}`,
  smallP: () => '< 0.001',
});

/** Numbers for a terminal, a file or another program: ASCII that awk, R and pandas read as numbers, and NA where there is none. */
export const plain = numberText({
  none: 'NA',
  infinity: 'inf',
  minus: '-',
  thousandsApart: false,
  power: (mantissa, exponent) => `${mantissa}e${exponent}`,
  smallP: (p) => (p === 0 ? '0' : p.toExponential(1)),
});
