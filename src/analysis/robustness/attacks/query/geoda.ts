import { integer, number, type ValuesOf } from '../../../../base/parameter.ts';
import { drawNormal, streamId } from '../../../../base/philox.ts';
import type { ImageShape } from '../../../../models/index.ts';
import type { NormName } from '../../norms.ts';
import { defineAttack } from '../defineAttack.ts';
import { clipPixel, lengthOf } from '../run/rows.ts';
import { wayToHyperplane } from '../steps/borders/hyperplane.ts';
import { borderBetween, borderStart, QUERIES_OF_START } from '../steps/labels/borderStart.ts';
import { isMisclassified, type LabelSearch, labelSearchMethod, type Subject } from '../steps/labels/labelSearch.ts';

const parameters = {
  maxIter: integer({ from: 1, default: 4000, about: 'queries after the start, about' }),
  subDim: integer({
    from: 1,
    default: 10,
    about: 'lowest frequencies, along each side, of the points around the border',
  }),
  binSearchTol: number({
    above: 0,
    default: 1e-4,
    takes: 'distance',
    about: 'largest error of a search for the border',
  }),
  lambdaParam: number({
    above: 0,
    to: 1,
    default: 0.6,
    takes: 'rate',
    about: 'how the queries grow from one estimate of the border to the next; with 1 they do not',
  }),
  sigma: number({ above: 0, default: 0.0002, takes: 'scale', about: 'scale of the points around the border' }),
};

type Settings = ValuesOf<typeof parameters> & { readonly norm: NormName; readonly seed: number };

/**
 * GeoDA (Rahmati, Moosavi-Dezfooli, Frossard, Dai, arXiv 2003.06468; ART's GeoDA): the border is taken for a plane, whose normal is the
 * mean of random points of low frequency on one side of it, and the nearest image behind it is looked for. It asks for classes only.
 * The search for the border is as fine as the authors'; with ART's, 0.1, the points around lie all on one side of it.
 */
export const geoda = defineAttack({
  name: 'geoda',
  title: 'GeoDA',
  about: 'takes the border for a plane, whose normal random points tell',
  source: 'arXiv 2003.06468',
  asks: 'classes',
  strength: 'optional eps',
  norms: ['2', 'inf', '1'],
  parameters,
  passes: ({ maxIter }) => QUERIES_OF_START + maxIter,
  method: (classifier, _, { eps, ...settings }) =>
    labelSearchMethod(classifier, {
      norm: settings.norm,
      eps,
      steps: QUERIES_OF_START + settings.maxIter,
      search: (subject) => geodaSearch(subject, settings),
    }),
});

/** Queries of a search for the border, about, and between which the first estimate's queries lie (the authors' values). */
const QUERIES_OF_SEARCH = 25;
const LARGEST_FIRST = 80;
/** Points that are asked about at once. */
const TOGETHER = 32;
/** The way behind the border is doubled this often at most. */
const MOST_DOUBLINGS = 10;

/** Queries for each estimate of the normal: growing by powers of λ^(-2/3), as many as leave no more than 80 to the first. */
export function estimates(maxIter: number, lambda: number): number[] {
  for (let count = 1; ; count++) {
    const left = maxIter - QUERIES_OF_SEARCH * count;
    const weights = Array.from({ length: count }, (_, i) => lambda ** ((-2 * i) / 3));
    const sum = weights.reduce((a, b) => a + b, 0);
    const queries = weights.map((weight) => Math.max(1, Math.round((left * weight) / sum)));
    if (queries[0] <= LARGEST_FIRST) return queries;
  }
}

