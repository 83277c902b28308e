import { ATTACKS, type Attack, type AttackName } from '../../analysis/robustness/index.ts';
import { toFloat } from '../../models/index.ts';
import { digits } from './digits.ts';
import { type NetworkFacts, type NetworkSource, readNetwork } from './networks.ts';

/** An attack as the page lists it. */
export interface ListedAttack extends Pick<Attack, 'title' | 'about' | 'norms' | 'strength' | 'settings'> {
  readonly name: AttackName;
}

/** All attacks of the catalogue with what can be set of them. */
export const listedAttacks = (): ListedAttack[] =>
  (ATTACKS as readonly (Attack & { readonly name: AttackName })[]).map(
    ({ name, title, about, norms, strength, settings }) => ({ name, title, about, norms, strength, settings }),
  );

/** A test image that comes with the page. */
export interface Digit {
  /** [1 · 28 · 28], pixels in [0, 1]. */
  readonly image: Float32Array;
  readonly label: number;
  /** How many there are. */
  readonly of: number;
}

/** The test image of a number, from 0. @throws Error where there is no such image */
export async function digitAt(index: number): Promise<Digit> {
  const { test } = await digits();
  if (index >= test.count) throw new Error(`test image ${index}: there are those from 0 to ${test.count - 1}`);
  return { image: toFloat(test, [index]), label: test.labels[index], of: test.count };
}

/** What a network takes and how large it is. @throws InputError where it cannot be read */
export async function networkFacts(source: NetworkSource): Promise<NetworkFacts> {
  const { weights, shape } = await readNetwork(source, 'f32');
  return { shape, parameters: Object.values(weights.parameters).reduce((sum, { length }) => sum + length, 0) };
}
