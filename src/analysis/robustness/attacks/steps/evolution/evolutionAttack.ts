import { choice, integer } from '../../../../../base/parameter.ts';
import type { Classifier } from '../../../classifier/classifier.ts';
import type { Batch } from '../../run/batch.ts';
import type { Method, StepContext } from '../../run/method.ts';
import { lead, marked, rowOf } from '../../run/rows.ts';
import { candidatesOf, type Draw, latinHypercube, type Population, select } from './differentialEvolution.ts';
import { adapt, openDistribution, type SearchDistribution, sampleFrom } from './separableEvolution.ts';

/** What the Pixel and the Threshold attack can be told besides their strength. */
export const evolutionParameters = {
  es: choice({
    choices: ['de', 'cma-es'],
    default: 'de',
    takes: 'strategy',
    about: 'evolution strategy: differential evolution, or the separable CMA-ES',
  }),
  maxIter: integer({ from: 1, default: 100, about: 'generations after the first' }),
};

export interface EvolutionSettings {
  readonly es: 'de' | 'cma-es';
  readonly maxIter: number;
  readonly seed: number;
}

/** How an attack writes a point of the unit box [0, 1]^dimensions into an image. */
export interface Genome {
  readonly dimensions: number;
  /** The point that is the original itself, or the middle of the box where there is none. */
  start(original: Float32Array): Float64Array;
  /** Overwrites `image`, which holds the original. */
  express(point: Float64Array, image: Float32Array): void;
}

interface EvolutionState {
  readonly images: Float32Array;
  readonly lead: Float64Array;
  readonly populations: readonly (Population | null)[];
  readonly distributions: readonly (SearchDistribution | null)[];
}

/** Candidates held at once. */
const MOST_CANDIDATES = 2048;
/** A generation has about this many individuals, and at least one for each dimension (as in ART). */
const INDIVIDUALS = 400;
/** Width of the first CMA-ES distribution, as a share of the box (as in ART). */
const FIRST_STEP = 0.25;

/** Individuals of a generation. */
export const generationOf = (dimensions: number): number =>
  Math.max(1, Math.floor(INDIVIDUALS / dimensions)) * dimensions;

/**
 * Evolves points of a genome for each sample until one is misclassified; the energy is how far the label's logit is ahead of the
 * others (ART's is the label's logit by itself, which can fall while the label stays the largest).
 */
export function evolutionMethod(
  { classes }: Classifier,
  batch: Batch,
  genome: Genome,
  { es, maxIter, seed }: EvolutionSettings,
  purpose: string,
): Method<EvolutionState> {
  const { dimensions } = genome;
  const pixels = batch.images.length / batch.size;
  const count = generationOf(dimensions);
  const drawOf = (row: number): Draw => ({ seed, sample: batch.sample[row], purpose: `${purpose}.${es}` });

  const pointsOf = (state: EvolutionState, row: number, step: number): Float64Array => {
    if (es === 'cma-es') {
      const distribution =
        state.distributions[row] ?? openDistribution(genome.start(rowOf(batch.images, row, pixels)), FIRST_STEP);
      return sampleFrom(distribution, count, step, drawOf(row));
    }
    const population = state.populations[row];
    if (population === null) return latinHypercube(count, dimensions, drawOf(row));
    return candidatesOf(population, dimensions, step, drawOf(row));
  };

  return {
    steps: maxIter + 1,
    price: { queries: count, gradients: 0 },
    images: ({ images }) => images,
    open: ({ images, size }) => ({
      images,
      lead: new Float64Array(size).fill(Number.NEGATIVE_INFINITY),
      populations: new Array<null>(size).fill(null),
      distributions: new Array<null>(size).fill(null),
    }),
    step: async (state, { rows, ask, step }: StepContext) => {
      const next = {
        images: state.images.slice(),
        lead: state.lead.slice(),
        populations: [...state.populations],
        distributions: [...state.distributions],
      };
      const wrong = marked(batch.size, []);
      const together = Math.max(1, Math.floor(MOST_CANDIDATES / count));
      for (let first = 0; first < rows.length; first += together) {
        const part = rows.slice(first, first + together);
        const points = part.map((row) => pointsOf(state, row, step));
        const candidates = new Float32Array(part.length * count * pixels);
        part.forEach((row, i) => {
          for (let k = 0; k < count; k++) {
            const image = rowOf(candidates, i * count + k, pixels);
            image.set(rowOf(batch.images, row, pixels));
            genome.express(points[i].subarray(k * dimensions, (k + 1) * dimensions), image);
          }
        });
        const whose = part.flatMap((row) => new Array<number>(count).fill(row));
        const answers = await ask.logits({ images: candidates, rows: whose });
        part.forEach((row, i) => {
          const energies = new Float64Array(count);
          for (let k = 0; k < count; k++) {
            const at = i * count + k;
            const ahead = lead(rowOf(answers, at, classes), batch.labels[row]);
            energies[k] = -ahead;
            if (!(ahead > next.lead[row])) continue;
            next.lead[row] = ahead;
            next.images.set(rowOf(candidates, at, pixels), row * pixels);
          }
          wrong[row] = next.lead[row] > 0;
          if (es === 'cma-es') {
            const before =
              state.distributions[row] ?? openDistribution(genome.start(rowOf(batch.images, row, pixels)), FIRST_STEP);
            next.distributions[row] = adapt(before, points[i], energies, step);
          } else {
            const before = state.populations[row];
            next.populations[row] =
              before === null ? { points: points[i], energies } : select(before, points[i], energies);
          }
        });
      }
      return { state: next, wrong };
    },
  };
}
