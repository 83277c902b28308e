/** `--best-of` of `outlast attack`: several attacks as one, each on the images that withstood those before. */
import { type BestOfOutcome, commonBall, radiusOf } from '../../analysis/robustness/index.ts';
import { InputError } from '../../base/errors.ts';
import type { PlannedAttack } from './flags.ts';

/** What several attacks are called as one. */
export const BEST_OF = 'best-of';

/** The attacks of `--best-of`, in their order, and which of them broke each image. */
export interface BestOf {
  readonly attacks: readonly PlannedAttack[];
  readonly brokenBy: BestOfOutcome['brokenBy'];
}

/** @throws InputError when there are not several attacks, they have no norm and distance in common, or a protocol compares them */
export function checkBestOf(
  { bestOf, protocol }: { readonly bestOf?: boolean; readonly protocol?: string },
  planned: readonly PlannedAttack[],
): void {
  if (bestOf !== true) return;
  if (protocol !== undefined)
    throw new InputError(
      'attack: --best-of makes one attack of several, and --protocol compares them; give one of the two',
    );
  if (planned.length < 2)
    throw new InputError('attack: --best-of takes several attacks; name them by --attack, as --attack apgd-ce,square');
  commonBall(planned);
}

/** The attack that tells norm and distance of all: the first that has a distance. */
export const leading = (planned: readonly PlannedAttack[]): PlannedAttack =>
  planned.find((attack) => radiusOf(attack) !== null) ?? planned[0];

/** How many images each attack broke: `apgd-ce 3, square 1`. */
export const describeBestOf = ({ attacks, brokenBy }: BestOf): string =>
  attacks.map(({ name }) => `${name} ${brokenBy.filter((by) => by === name).length}`).join(', ');
