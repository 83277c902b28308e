/** Attacks on a ResNet-18 of width 16 with the 3×3 stem, 100 images of 3×32×32 at once. */

import {
  type Classifier,
  compileStep,
  createClassifier,
  ddn,
  hopSkipJump,
  type KernelTime,
  noDefence,
  norms,
  pgd,
} from '../src/analysis/robustness/index.ts';
import { type Device, spec } from '../src/engine/index.ts';
import { type ImageShape, release, upload } from '../src/models/index.ts';
import { summarise } from './measure.ts';
import { modelOf, sharedWeights } from './networks.ts';
import { attackBias, DDN, meanMargin, networkOf, PGD, pixels } from './peers/network.mjs';
import type { Row } from './result.ts';
import type { Workload } from './workload.ts';

/** The network of a workload, with images and with labels that it gives them. */
interface Target {
  readonly classifier: Classifier;
  readonly images: Float32Array;
  readonly labels: Int32Array;
  free(): void;
}

/** The last layer's bias gives every class its share of the images; with `ahead`, class 0 all of them, and by far. */
async function openTarget(device: Device, workload: string, ahead: boolean): Promise<Target> {
  const network = networkOf(workload);
  const model = modelOf(network);
  const initial = sharedWeights(network, model);
  const images = pixels(network);
  const shape: ImageShape = [network.channels, network.side, network.side];
  const open = (parameters: typeof initial.parameters) => {
    const weights = upload(device, model, { ...initial, parameters });
    const classifier = createClassifier(device, model, weights, { shape, defence: noDefence });
    const free = () => {
      classifier.free();
      release(weights);
    };
    return { classifier, free };
  };
  const unbiased = open(initial.parameters);
  const bias = attackBias(await unbiased.classifier.logits(images), ahead);
  unbiased.free();
  const biased = open({ ...initial.parameters, 'fc.bias': bias });
  return { ...biased, images, labels: await biased.classifier.predict(images) };
}

/** What is attacked by one workload, and how; `attack` gives the number that is compared with that of other systems. */
function attackWorkload(
  name: string,
  description: string,
  ahead: boolean,
  attack: (target: Target, isFirst: boolean) => Promise<number>,
): Workload {
  return {
    name,
    description,
    metric: 'images/s',
    prepare: async (device) => {
      const target = await openTarget(device, name, ahead);
      const { classifier, labels, free } = target;
      const before = classifier.asked();
      const value = await attack(target, true);
      const flops = classifier.asked().flops - before.flops;
      return {
        amount: labels.length,
        flops,
        run: async () => {
          await attack(target, false);
        },
        read: async () => value,
        free,
      };
    },
  };
}

const pgdWorkload = attackWorkload(
  'A1',
  `PGD-${PGD.steps} in L-inf without a random start, ResNet-18 of width 16 with the 3x3 stem, 100 images of 3x32x32`,
  true,
  async ({ classifier, images, labels }, isFirst) => {
    const outcome = await pgd.run(
      classifier,
      { images, labels },
      { norm: 'inf', eps: PGD.eps, epsStep: PGD.epsStep, maxIter: PGD.steps, numRandomInit: 0, seed: 0 },
    );
    if (outcome.robustAccuracy < 1)
      throw new Error('A1: an image was broken, so outlast did less work than the others');
    return isFirst ? meanMargin(await classifier.logits(outcome.images)) : 0;
  },
);

const hopSkipJumpWorkload = attackWorkload(
  'A2',
  'HopSkipJump in L2, one iteration of 100 evaluations, the same network and as many images, at once',
  false,
  async ({ classifier, images, labels }) => {
    const options = { norm: '2', maxIter: 1, initEval: 100, maxEval: 10_000, initSize: 100, seed: 0 } as const;
    const { records } = await hopSkipJump.run(classifier, { images, labels }, options);
    return records.filter(({ success }) => success).length;
  },
);

const ddnWorkload = attackWorkload(
  'A3',
  `DDN-${DDN.steps} in L2 from a change of norm ${DDN.initEpsilon}, the same network and as many images, at once`,
  false,
  async ({ classifier, images, labels }) => {
    const { initEpsilon, gamma, steps } = DDN;
    const settings = { maxIter: steps, initEpsilon, gamma, quantise: false, seed: 0 };
    const { records } = await ddn.run(classifier, { images, labels }, settings);
    const found = records.map(({ success, distances }) => (success ? distances.l2 : 0));
    return found.reduce((sum, each) => sum + each, 0) / records.length;
  },
);

export const attackWorkloads: readonly Workload[] = [pgdWorkload, hopSkipJumpWorkload, ddnWorkload];

/**
 * Device milliseconds of the kernels that some have and others have not: of each label as many as there are more, at their mean time.
 */
export function timeBeyond(whole: readonly KernelTime[], part: readonly KernelTime[]): number {
  const inPart = new Map<string, number>();
  for (const { label } of part) inPart.set(label, (inPart.get(label) ?? 0) + 1);
  const inWhole = new Map<string, number[]>();
  for (const { label, milliseconds } of whole) inWhole.set(label, [...(inWhole.get(label) ?? []), milliseconds]);
  let beyond = 0;
  for (const [label, times] of inWhole) {
    const more = Math.max(0, times.length - (inPart.get(label) ?? 0));
    beyond += (more / times.length) * times.reduce((sum, each) => sum + each, 0);
  }
  return beyond;
}

/**
 * What a step of PGD takes on the device, and how much of it is not the forward and backward pass: the kernels of the step that a
 * graph of the two passes alone does not have.
 */
export async function benchPgdStep(device: Device, rounds: number): Promise<{ rows: Row[]; share: number }> {
  const { classifier, images, labels, free } = await openTarget(device, 'A1', true);
  try {
    const count = labels.length;
    const step = await compileStep(classifier, norms.inf, count, false, false);
    const specs = { x: spec([count, ...classifier.shape]), labels: spec([count], 'i32') };
    const passes = await classifier.compile(
      'forward and backward pass',
      specs,
      ({ x, labels: trueLabels }, oracle) => ({
        logits: oracle.logits(x),
        gradient: oracle.lossGradient(x, trueLabels),
      }),
    );
    const stepFeeds = {
      original: images,
      x: images,
      gradient: new Float32Array(images.length).fill(1),
      labels,
      active: new Uint32Array(count).fill(1),
      eps: new Float32Array(count).fill(PGD.eps),
      stepSize: new Float32Array(count).fill(PGD.epsStep),
    };
    const passFeeds = { x: images, labels };
    await step.warmUp(() => stepFeeds);
    await passes.warmUp(() => passFeeds);
    const whole: number[] = [];
    const beyond: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const ofStep = await step.time(stepFeeds);
      const ofPasses = await passes.time(passFeeds);
      whole.push(ofStep.reduce((sum, { milliseconds }) => sum + milliseconds, 0));
      beyond.push(timeBeyond(ofStep, ofPasses));
    }
    const row = (what: string, values: readonly number[]): Row => ({
      workload: `A1 ${what}`,
      system: 'outlast',
      metric: 'ms',
      ...summarise(values),
      roofline: null,
    });
    const share = summarise(whole.map((all, i) => beyond[i] / all)).median;
    return { rows: [row('step, on the device', whole), row('step, outside the passes', beyond)], share };
  } finally {
    free();
  }
}
