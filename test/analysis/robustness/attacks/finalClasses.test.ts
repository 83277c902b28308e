/** The classes of final images are asked for only where the attack does not know them, and are those that the model would tell. */
import { expect, test } from 'vitest';
import {
  type AttackName,
  type AttackSettings,
  runNamed,
} from '../../../../src/analysis/robustness/attacks/catalogue.ts';
import type { Samples } from '../../../../src/analysis/robustness/attacks/run/batch.ts';
import type { Classifier } from '../../../../src/analysis/robustness/classifier/classifier.ts';
import { readReference, useNetworks } from '../../../support/attackReference.ts';
import { useDevice } from '../../../support/checkOp.ts';

const openNetwork = useNetworks(useDevice());

/** The classifier, and how often it was asked for classes beside the attack's own questions. */
function listened(classifier: Classifier) {
  let asked = 0;
  const predict: Classifier['predict'] = (images) => {
    asked++;
    return classifier.predict(images);
  };
  return { classifier: { ...classifier, predict }, asked: () => asked };
}

/** Those of some samples that a strength of eps left unbroken, so that many lie near a border. */
function holding({ images, labels }: Samples, broken: readonly boolean[]): Samples {
  const pixels = images.length / labels.length;
  const left = [...labels.keys()].filter((i) => !broken[i]);
  return {
    images: Float32Array.from(left.flatMap((i) => [...images.subarray(i * pixels, (i + 1) * pixels)])),
    labels: Int32Array.from(left, (i) => labels[i]),
  };
}

test.each<[AttackName, AttackSettings]>([
  ['fgm', { eps: 0.1 }],
  ['pgd', { eps: 0.1, epsStep: 0.02, maxIter: 5, numRandomInit: 0 }],
  ['mifgsm', { eps: 0.1, epsStep: 0.02, maxIter: 5 }],
])('%s that breaks none: one question before it, none after', async (name, settings) => {
  const network = await openNetwork('convolutional');
  const { samples } = await readReference('convolutional');
  const attack = (classifier: Classifier, on: Samples) => runNamed(name, classifier, on, { ...settings, seed: 1 });
  const { records } = await attack(network, samples);
  const broken = records.map(({ success }) => success);
  expect(broken).toContain(true);
  const left = holding(samples, broken);
  const { classifier, asked } = listened(network);
  const again = await attack(classifier, left);
  expect(again.records.some(({ success }) => success)).toBe(false);
  expect(asked()).toBe(1);
  expect(again.images).not.toEqual(left.images);
  expect(again.records.map(({ predictedAfter }) => predictedAfter)).toEqual([...(await network.predict(again.images))]);
});

test('images that stayed what they were are not asked about again; the images of other attacks are', async () => {
  const network = await openNetwork('convolutional');
  const { samples } = await readReference('convolutional');
  const { classifier, asked } = listened(network);
  // A query does not pay for the first step of PGD, which looks at its start and at where it leads.
  await runNamed('pgd', classifier, samples, { eps: 0.1, maxIter: 3, maxQueries: 1, seed: 1 });
  expect(asked()).toBe(1);
  // Square keeps the best of what it tried by its logits.
  const { records } = await runNamed('square', classifier, samples, { eps: 1e-4, maxIter: 1, seed: 1 });
  expect(records.some(({ success }) => success)).toBe(false);
  expect(asked()).toBe(3);
});
