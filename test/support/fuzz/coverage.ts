import { type Profiler, Session } from 'node:inspector';

/** Parts of functions that have run: by function, places in a script from and up to which it did. */
export type Covered = ReadonlyMap<string, readonly (readonly [from: number, to: number])[]>;

/**
 * Which parts of which functions have run, by V8's own coverage of this thread: readers and the libraries that they stand on, without a
 * change of any. Native code (sharp, zlib) is not seen.
 */
export class Coverage {
  private readonly session = new Session();

  constructor() {
    this.session.connect();
    this.session.post('Profiler.enable');
    this.session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** What has run since the last call. */
  take(): Covered {
    const covered = new Map<string, [number, number][]>();
    // In this thread the answer comes before `post` returns.
    this.session.post('Profiler.takePreciseCoverage', (error, { result }) => {
      if (error !== null) throw new Error(`coverage: ${error.message}`);
      for (const { scriptId, url, functions } of result) {
        if (url === '' || url.startsWith('node:')) continue;
        for (const { ranges } of functions)
          if (ranges[0].count > 0) covered.set(`${scriptId}:${ranges[0].startOffset}`, partsOf(ranges));
      }
    });
    return covered;
  }

  stop(): void {
    this.session.disconnect();
  }
}

/** The parts of a function that have run. @param ranges those inside of others after them, as V8 lists them */
function partsOf(ranges: readonly Profiler.CoverageRange[]): [number, number][] {
  const borders = [...new Set(ranges.flatMap(({ startOffset, endOffset }) => [startOffset, endOffset]))];
  borders.sort((a, b) => a - b);
  return borders.slice(1).flatMap((to, i): [number, number][] => {
    const innermost = ranges.findLast(({ startOffset, endOffset }) => startOffset <= borders[i] && endOffset >= to);
    return innermost !== undefined && innermost.count > 0 ? [[borders[i], to]] : [];
  });
}

/** A place in a function. */
export interface Place {
  readonly name: string;
  readonly at: number;
}

/** All that has run so far. */
export class Reached {
  private readonly byFunction = new Map<string, readonly (readonly [number, number])[]>();

  /** Adds what has run. @returns places that had not, one a part */
  add(covered: Covered): Place[] {
    const fresh: Place[] = [];
    for (const [name, parts] of covered) {
      const known = this.byFunction.get(name) ?? [];
      const added = parts.flatMap((part) =>
        known.reduce((left, other) => left.flatMap((each) => without(each, other)), [part]),
      );
      if (added.length === 0) continue;
      fresh.push(...added.map(([at]) => ({ name, at })));
      this.byFunction.set(name, joined([...known, ...added]));
    }
    return fresh;
  }
}

type Part = readonly [from: number, to: number];

/** A part without another, in up to two pieces. */
const without = ([from, to]: Part, [start, end]: Part): Part[] =>
  end <= from || start >= to
    ? [[from, to]]
    : [[from, Math.min(to, start)] as const, [Math.max(from, end), to] as const].filter(([a, b]) => a < b);

/** Parts in order, those that touch as one. */
function joined(parts: readonly Part[]): Part[] {
  const all: [number, number][] = [];
  for (const [from, to] of [...parts].sort(([a], [b]) => a - b)) {
    const last = all.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else all.push([from, to]);
  }
  return all;
}

/** Whether a place has run. */
export const covers = (covered: Covered, { name, at }: Place): boolean =>
  covered.get(name)?.some(([from, to]) => from <= at && at < to) ?? false;
