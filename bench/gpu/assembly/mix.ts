/** What the instructions of a piece of code are. */
export interface Mix {
  /** Without waits, hints and labels. */
  readonly instructions: number;
  /** Issue slots of 32 lanes: slow instructions take several. AMD: vector instructions only, others are issued beside them. */
  readonly slots: number;
  /** Instructions with a multiply-add, and how many multiply-adds of a lane these are. */
  readonly fma: number;
  readonly fmas: number;
  /** Other additions, multiplications and comparisons of floats. */
  readonly adds: number;
  /** Bytes that a lane loads from, stores to workgroup memory. */
  readonly workgroupBytes: number;
  readonly workgroupStoreBytes: number;
  /** Bytes that a lane loads from buffers. */
  readonly bufferBytes: number;
}

export const EMPTY: Mix = {
  instructions: 0,
  slots: 0,
  fma: 0,
  fmas: 0,
  adds: 0,
  workgroupBytes: 0,
  workgroupStoreBytes: 0,
  bufferBytes: 0,
};

/** A block of code without branches inside, and the numbers of the blocks that may follow it. */
export interface Block {
  readonly lines: readonly string[];
  readonly next: readonly number[];
}

/** How a driver's assembly is read. */
export interface Dialect {
  /** Whether a text is of this dialect. */
  matches(text: string): boolean;
  blocks(text: string): readonly Block[];
  /** What one instruction is; fields that are missing are 0. */
  count(line: string): Partial<Mix>;
}

/** The sum of all instructions of some blocks. */
export function mixOf(blocks: readonly Block[], count: Dialect['count']): Mix {
  const sum = { ...EMPTY };
  for (const { lines } of blocks)
    for (const line of lines) for (const [key, value] of Object.entries(count(line))) sum[key as keyof Mix] += value;
  return sum;
}

/** Follows labels: blocks with the labels of those that may follow, as blocks with their numbers. */
export function linked(
  blocks: readonly { readonly label: string; readonly lines: readonly string[]; readonly targets: readonly string[] }[],
): Block[] {
  const numbers = new Map(blocks.map(({ label }, i) => [label, i]));
  return blocks.map(({ lines, targets }) => ({
    lines,
    next: targets.flatMap((label) => numbers.get(label) ?? []),
  }));
}
