import type { DType } from '../../src/engine/index.ts';

/** How often an operation of a format was not what it should be. */
export interface FidelityRow {
  readonly op: string;
  /** Format of the operands. */
  readonly dtype: DType;
  readonly cases: number;
  /** Results other than the correctly rounded one. */
  readonly wrong: number;
  /**
   * How far the wrong ones are from the exact result, in units in the last place of the result's format; correctly rounded ones count as 0.
   * Of an op made of many operations: units of the sum of the absolute values of its terms (see `operations.ts`).
   * Infinite where a result should be finite and is not, or the other way round.
   */
  readonly maxUlp: number;
  readonly meanUlp: number;
  /** The first wrong one. */
  readonly example?: string;
}

/** Counts results of one operation. */
export class Tally {
  private cases = 0;
  private wrong = 0;
  private maxUlp = 0;
  private sumUlp = 0;
  private example: string | undefined;

  /** A correctly rounded result. */
  right(): void {
    this.cases++;
  }

  /** Any other: how far off, and what it was. */
  off(ulp: number, example: () => string): void {
    this.cases++;
    this.wrong++;
    this.maxUlp = Math.max(this.maxUlp, ulp);
    this.sumUlp += ulp;
    this.example ??= example();
  }

  row(op: string, dtype: DType): FidelityRow {
    const { cases, wrong, maxUlp, sumUlp, example } = this;
    const meanUlp = cases === 0 ? 0 : sumUlp / cases;
    return { op, dtype, cases, wrong, maxUlp, meanUlp, ...(example === undefined ? {} : { example }) };
  }
}
