import type { AttackRecord, Distances } from './attacks/run/record.ts';
import { exactInterval } from './certificate.ts';
import type { NormName } from './norms.ts';

/** An attack's records, all on the same images, and how far it could go. */
export interface CurveInput {
  readonly attack: string;
  readonly norm: NormName | '0';
  /** Largest distance in the norm; null for an attack that goes as far as it must. */
  readonly radius: number | null;
  readonly records: readonly AttackRecord[];
}

/** Accuracy under an attack that may go `eps` far: a point of a robustness curve. */
export interface CurvePoint {
  readonly norm: NormName | '0';
  readonly attack: string;
  /** In units of the pixel range [0, 1]; of norm 0, pixels. 0 is before any attack. */
  readonly eps: number;
  readonly accuracy: number;
  /** 95 % limits of Clopper and Pearson (1934). */
  readonly lower: number;
  readonly upper: number;
  /** Images of which it is the share. */
  readonly images: number;
}

/** A radius for each norm that counts. */
export type UnionRadii = Readonly<Partial<Record<NormName | '0', number>>>;

/** The attacker who tries all attacks of a curve on every image. */
export const ALL_ATTACKS = 'all attacks';

/** Which of an image's distances is that of a norm. */
export const DISTANCE_IN: Readonly<Record<NormName | '0', keyof Distances>> = {
  inf: 'linf',
  '1': 'l1',
  '2': 'l2',
  '0': 'l0',
};

/**
 * Robustness curves: for each norm and attack the share of images that are right within each distance. An attack that was run at several
 * radii has a point for each run; one that looks for the nearest adversarial image has a point for each distance at which it found one, as
 * all that lies farther is no success there. Where several attacks measure in a norm, `ALL_ATTACKS` says what none of them breaks.
 */
export function robustnessCurves(inputs: readonly CurveInput[]): readonly CurvePoint[] {
  const norms = [...new Set(inputs.map(({ norm }) => norm))];
  return norms.flatMap((norm) => {
    const all = inputs.filter((input) => input.norm === norm);
    const attacks = [...new Set(all.map(({ attack }) => attack))];
    const each = attacks.flatMap((attack) => {
      const runs = all.filter((input) => input.attack === attack);
      return curve(runs, (eps) => runs.filter(({ radius }) => radius === null || radius === eps)).map((point) => ({
        norm,
        attack,
        ...point,
      }));
    });
    const together =
      attacks.length < 2 ? [] : curve(all, () => all).map((point) => ({ norm, attack: ALL_ATTACKS, ...point }));
    return [...each, ...together];
  });
}

/**
 * Accuracy in the worst case of several norms: the share of images that are right before, and that no attack breaks within the radius of
 * any of the norms, whichever norm it measured in (Tramèr and Boneh, arXiv 1904.13000, section 2). With 95 % limits of Clopper and
 * Pearson.
 * @param inputs attacks' records, all on the same images; one at least
 */
export function worstCase(
  inputs: readonly CurveInput[],
  within: UnionRadii,
): Pick<CurvePoint, 'accuracy' | 'lower' | 'upper' | 'images'> {
  const [{ records }] = inputs;
  const radii = Object.entries(within) as readonly (readonly [NormName | '0', number])[];
  const isBroken = (i: number) =>
    inputs.some((input) =>
      radii.some(([norm, eps]) => breaks(norm === input.norm ? input : { ...input, norm, radius: null }, i, eps)),
    );
  const right = records.filter(({ misclassifiedBefore }, i) => !misclassifiedBefore && !isBroken(i));
  return shareOf(right.length, records.length);
}

/** A curve's points. @param attackersAt who attacks at a distance */
function curve(inputs: readonly CurveInput[], attackersAt: (eps: number) => readonly CurveInput[]) {
  const [{ records }] = inputs;
  return strengthsOf(inputs).map((eps) => {
    const attackers = attackersAt(eps);
    const right = records.filter(
      ({ misclassifiedBefore }, i) => !misclassifiedBefore && !attackers.some((attacker) => breaks(attacker, i, eps)),
    );
    return { eps, ...shareOf(right.length, records.length) };
  });
}

/** A success within a smaller radius is one within a larger radius, too, and so is one that lies nearer than it might. */
function breaks(input: CurveInput, i: number, eps: number): boolean {
  const record = input.records[i];
  const isWithin = input.radius !== null && input.radius <= eps;
  return record.success && (isWithin || distanceOf(input, record) <= eps);
}

/** The distances at which a curve has points, from 0. */
function strengthsOf(inputs: readonly CurveInput[]): number[] {
  const found = inputs.flatMap((input) =>
    input.radius === null
      ? input.records.filter(({ success }) => success).map((record) => distanceOf(input, record))
      : [input.radius],
  );
  return [...new Set([0, ...found])].sort((a, b) => a - b);
}

const distanceOf = ({ norm }: CurveInput, { distances }: AttackRecord): number => distances[DISTANCE_IN[norm]];

function shareOf(right: number, images: number): Pick<CurvePoint, 'accuracy' | 'lower' | 'upper' | 'images'> {
  return {
    accuracy: right / images,
    ...exactInterval(right, images),
    images,
  };
}
