import {
  type Defence,
  featureSqueezing,
  gaussianNoise,
  highConfidence,
  jpegCompression,
  noDefence,
  randomisedSmoothing,
  spatialSmoothing,
  totalVarianceMinimisation,
} from '../../analysis/robustness/index.ts';
import { InputError } from '../../base/errors.ts';

/** How a defence is given on the command line: what must follow its name, what may, and the defence. */
interface Form {
  readonly required: readonly string[];
  readonly optional?: readonly string[];
  make(...values: number[]): Defence;
}

const FORMS: Readonly<Record<string, Form>> = {
  'feature-squeezing': { required: ['BITS'], make: (bitDepth) => featureSqueezing({ bitDepth }) },
  'spatial-smoothing': { required: ['WINDOW'], make: (windowSize) => spatialSmoothing({ windowSize }) },
  'jpeg-compression': { required: ['QUALITY'], make: (quality) => jpegCompression({ quality }) },
  'total-variance-minimisation': {
    required: ['PROB'],
    optional: ['LAMB'],
    make: (prob, lamb = 0.03) => totalVarianceMinimisation({ prob, lamb, norm: 2, maxIter: 30 }),
  },
  'high-confidence': { required: ['CUTOFF'], make: (cutoff) => highConfidence({ cutoff }) },
  'gaussian-noise': { required: ['SCALE'], make: (scale) => gaussianNoise({ scale }) },
  'randomised-smoothing': {
    required: ['SIGMA'],
    optional: ['COPIES'],
    make: (sigma, copies = 10) => randomisedSmoothing({ sigma, copies }),
  },
};

/** Defences that change the training: there is nothing to put before or behind a model. */
const OF_TRAINING: Readonly<Record<string, string>> = {
  'label-smoothing': 'trained with it (outlast train --label-smoothing SHARE)',
  'gaussian-augmentation': 'trained with it (in a study)',
  'adversarial-training': 'trained with it (outlast train --adversarial)',
};

const written = Object.entries(FORMS).map(([name, { required, optional = [] }]) =>
  [name, ...required.map((each) => `:${each}`), ...optional.map((each) => `[:${each}]`)].join(''),
);

/** All that `--defence` takes, as text. */
export const DEFENCE_FORMS = `none, ${written.slice(0, -1).join(', ')} or ${written.at(-1)}`;

/**
 * A defence, and the numbers that were given with its name: `jpeg-compression:75`.
 * @throws InputError when there is no such defence, or a number is missing or out of range
 */
export function defenceNamed(text: string | undefined): {
  readonly defence: Defence;
  readonly values: readonly number[];
} {
  if (text === undefined || text === 'none') return { defence: noDefence, values: [] };
  const [name, ...given] = text.split(':');
  if (Object.hasOwn(OF_TRAINING, name))
    throw new InputError(`attack: ${name} acts on the training: attack a model that was ${OF_TRAINING[name]}`);
  const form = Object.hasOwn(FORMS, name) ? FORMS[name] : undefined;
  const most = form === undefined ? 0 : form.required.length + (form.optional?.length ?? 0);
  if (form === undefined || given.length < form.required.length || given.length > most || given.includes(''))
    throw new InputError(`attack: the defence is ${text}; it must be ${DEFENCE_FORMS}`);
  const values = given.map(Number);
  return { defence: form.make(...values), values };
}
