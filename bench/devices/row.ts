import { words } from '../fidelity/numbers.ts';
import { errorText, numberText } from './numberText.ts';
import type { Ask, Question } from './question.ts';

/** What an adapter does in one respect. */
export interface Answer {
  /** The text of the table's cell. */
  readonly cell: string;
  /** Whether the adapter does what IEEE 754 and WGSL promise or recommend. */
  readonly holds: boolean;
}

/** A line of the table: something that WGSL leaves to adapters, or that adapters get wrong. */
export interface Row {
  /** Markdown; no two rows have the same. */
  readonly what: string;
  /** What the engine does about it, with the file; Markdown. */
  readonly engine: string;
  /** Whether the engine relies on it: where it does not hold, results are wrong. */
  readonly relied: boolean;
  /** The adapter's feature without which the question is left out. */
  readonly needs?: GPUFeatureName;
  measure(ask: Ask): Promise<Answer>;
}

type Described = Pick<Row, 'what' | 'engine' | 'needs'> & { readonly relied?: true };

/** The most differences that a cell names. */
const SHOWN = 3;

/** NaN is NaN, whatever its bits; zeros have signs only where it is asked for. */
const same = (a: number, b: number, signed: boolean) => Object.is(signed ? a : a + 0, signed ? b : b + 0);

interface Compared extends Described {
  /** Several expressions are each a question. */
  readonly wgsl?: string | readonly string[];
  readonly question: Omit<Question, 'wgsl'>;
  /** What is right: exactly, and rounded as the result is. */
  right(...operands: number[]): number;
  readonly signed?: true;
  /** How a cell sums up what is wrong, where examples would not tell. */
  summary?(wrong: number, of: number): string;
}

/** A row of results that are right or wrong; the cell tells which are wrong. */
export function compared({
  what,
  wgsl = what.replaceAll('`', ''),
  question,
  right,
  signed,
  summary,
  ...row
}: Compared): Row {
  return {
    relied: false,
    ...row,
    what,
    async measure(ask) {
      const expressions = [wgsl].flat();
      const wrong: string[] = [];
      for (const expression of expressions) {
        const found = await ask({ ...question, wgsl: expression });
        const named = expressions.length > 1 ? `\`${expression}\` of ` : '';
        question.operands.forEach((operands, i) => {
          if (!same(found[i], right(...operands), signed === true))
            wrong.push(`${named}${operands.map(numberText).join(', ')} → ${numberText(found[i])}`);
        });
      }
      const asked = expressions.length * question.operands.length;
      return {
        cell: wrong.length === 0 ? 'right' : (summary?.(wrong.length, asked) ?? examples(wrong)),
        holds: wrong.length === 0,
      };
    },
  };
}

const examples = (wrong: readonly string[]): string => {
  const more = wrong.length - SHOWN;
  return [...wrong.slice(0, SHOWN), ...(more > 0 ? [`${more} more`] : [])].join('; ');
};

/** Joins rows into one, which holds where all of them hold. */
export function together({ rows, ...row }: Described & { readonly rows: readonly Row[] }): Row {
  return {
    relied: false,
    ...row,
    async measure(ask) {
      const wrong: string[] = [];
      for (const { what, measure } of rows) {
        const { cell, holds } = await measure(ask);
        if (!holds) wrong.push(`${what}: ${cell}`);
      }
      return { cell: wrong.length === 0 ? 'right' : examples(wrong), holds: wrong.length === 0 };
    },
  };
}

interface Accurate extends Omit<Described, 'relied'> {
  readonly wgsl?: string;
  readonly functions?: string;
  /** The exact result, to far more digits than f32 has. */
  exact(x: number, y: number): number;
  /** Operands lie between -limit and limit, or between the two; the second operand of `pow` is given. */
  readonly ranges: readonly (readonly [from: number, to: number])[];
  readonly second?: readonly [from: number, to: number];
  /** Errors in units in the last place of the exact result, or as they are. */
  readonly unit: 'ulp' | 'absolute';
  /** The engine relies on errors being no larger. */
  readonly limit?: number;
}

const SAMPLES = 4096;

/** A row of the largest error over a range, or over several. */
export function accurate({
  what,
  wgsl = what.replaceAll('`', ''),
  functions,
  exact,
  ranges,
  second,
  unit,
  limit,
  ...row
}: Accurate): Row {
  return {
    ...row,
    relied: limit !== undefined,
    what: `${what}, largest ${unit === 'ulp' ? 'error in ulp' : 'absolute error'} for x in ${ranges.map(intervalText).join('; ')}`,
    async measure(ask) {
      const errors: number[] = [];
      for (const [from, to] of ranges) {
        const next = words(1);
        const operands = Array.from({ length: SAMPLES }, () => {
          const x = sample(from, to, next);
          return second === undefined ? [x] : [x, sample(...second, next)];
        });
        const found = await ask({ wgsl, functions, operands });
        errors.push(
          operands.reduce((worst, [x, y], i) => {
            const right = exact(x, y);
            const error = Math.abs(found[i] - right) / (unit === 'ulp' ? ulp(right) : 1);
            return Math.max(worst, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);
          }, 0),
        );
      }
      return {
        cell: errors.map(errorText).join('; '),
        holds: errors.every((error) => error <= (limit ?? Number.POSITIVE_INFINITY)),
      };
    },
  };
}

const boundText = (x: number): string =>
  Math.abs(Math.abs(x) - Math.PI) < 1e-6 ? (x < 0 ? '-π' : 'π') : numberText(x);

const intervalText = (range: readonly number[]): string => `[${range.map(boundText).join(', ')}]`;

/** A f32 of a range: ranges above 0 in powers of two, so that every size comes, others evenly. */
function sample(from: number, to: number, next: () => number): number {
  const share = (next() + 0.5) / 2 ** 32;
  return Math.fround(from > 0 ? from * (to / from) ** share : from + (to - from) * share);
}

/** The distance between neighbouring f32 at a number. */
const ulp = (x: number): number => 2 ** (Math.max(Math.floor(Math.log2(Math.abs(x))), -126) - 23);
