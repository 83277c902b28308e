import { InputError } from '../../../src/base/errors.ts';
import { type Coverage, covers, type Place, Reached } from './coverage.ts';
import { mutatorOf } from './mutate.ts';
import type { FuzzTarget } from './target.ts';

/** Bounds of one case. */
export const MOST_SECONDS = 5;
export const MOST_RESIDENT_BYTES = 1e9;

/** Cases between two looks at the coverage, which take longer than a case. */
const BATCH = 64;

/** Files that mutations start from, at most: the oldest that are no seeds make room. */
const MOST_KEPT = 2000;

/** A case that a reader should have refused otherwise. */
export interface Finding {
  readonly file: Uint8Array;
  /** One line. */
  readonly what: string;
}

export interface FuzzOptions {
  readonly cases: number;
  readonly seed: number;
  /** Guides the choice of files; undefined: only seeds are mutated. */
  readonly coverage?: Coverage;
  /** Called before each case. */
  onCase?(file: Uint8Array): void;
  onFinding(finding: Finding): void;
}

export interface Fuzzed {
  readonly cases: number;
  /** Cases that the reader took. */
  readonly taken: number;
  /** Files that were kept because they reached something new. */
  readonly kept: readonly Uint8Array[];
}

/**
 * Gives a reader its seeds as they are, then mutations of them, and, guided by coverage, of whatever reached a new block. Each must be
 * taken or refused by an `InputError` of plain lines, in less than `MOST_SECONDS` of processor time, in a process that stays below
 * `MOST_RESIDENT_BYTES`.
 * @throws Error a seed is refused
 */
export async function fuzz(target: FuzzTarget, options: FuzzOptions): Promise<Fuzzed> {
  const { cases, seed, coverage, onFinding, onCase = () => undefined } = options;
  const seeds = await target.seeds();
  for (const file of seeds) {
    const what = await mistakeOf(target, file);
    if (what !== null) throw new Error(`a seed is not taken: ${what}`);
  }
  const { mutate, below } = mutatorOf(seed, target.words);
  const guide = coverage === undefined ? undefined : guideBy(coverage, target);
  const kept: Uint8Array[] = [];
  let pool: readonly Uint8Array[] = seeds;
  let taken = 0;
  for (let done = 0; done < cases; ) {
    const batch: Uint8Array[] = [];
    for (; batch.length < BATCH && done < cases; done++) {
      // What was kept last is likelier to lead on.
      const recent =
        kept.length > 0 && below(2) === 0 ? kept[kept.length - 1 - below(Math.min(64, kept.length))] : null;
      const mutated = mutate(recent ?? pool[below(pool.length)], pool);
      const file = below(8) === 0 ? mutated : (target.reseal?.(mutated) ?? mutated);
      batch.push(file);
      onCase(file);
      const what = await mistakeOf(target, file);
      if (what === null) taken++;
      else if (what !== REFUSED) onFinding({ file, what });
    }
    const fresh = (await guide?.(batch)) ?? [];
    if (fresh.length === 0) continue;
    kept.push(...fresh);
    kept.splice(0, kept.length - MOST_KEPT);
    pool = [...seeds, ...kept];
  }
  return { cases, taken, kept };
}

/** A function that finds those files of a batch that was just read that reached what none reached before. */
function guideBy(coverage: Coverage, target: FuzzTarget) {
  const reached = new Reached();
  reached.add(coverage.take());
  const coveredBy = async (files: readonly Uint8Array[]) => {
    for (const file of files) await mistakeOf(target, file);
    return coverage.take();
  };
  const reaching = async (files: readonly Uint8Array[], fresh: readonly Place[]): Promise<Uint8Array[]> => {
    if (fresh.length === 0) return [];
    if (files.length === 1) return [files[0]];
    const half = files.slice(0, files.length >> 1);
    const covered = await coveredBy(half);
    const inHalf = fresh.filter((place) => covers(covered, place));
    const inRest = fresh.filter((place) => !covers(covered, place));
    return [...(await reaching(half, inHalf)), ...(await reaching(files.slice(half.length), inRest))];
  };
  return (batch: readonly Uint8Array[]): Promise<Uint8Array[]> => reaching(batch, reached.add(coverage.take()));
}

/** What is said of a case that was refused as it should be. */
const REFUSED = 'refused';

/** What is wrong with how a file is read; null where it is taken. */
async function mistakeOf(target: FuzzTarget, file: Uint8Array): Promise<string | null> {
  const before = process.cpuUsage();
  let what: string | null = null;
  try {
    const pending = target.read(file);
    if (pending instanceof Promise) await pending;
  } catch (error) {
    what = refusalMistake(error) ?? REFUSED;
  }
  const { user, system } = process.cpuUsage(before);
  const seconds = (user + system) / 1e6;
  if (seconds > MOST_SECONDS) return `takes ${seconds.toFixed(1)} s of processor time`;
  return what;
}

/** What is wrong with an error as an answer to a file; null for one that says in plain lines what is wrong. */
export function refusalMistake(error: unknown): string | null {
  if (!(error instanceof InputError))
    return `${error instanceof Error ? error.stack : error}`.replace(/\s*\n\s*/g, ' | ');
  const { message } = error;
  // Several mistakes have a line each, indented.
  const lines = message.split('\n');
  if (lines.some((line, i) => line.trim() === '' || (i > 0 && !line.startsWith('  '))))
    return `an InputError of other lines than it should have: ${JSON.stringify(message.slice(0, 300))}`;
  if (/[\p{Cc}]/u.test(message.replaceAll('\n', '')))
    return `an InputError with control characters: ${JSON.stringify(message.slice(0, 300))}`;
  return null;
}
