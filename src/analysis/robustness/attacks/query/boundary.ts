import { integer, number, type ValuesOf } from '../../../../base/parameter.ts';
import { drawNormal, streamId } from '../../../../base/philox.ts';
import { defineAttack } from '../defineAttack.ts';
import { clipPixel, lengthOf } from '../run/rows.ts';
import { borderStart, QUERIES_OF_START } from '../steps/labels/borderStart.ts';
import { type LabelSearch, labelSearchMethod, type Subject } from '../steps/labels/labelSearch.ts';

const parameters = {
  maxIter: integer({ from: 1, default: 25000, about: 'steps' }),
  sphericalStep: number({
    above: 0,
    default: 0.01,
    takes: 'share',
    about: 'first length of a step around the original, as a share of the distance',
  }),
  sourceStep: number({
    above: 0,
    below: 1,
    default: 0.01,
    takes: 'share',
    about: 'first length of a step towards the original, as a share of the distance',
  }),
  sourceStepConvergence: number({
    from: 0,
    default: 1e-7,
    takes: 'share',
    about: 'share of the distance at which a step towards the original is too short to go on',
  }),
  stepAdaptation: number({ above: 1, default: 1.5, takes: 'factor', about: 'factor by which steps are changed' }),
  updateStatsEveryK: integer({ from: 1, default: 10, about: 'steps from one look at the step around to the next' }),
};

type Settings = ValuesOf<typeof parameters> & { readonly seed: number };

/**
 * Boundary attack (Brendel, Rauber, Bethge, arXiv 1712.04248; the authors' version in Foolbox): random steps around the original, each a
 * little nearer to it, of which those are taken that stay misclassified; how many do decides how long the next are. It asks for classes
 * only.
 */
export const boundary = defineAttack({
  name: 'boundary',
  title: 'Boundary',
  about: 'random steps around the original, a little nearer each',
  source: 'arXiv 1712.04248',
  asks: 'classes',
  strength: 'optional eps',
  norms: ['2'],
  parameters,
  passes: ({ maxIter, updateStatsEveryK }) => QUERIES_OF_START + maxIter + Math.floor(maxIter / updateStatsEveryK),
  method: (classifier, _, { norm, eps, ...settings }) =>
    labelSearchMethod(classifier, {
      norm,
      eps,
      steps: QUERIES_OF_START + settings.maxIter,
      search: (subject) => boundarySearch(subject, settings),
    }),
});

/** How many of the latest steps were misclassified, once there are `size` of them since the beginning or the latest change. */
function openShare(size: number) {
  let latest: boolean[] = [];
  return {
    add: (wasMisclassified: boolean) => {
      latest = [...latest, wasMisclassified].slice(-size);
    },
    share: () => (latest.length < size ? undefined : latest.filter(Boolean).length / size),
    clear: () => {
      latest = [];
    },
  };
}

/** By which power of the adaptation steps grow, for a share of misclassified ones. */
const growth = (share: number | undefined, [least, most]: readonly [number, number]): -1 | 0 | 1 => {
  if (share === undefined || (share >= least && share <= most)) return 0;
  return share > most ? 1 : -1;
};

/** Shares of misclassified images between which steps stay as long as they are, and of how many looks they are taken (Foolbox's values). */
const AROUND = { size: 100, range: [0.2, 0.5] } as const;
const TOWARDS = { size: 30, range: [0.1, 0.25] } as const;

function* boundarySearch(subject: Subject, settings: Settings): LabelSearch {
  const { original, sample } = subject;
  const { maxIter, sourceStepConvergence, stepAdaptation, updateStatsEveryK, seed } = settings;
  let x = yield* borderStart(subject, { seed, streams: 'boundary' });
  if (x === null) return;
  let [spherical, source] = [settings.sphericalStep, settings.sourceStep];
  const around = openShare(AROUND.size);
  const towards = openShare(TOWARDS.size);
  for (let step = 1; step <= maxIter && source >= sourceStepConvergence; step++) {
    const noise = drawNormal({ seed, stream: streamId(`boundary.step.${step}`), substream: sample }, original.length);
    const sphere = stepAround(original, x, noise, spherical);
    const distance = lengthOf(x, '2', original);
    const candidate = stepTowards(original, sphere, distance * (1 - source));
    const isLookedAt = step % updateStatsEveryK === 0;
    const [isWrong, isSphereWrong] = yield isLookedAt ? Float32Array.of(...candidate, ...sphere) : candidate;
    if (isWrong && lengthOf(candidate, '2', original) < distance) x = candidate;
    if (!isLookedAt) continue;
    around.add(isSphereWrong);
    towards.add(isWrong);
    const both = stepAdaptation ** growth(around.share(), AROUND.range);
    if (both !== 1) around.clear();
    const one = stepAdaptation ** growth(towards.share(), TOWARDS.range);
    if (one !== 1) towards.clear();
    spherical *= both;
    source *= both * one;
  }
}

/** A random point about as far from the original as x, in [0, 1]. @param length of the step, as a share of the distance */
function stepAround(original: Float32Array, x: Float32Array, noise: Float32Array, length: number): Float32Array {
  const distance = lengthOf(x, '2', original);
  let along = 0;
  for (let p = 0; p < x.length; p++) along += (noise[p] * (x[p] - original[p])) / distance;
  const across = noise.map((value, p) => value - (along * (x[p] - original[p])) / distance);
  const factor = (length * distance) / lengthOf(across, '2');
  const shrink = 1 / Math.sqrt(length * length + 1);
  return original.map((pixel, p) => clipPixel(pixel + shrink * (x[p] - pixel + factor * across[p])));
}

/** The point at a distance from the original on the way to another, which stays where it is nearer already. */
function stepTowards(original: Float32Array, sphere: Float32Array, distance: number): Float32Array {
  const share = Math.min(1, distance / lengthOf(sphere, '2', original));
  return original.map((pixel, p) => clipPixel(pixel + share * (sphere[p] - pixel)));
}
