import { complete, integer, number, yesOrNo } from '../../../base/parameter.ts';
import { randomWords, streamId } from '../../../base/philox.ts';
import {
  add,
  argmax,
  clamp,
  exp,
  expand,
  log,
  logSoftmax,
  max,
  mean,
  type Node,
  randomNormal,
  reshape,
  scale,
  spec,
  subtract,
} from '../../../engine/index.ts';
import { type Certificate, certificateOf, majority } from '../certificate.ts';
import type { Classifier } from '../classifier/classifier.ts';
import { defineDefence } from './defineDefence.ts';
import { gaussianAugmentation } from './gaussianAugmentation.ts';

/**
 * Noise on the images, and the logarithm of the mean probabilities of several noisy copies, new at every question (Cohen,
 * Rosenfeld, Kolter, arXiv 1902.02918; the soft votes that can be attacked are those of Salman et al., arXiv 1906.04584). Noisy
 * pixels are clipped to [0, 1], as when training with noise: that is a part of the model, so certificates hold.
 */
export const randomisedSmoothing = defineDefence({
  name: 'randomised-smoothing',
  title: 'Randomised smoothing',
  about: 'noise on pixels; answers with mean probabilities of copies',
  source: 'arXiv 1902.02918',
  acts: 'prediction',
  differentiable: true,
  random: true,
  parameters: {
    sigma: number({ above: 0, axis: true, about: 'standard deviation of the noise, in units of the pixel range' }),
    copies: integer({ from: 1, default: 10, about: 'noisy copies whose mean probabilities are the answer' }),
    augmentation: yesOrNo({ default: true, about: 'whether the model is trained with the same noise' }),
    n0: integer({ from: 1, default: 100, about: 'noisy copies that choose the class of a certificate' }),
    n: integer({ from: 1, default: 1000, about: 'noisy copies that estimate its probability' }),
    alpha: number({ above: 0, below: 1, default: 0.001, about: 'probability that a certificate is wrong' }),
  },
  positional: ['sigma', 'copies'],
  labels: ({ augmentation }) => ({ augmentation: augmentation ? 'trained with noise' : 'trained without noise' }),
  trainedWith: ({ augmentation, sigma }) => (augmentation ? gaussianAugmentation.specOf({ sigma }) : undefined),
  create: ({ sigma, copies }) => ({
    copies,
    preprocess: (x, draws) => noisy(x, draws.normal(x.shape), sigma),
    postprocess: (logits) => meanVote(logits, copies),
  }),
});

const noisy = (x: Node, noise: Node, sigma: number): Node => clamp(add(x, scale(noise, sigma)), 0, 1);

/** The logarithm of mean probabilities: logits [copies · N, classes] → [N, classes]. */
function meanVote(logits: Node, copies: number): Node {
  const [rows, classes] = logits.shape;
  const each = reshape(logSoftmax(logits), [copies, rows / copies, classes]);
  const highest = max(each, [0], { keepDims: true });
  const total = mean(exp(subtract(each, highest)), [0]);
  return add(log(total), reshape(highest, total.shape));
}

export interface VoteOptions {
  readonly sigma: number;
  /** Noisy copies of each image. */
  readonly n: number;
  /** Probability of a false certificate, or of a false majority. */
  readonly alpha: number;
  readonly seed: number;
  onProgress?(done: number, total: number): void;
}

export interface CertifyOptions extends VoteOptions {
  /** Copies that choose the class; `n` others estimate its probability. */
  readonly n0: number;
}

/** Noisy copies in one forward pass. No two images share random numbers, so that no vote depends on other images. */
const SHOWN_AT_ONCE = 100;

/**
 * What is certain of each image under randomised smoothing: class and radius, from votes of noisy copies.
 * @param classifier undefended: the noise is added here
 * @param images [count · C · H · W]
 * @throws InputError when a parameter is out of range
 */
export async function certify(
  classifier: Classifier,
  images: Float32Array,
  { n0, ...options }: CertifyOptions,
): Promise<Certificate[]> {
  const { name, parameters } = randomisedSmoothing;
  complete(name, { n0: parameters.n0 }, { n0 });
  const selections = await votes(classifier, images, { ...options, n: n0 }, 'selection');
  const estimations = await votes(classifier, images, options, 'estimation');
  return selections.map((selection, i) => certificateOf(selection, estimations[i], options));
}

/**
 * The class that most noisy copies of each image are classified as; null where a binomial test cannot separate it from the second.
 * @param classifier undefended: the noise is added here
 * @param images [count · C · H · W]
 * @throws InputError when a parameter is out of range
 */
export async function predictSmoothed(
  classifier: Classifier,
  images: Float32Array,
  options: VoteOptions,
): Promise<(number | null)[]> {
  return (await votes(classifier, images, options, 'prediction')).map((counts) => majority(counts, options.alpha));
}

/** For each image, the number of its n noisy copies that are classified as each class. @param purpose names the random numbers */
async function votes(
  classifier: Classifier,
  images: Float32Array,
  { sigma, n, alpha, seed, onProgress }: VoteOptions,
  purpose: string,
): Promise<number[][]> {
  const { name, parameters } = randomisedSmoothing;
  complete(name, { sigma: parameters.sigma, n: parameters.n, alpha: parameters.alpha }, { sigma, n, alpha });
  const { shape, classes } = classifier;
  const pixels = shape[0] * shape[1] * shape[2];
  const count = images.length / pixels;
  const question = await classifier.compile(
    `classes of ${SHOWN_AT_ONCE} copies with noise of ${sigma}`,
    { image: spec([1, ...shape]), key: spec([2], 'u32') },
    ({ image, key }, oracle) => {
      const copies = expand(image, [SHOWN_AT_ONCE, ...shape]);
      const noise = randomNormal(key, copies.shape, { stream: streamId('randomised-smoothing.noise') });
      return { classes: argmax(oracle.logits(noisy(copies, noise, sigma)), 1) };
    },
  );
  const stream = streamId(`randomised-smoothing.${purpose}`);
  const rounds = Math.ceil(n / SHOWN_AT_ONCE);
  const all: number[][] = [];
  for (let i = 0; i < count; i++) {
    const counts = new Array<number>(classes).fill(0);
    for (let round = 0; round < rounds; round++) {
      const key = randomWords({ seed, stream, substream: i * rounds + round }, 2);
      const answers = question.run({ image: images.subarray(i * pixels, (i + 1) * pixels), key });
      for (const voted of (await answers.classes.read()).subarray(0, n - round * SHOWN_AT_ONCE)) counts[voted]++;
    }
    all.push(counts);
    onProgress?.(i + 1, count);
  }
  return all;
}
