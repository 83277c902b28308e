import { readFile } from 'node:fs/promises';
import type { ReferenceRate } from './attackReference.ts';

/** What query.py wrote: distances of every attacked image after a number of queries, or rates of attacks with a setting. */
interface QueryReference {
  readonly rays: Readonly<Record<string, readonly number[]>>;
  readonly boundary: Readonly<Record<string, ReferenceRate>>;
  readonly geoda: Readonly<Record<string, ReferenceRate>>;
  /** APGD, Square and AutoAttack in L1, by name. */
  readonly l1: Readonly<Record<string, ReferenceRate>>;
  readonly ead: ReferenceRate;
  readonly surfree: Readonly<Record<string, ReferenceRate>>;
}

/** What other implementations of attacks by classes did to the convolutional network. */
export const readQueryReference = async (): Promise<QueryReference> =>
  JSON.parse(await readFile('test/fixtures/attacks/query.json', 'utf8'));
