import { integer, number, type ValuesOf } from '../../../../base/parameter.ts';
import { drawIntegers, streamId } from '../../../../base/philox.ts';
import { defineAttack } from '../defineAttack.ts';
import { clipPixel, lengthOf } from '../run/rows.ts';
import { blockCosines } from '../steps/labels/blockCosines.ts';
import { borderStart, QUERIES_OF_START } from '../steps/labels/borderStart.ts';
import { isMisclassified, type LabelSearch, labelSearchMethod, type Subject } from '../steps/labels/labelSearch.ts';

const parameters = {
  maxIter: integer({ from: 1, default: 100, about: 'steps that come nearer' }),
  queryLimit: integer({ from: 1, default: 10000, about: 'queries' }),
  bsGamma: number({
    above: 0,
    default: 0.01,
    takes: 'share',
    about: 'largest error of a search for an angle, in its cosine',
  }),
  bsMaxIteration: integer({ from: 0, default: 10, about: 'most queries of a search for an angle' }),
  thetaMax: number({ above: 0, below: 90, default: 30, takes: 'degrees', about: 'first largest angle' }),
  nOrtho: integer({ from: 0, default: 100, about: 'latest directions that the next is at right angles to' }),
  rho: number({
    above: 0,
    to: 1,
    default: 0.98,
    takes: 'factor',
    about: 'factor of the largest angle after a direction that leads nowhere',
  }),
  evaluations: integer({ from: 1, default: 3, about: 'angles that are tried to each side of a direction' }),
};

type Settings = ValuesOf<typeof parameters> & { readonly seed: number };

/**
 * SurFree (Maho, Furon, Le Merrer, arXiv 2011.12807; the authors' program for Foolbox, with its blocks of 8×8 cosines): circles through
 * the original and the misclassified image, each in a random direction, along which the image comes nearer. It estimates no gradient and
 * asks for classes only.
 */
export const surfree = defineAttack({
  name: 'surfree',
  title: 'SurFree',
  about: 'comes nearer along circles in random directions',
  source: 'arXiv 2011.12807',
  asks: 'classes',
  strength: 'optional eps',
  norms: ['2'],
  parameters,
  passes: ({ queryLimit }) => queryLimit + QUERIES_OF_START,
  method: (classifier, _, { norm, eps, ...settings }) =>
    labelSearchMethod(classifier, {
      norm,
      eps,
      steps: settings.queryLimit,
      queries: settings.queryLimit,
      price: 1,
      search: (subject) => surfreeSearch(subject, settings),
    }),
});

function* surfreeSearch(subject: Subject, settings: Settings): LabelSearch {
  const { original } = subject;
  const { maxIter, queryLimit, nOrtho, rho, seed } = settings;
  const start = yield* borderStart(subject, { seed, streams: 'surfree' });
  if (start === null) return;
  let x: Float32Array = start;
  const draw = directionsOf(subject, seed);
  let latest: Float64Array[] = [];
  let thetaMax = settings.thetaMax;
  for (let nearer = 0, count = 0; nearer < maxIter && count < queryLimit; count++) {
    const distance = lengthOf(x, '2', original);
    if (distance === 0) return;
    const towards = Float64Array.from(x, (pixel, p) => (pixel - original[p]) / distance);
    const direction = atRightAngles(draw(count), [towards, ...latest]);
    if (direction === null) {
      latest = [];
      continue;
    }
    latest = [...latest, direction].slice(Math.max(0, latest.length + 1 - nOrtho));
    const at = (theta: number) => onCircle(original, { towards, direction, distance, theta });
    const theta = yield* largestAngle(at, thetaMax, settings);
    if (theta === 0) {
      thetaMax *= rho;
      continue;
    }
    nearer++;
    thetaMax = Math.min(MOST_DEGREES, thetaMax / rho);
    const candidate = at(theta);
    if (lengthOf(candidate, '2', original) < distance) x = candidate;
  }
}

/** At a right angle a circle is back at the original. */
const MOST_DEGREES = 89;

/** A point of the circle through the original and the misclassified image, by its angle at the original, in degrees. */
function onCircle(
  original: Float32Array,
  {
    towards,
    direction,
    distance,
    theta,
  }: {
    readonly towards: Float64Array;
    readonly direction: Float64Array;
    readonly distance: number;
    readonly theta: number;
  },
): Float32Array {
  const angle = (theta * Math.PI) / 180;
  const radius = distance * Math.cos(angle);
  const [along, across] = [radius * Math.cos(angle), radius * Math.sin(angle)];
  return original.map((pixel, p) => clipPixel(pixel + along * towards[p] + across * direction[p]));
}

/** The largest angle, to either side, at which the image is misclassified, as far as angles are searched; 0 where there is none. */
function* largestAngle(
  at: (theta: number) => Float32Array,
  thetaMax: number,
  { evaluations, bsGamma, bsMaxIteration }: Settings,
): LabelSearch<number> {
  let low = 0;
  for (let k = 0; k < 2 * evaluations && low === 0; k++) {
    const theta = (1 - Math.floor(k / 2) / evaluations) * thetaMax * (k % 2 === 0 ? 1 : -1);
    if (yield* isMisclassified(at(theta))) low = theta;
  }
  if (low === 0) return 0;
  const step = (Math.sign(low) * thetaMax) / evaluations;
  let high = low + step;
  if (Math.abs(low) === thetaMax)
    while (Math.abs(high) < MOST_DEGREES && (yield* isMisclassified(at(high)))) {
      low = high;
      high += step;
    }
  const cosine = (theta: number) => Math.cos((theta * Math.PI) / 180);
  for (let k = 0; k < bsMaxIteration && Math.abs(cosine(high) - cosine(low)) > bsGamma; k++) {
    const middle = (low + high) / 2;
    if (yield* isMisclassified(at(middle))) low = middle;
    else high = middle;
  }
  return low;
}

/** Random directions that have the image's own frequencies: the k-th is a function of k. An image of black alone has every frequency. */
function directionsOf({ original, shape, sample }: Subject, seed: number): (k: number) => Float64Array {
  const own = blockCosines(original, shape, { back: false }).map(Math.tanh);
  const amplitudes = own.every((value) => value === 0) ? own.fill(1) : own;
  return (k) => {
    const source = { seed, stream: streamId(`surfree.direction.${k}`), substream: sample };
    const signs = drawIntegers(source, 3, original.length);
    return blockCosines(
      amplitudes.map((amplitude, p) => amplitude * (signs[p] - 1)),
      shape,
      { back: true },
    );
  };
}

/** A direction's rest below this share of it is rounding. */
const NOTHING_LEFT = 1e-6;

/** What of a direction is at right angles to others, of length 1; null where nothing is. @param others of length 1 */
function atRightAngles(direction: Float64Array, others: readonly Float64Array[]): Float64Array | null {
  const rest = direction.slice();
  for (const other of others) {
    let along = 0;
    for (let p = 0; p < rest.length; p++) along += rest[p] * other[p];
    for (let p = 0; p < rest.length; p++) rest[p] -= along * other[p];
  }
  const length = lengthOf(rest, '2');
  if (!(length > NOTHING_LEFT * lengthOf(direction, '2'))) return null;
  return rest.map((value) => value / length);
}
