/** `undecided`: the data speak for neither. `cannot be tested`: the study lacks what the claim is about. */
export type ClaimVerdict = 'holds' | 'does not hold' | 'undecided' | 'cannot be tested';

/** A figure with its 95 % limits; numbers that do not exist are null. */
export interface ClaimFigure {
  readonly estimate: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly p: number | null;
}

/** One comparison of several that a test is made of. */
export interface ClaimPart extends ClaimFigure {
  readonly name: string;
}

/** A claim of the paper, how it is tested, and what came out. The test was fixed before the data. */
export interface ClaimLine extends ClaimFigure {
  readonly id: string;
  readonly claim: string;
  /** The hypotheses, the statistic, and what decides. */
  readonly test: string;
  /** What `estimate` is. */
  readonly quantity: string;
  readonly verdict: ClaimVerdict;
  /** Why it cannot be tested, or what the verdict rests on. */
  readonly reason: string;
  readonly parts: readonly ClaimPart[];
}

/** What is said of a claim before any data. */
export type Statement = Pick<ClaimLine, 'id' | 'claim' | 'test' | 'quantity'>;

/** The level of all tests. */
export const LEVEL = 0.05;

/** Time ratios this near to 1 are no difference of note, stated before the data. */
export const RATIO_MARGIN = 1.1;

export function untestable(statement: Statement, reason: string): ClaimLine {
  return {
    ...statement,
    estimate: null,
    lower: null,
    upper: null,
    p: null,
    verdict: 'cannot be tested',
    reason,
    parts: [],
  };
}

/** The verdict of a claim that a ratio lies above 1. */
export function aboveOne({ lower, upper }: { readonly lower: number; readonly upper: number }): ClaimVerdict {
  if (lower > 1) return 'holds';
  return upper < 1 ? 'does not hold' : 'undecided';
}

/** A verdict in words, where there is nothing else to say of it. */
export function reasonOf(verdict: ClaimVerdict): string {
  switch (verdict) {
    case 'holds':
      return 'the interval lies on the side of the claim';
    case 'does not hold':
      return 'the interval lies on the other side';
    default:
      return 'the interval holds both';
  }
}
