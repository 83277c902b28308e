/**
 * How near attacks come to the best that is known, as AttackBench scores it (Cinà et al., arXiv 2404.19460; attackbenchlib 2.0.2).
 * Distances are one for each image: 0 where the model was wrong before the attack, infinite where it was never broken.
 */

/** The smallest distance that any of several attacks found, image by image. */
export function lowerEnvelope(attacks: readonly ArrayLike<number>[]): Float64Array {
  return Float64Array.from(attacks[0], (_, i) => attacks.reduce((least, each) => Math.min(least, each[i]), Infinity));
}

/** An attack beside the lower envelope. */
export interface Optimality {
  /** From 0, an attack that breaks nothing, to 1, one that is as near as the envelope everywhere. */
  readonly optimality: number;
  /** Area under the curve of accuracy by distance, from 0 to `farthest`: of the attack, and of the envelope. */
  readonly area: number;
  readonly envelopeArea: number;
  /** The largest distance of the envelope, up to which areas are taken. */
  readonly farthest: number;
}

/**
 * Local optimality (equation 5 of the paper): (c f - area) / (c f - area of the envelope), cut to 0 and 1, with the clean accuracy c
 * and the farthest finite distance f of the envelope. Images that the envelope leaves unbroken keep both areas up, as in
 * AttackBench, whose paper has none of them.
 * @returns null where no image of the envelope was broken, or all at distance 0
 */
export function localOptimality(attack: ArrayLike<number>, envelope: ArrayLike<number>): Optimality | null {
  const best = Array.from(envelope);
  const finite = best.filter((distance) => distance < Infinity);
  if (finite.length === 0) return null;
  const farthest = finite.reduce((most, distance) => Math.max(most, distance), 0);
  const clean = best.filter((distance) => distance > 0).length / best.length;
  const area = areaUnderCurve(Array.from(attack), farthest);
  const envelopeArea = areaUnderCurve(best, farthest);
  const room = clean * farthest - envelopeArea;
  if (!(room > 0)) return null;
  const optimality = Math.min(1, Math.max(0, (clean * farthest - area) / room));
  return { optimality, area, envelopeArea, farthest };
}

/** Area under the step curve of accuracy by distance from 0 to `farthest`. */
export function areaUnderCurve(distances: readonly number[], farthest: number): number {
  const steps = distances.filter((distance) => distance <= farthest).sort((a, b) => a - b);
  const edges = [0, ...steps, farthest];
  return edges.slice(1).reduce((sum, edge, k) => sum + (edge - edges[k]) * (1 - k / distances.length), 0);
}

/** Mean of local optimalities over models, and their standard deviation with divisor n, as AttackBench has it. */
export function globalOptimality(local: readonly number[]): { readonly mean: number; readonly deviation: number } {
  const mean = local.reduce((sum, each) => sum + each, 0) / local.length;
  const variance = local.reduce((sum, each) => sum + (each - mean) ** 2, 0) / local.length;
  return { mean, deviation: Math.sqrt(variance) };
}
