import { describe, expect, test } from 'vitest';
import { ATTACK_NAMES, runNamed } from '../../../../src/analysis/robustness/attacks/catalogue.ts';
import { openQuestions } from '../../../../src/analysis/robustness/attacks/run/questions.ts';
import { checkLogits, NonFiniteLogitsError } from '../../../../src/analysis/robustness/classifier/finiteLogits.ts';
import { useDevice } from '../../../support/checkOp.ts';
import { planeClassifier } from '../../../support/linearClassifier.ts';

const device = useDevice();
const samples = {
  images: Float32Array.of(0.5, 0.5, 0.5, 0.5, 0.25, 0.75, 0.5, 0.25),
  labels: Int32Array.of(1, 0),
};
/** Each weight is finite, and so are the logits of an image of one bright pixel; those of a white image are not. */
const STEEP = [4e38, 4e38, 4e38, 4e38];

test('the message says how many images, the first value and its class', () => {
  expect(() => checkLogits(Float32Array.of(1, 2, 3, 4), 2, 'm')).not.toThrow();
  expect(() => checkLogits(Float32Array.of(1, 2, 3, Number.NaN, Number.POSITIVE_INFINITY, 0), 2, 'm')).toThrow(
    new NonFiniteLogitsError(
      'm: the logits of 2 of 3 images are not finite (NaN for class 1): its weights or its number format overflow, and no attack on it can tell anything',
    ),
  );
});

test.each(ATTACK_NAMES)('%s stops at a model that tells NaN', async (name) => {
  const classifier = planeClassifier(device(), { slope: [Number.NaN, 0, 0, 0] });
  await expect(runNamed(name, classifier, samples, { seed: 1 })).rejects.toThrow(NonFiniteLogitsError);
  classifier.free();
});

test('logits that overflow on the way stop an attack that asks on the host', async () => {
  const classifier = planeClassifier(device(), { slope: STEEP });
  const images = Float32Array.of(1, 0, 0, 0, 1, 1, 1, 1);
  expect((await classifier.logits(images.subarray(0, 4))).every(Number.isFinite)).toBe(true);
  const asked = { images, rows: [0, 1] };
  await expect(openQuestions(classifier, 2).logits(asked)).rejects.toThrow(
    /the logits of 1 of 2 images are not finite/,
  );
  const labels = Int32Array.of(0, 1);
  await expect(openQuestions(classifier, 2).gradients({ ...asked, loss: 'cross-entropy', labels })).rejects.toThrow(
    NonFiniteLogitsError,
  );
  classifier.free();
});

describe('one class for all images', () => {
  const told = async (bias: number, labels: readonly number[]) => {
    const classifier = planeClassifier(device(), { bias });
    const given = { images: samples.images, labels: Int32Array.from(labels) };
    const { warnings } = await runNamed('fgm', classifier, given, { seed: 1, eps: 0.01 });
    classifier.free();
    return warnings.filter((line) => line.startsWith('the model puts all'));
  };

  test('is said', async () => {
    // Whatever the pixels, the margin is at least 100 - 1.
    expect(await told(100, [0, 1])).toEqual([
      'the model puts all 2 images, of 2 classes, into class 1: it has learned nothing, or was trained on other images',
    ]);
  });

  test('is as it should be where all images are of one class, and not said where there are two', async () => {
    expect(await told(100, [1, 1])).toEqual([]);
    // Margins 2.75 and 1 before the bias.
    expect(await told(-1.75, [0, 1])).toEqual([]);
  });
});
