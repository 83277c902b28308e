import { randomWords, streamId } from '../../../base/philox.ts';
import type { ExecutableRuns } from '../attacks/run/executableRuns.ts';
import { addCounts, NO_PASSES, type PassCounts } from './oracle.ts';
import type { Rehearsal } from './question.ts';

/** The draw of runs that are not counted: they must not move on the numbers of those that are. */
const UNCOUNTED = 0xffff_ffff;

/** What ran since a classifier was made, and the random numbers of its defence, which are new in every counted run. */
export class RunTally {
  #seed: number;
  #draw = 0;
  #total = NO_PASSES;
  readonly #runs = new Map<string, number>();
  readonly #rehearsals = new Map<string, () => Rehearsal>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Passes of all counted runs. */
  get total(): PassCounts {
    return this.#total;
  }

  /** Counted runs of each question, by its name. */
  get runs(): ExecutableRuns {
    return Object.fromEntries(this.#runs);
  }

  /** From now on draws the numbers that a new classifier with this seed would draw. */
  restart(seed: number): void {
    this.#seed = seed;
    this.#draw = 0;
  }

  /** Key of the next counted run, u32 [2]. */
  nextKey(): Uint32Array {
    return this.#key(this.#draw++);
  }

  /** Key of runs that are not counted, u32 [2]. */
  uncountedKey(): Uint32Array {
    return this.#key(UNCOUNTED);
  }

  #key(draw: number): Uint32Array {
    return randomWords({ seed: this.#seed, stream: streamId('classifier.defence'), substream: draw }, 2);
  }

  /** Counts a run. @param rehearse prepares the question to be timed as in this run */
  count(name: string, passes: PassCounts, rehearse: () => Rehearsal): void {
    this.#total = addCounts(this.#total, passes);
    this.#runs.set(name, (this.#runs.get(name) ?? 0) + 1);
    this.#rehearsals.set(name, rehearse);
  }

  /** Prepares the question of a name as in its latest run. @throws Error where nothing ran under this name */
  rehearse(name: string): Rehearsal {
    const open = this.#rehearsals.get(name);
    if (open === undefined) throw new Error(`${name}: nothing ran under this name`);
    return open();
  }

  /** Forgets what could be rehearsed, as when the questions are freed. */
  clear(): void {
    this.#rehearsals.clear();
  }
}
