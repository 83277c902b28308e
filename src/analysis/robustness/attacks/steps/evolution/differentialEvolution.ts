import { drawUniform, streamId } from '../../../../../base/philox.ts';

/** A population in a box: [individuals, dimensions] of numbers from 0 to 1, and how good each is (less is better). */
export interface Population {
  readonly points: Float64Array;
  readonly energies: Float64Array;
}

export interface Draw {
  readonly seed: number;
  readonly sample: number;
  readonly purpose: string;
}

const uniforms = ({ seed, sample, purpose }: Draw, generation: number, count: number): Float32Array =>
  drawUniform({ seed, stream: streamId(`${purpose}.${generation}`), substream: sample }, count);

/** A Latin hypercube: in every dimension each of `size` equal intervals holds one individual. */
export function latinHypercube(size: number, dimensions: number, draw: Draw): Float64Array {
  const random = uniforms(draw, 0, 2 * size * dimensions);
  const points = new Float64Array(size * dimensions);
  for (let d = 0; d < dimensions; d++) {
    const keys = random.subarray(d * size, (d + 1) * size);
    const order = Array.from({ length: size }, (_, i) => i).sort((a, b) => keys[a] - keys[b] || a - b);
    order.forEach((interval, i) => {
      points[i * dimensions + d] = (interval + random[size * dimensions + d * size + i]) / size;
    });
  }
  return points;
}

/** The place of the smallest energy. */
function fittest({ energies }: Population): number {
  return energies.reduce((best, energy, i) => (energy < energies[best] ? i : best), 0);
}

/**
 * A new candidate for every individual: the best one, moved by the difference of two others times a factor from ½ to 1, new for
 * each generation; what leaves the box is drawn again (Storn and Price 1997, best/1/bin with recombination 1, as ART calls SciPy).
 */
export function candidatesOf(population: Population, dimensions: number, generation: number, draw: Draw): Float64Array {
  const { points, energies } = population;
  const size = energies.length;
  const best = fittest(population);
  const random = uniforms(draw, generation, 1 + 2 * size + size * dimensions);
  const factor = 0.5 + random[0] / 2;
  const candidates = new Float64Array(points.length);
  for (let i = 0; i < size; i++) {
    const [a, b] = twoOthers(i, size, random[1 + 2 * i], random[2 + 2 * i]);
    for (let d = 0; d < dimensions; d++) {
      const value = points[best * dimensions + d] + factor * (points[a * dimensions + d] - points[b * dimensions + d]);
      candidates[i * dimensions + d] = value >= 0 && value <= 1 ? value : random[1 + 2 * size + i * dimensions + d];
    }
  }
  return candidates;
}

/** Two different individuals other than `i`, by two uniform numbers. */
function twoOthers(i: number, size: number, u: number, v: number): [number, number] {
  const first = Math.min(size - 2, Math.floor(u * (size - 1)));
  const a = first >= i ? first + 1 : first;
  let b = Math.min(size - 3, Math.floor(v * (size - 2)));
  for (const taken of [Math.min(a, i), Math.max(a, i)]) if (b >= taken) b++;
  return [a, b];
}

/** Each candidate takes its individual's place where it is better. */
export function select(population: Population, candidates: Float64Array, energies: Float64Array): Population {
  const points = population.points.slice();
  const kept = population.energies.slice();
  const dimensions = points.length / kept.length;
  energies.forEach((energy, i) => {
    if (!(energy < kept[i])) return;
    kept[i] = energy;
    points.set(candidates.subarray(i * dimensions, (i + 1) * dimensions), i * dimensions);
  });
  return { points, energies: kept };
}