function* geodaSearch(subject: Subject, settings: Settings): LabelSearch {
  const { original } = subject;
  const { maxIter, binSearchTol, lambdaParam, seed } = settings;
  const start = yield* borderStart(subject, { seed, streams: 'geoda' });
  if (start === null) return;
  let border = yield* borderBetween(original, start, binSearchTol);
  const normal = new Float64Array(original.length);
  for (const [i, count] of estimates(maxIter, lambdaParam).entries()) {
    yield* addNormal(normal, border, subject, { ...settings, count, estimate: i });
    const behind = yield* behindPlane(original, border, normal, settings.norm);
    if (behind !== null) border = yield* borderBetween(original, behind, binSearchTol);
  }
}

/** Adds the mean of points around the border, those on the side of the original with the other sign, in place. */
function* addNormal(
  normal: Float64Array,
  border: Float32Array,
  { sample, shape }: Subject,
  { subDim, sigma, seed, count, estimate }: Settings & { readonly count: number; readonly estimate: number },
): LabelSearch {
  const waves = lowFrequencies(shape, subDim);
  const pixels = border.length;
  const random = drawNormal(
    { seed, stream: streamId(`geoda.normal.${estimate}`), substream: sample },
    count * waves.dimensions,
  );
  for (let first = 0; first < count; first += TOGETHER) {
    const present = Math.min(TOGETHER, count - first);
    const steps = Array.from({ length: present }, (_, k) =>
      waves.sum(random.subarray((first + k) * waves.dimensions, (first + k + 1) * waves.dimensions)),
    );
    const points = new Float32Array(present * pixels);
    steps.forEach((step, k) => {
      for (let p = 0; p < pixels; p++) points[k * pixels + p] = border[p] + sigma * step[p];
    });
    const wrong = yield points;
    steps.forEach((step, k) => {
      for (let p = 0; p < pixels; p++) normal[p] += (wrong[k] ? step[p] : -step[p]) / count;
    });
  }
}

/** The lowest frequencies of the cosine transform of an image, for each channel. */
function lowFrequencies([channels, height, width]: ImageShape, subDim: number) {
  const wave = (size: number) => {
    const count = Math.min(subDim, size);
    const values = new Float64Array(count * size);
    for (let u = 0; u < count; u++)
      for (let i = 0; i < size; i++)
        values[u * size + i] = Math.sqrt((u === 0 ? 1 : 2) / size) * Math.cos(((2 * i + 1) * u * Math.PI) / (2 * size));
    return { count, values };
  };
  const [down, across] = [wave(height), wave(width)];
  return {
    dimensions: channels * down.count * across.count,
    /** The image of which these are the coefficients: [C, H, W]. */
    sum: (coefficients: Float32Array): Float64Array => {
      const image = new Float64Array(channels * height * width);
      for (let c = 0; c < channels; c++)
        for (let u = 0; u < down.count; u++) {
          const row = new Float64Array(width);
          for (let v = 0; v < across.count; v++) {
            const coefficient = coefficients[(c * down.count + u) * across.count + v];
            for (let x = 0; x < width; x++) row[x] += coefficient * across.values[v * width + x];
          }
          for (let y = 0; y < height; y++)
            for (let x = 0; x < width; x++) image[(c * height + y) * width + x] += down.values[u * height + y] * row[x];
        }
      return image;
    },
  };
}

/**
 * The nearest image, in a norm, behind planes with a normal: the first through the border, others ever farther from the original, until
 * one is misclassified; null where none is.
 */
function* behindPlane(
  original: Float32Array,
  border: Float32Array,
  normal: Float64Array,
  norm: NormName,
): LabelSearch<Float32Array | null> {
  let height = 0;
  for (let p = 0; p < normal.length; p++) height += normal[p] * (border[p] - original[p]);
  if (!(height > 0)) height = lengthOf(normal, '2') * lengthOf(border, '2', original);
  for (let doubling = 0; doubling < MOST_DOUBLINGS; doubling++, height *= 2) {
    const way = wayToHyperplane(original, { normal, excess: -height }, norm);
    const image = original.map((pixel, p) => clipPixel(pixel + way[p]));
    if (yield* isMisclassified(image)) return image;
  }
  return null;
}
