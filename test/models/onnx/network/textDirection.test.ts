import { readFileSync } from 'node:fs';
import { decode } from 'fast-png';
import { beforeAll, expect, test } from 'vitest';
import { pgd } from '../../../../src/analysis/robustness/attacks/gradient/pgd.ts';
import { hopSkipJump } from '../../../../src/analysis/robustness/attacks/query/hopSkipJump.ts';
import type { Samples } from '../../../../src/analysis/robustness/attacks/run/batch.ts';
import { type Classifier, createClassifier } from '../../../../src/analysis/robustness/classifier/classifier.ts';
import { noDefence } from '../../../../src/analysis/robustness/defences/none.ts';
import { elements } from '../../../../src/engine/index.ts';
import { upload } from '../../../../src/models/network/weights.ts';
import { loadOnnx } from '../../../../src/models/onnx/network/loadOnnx.ts';
import { useDevice } from '../../../support/checkOp.ts';

/**
 * A network with trained weights that a package carries, and what ART 1.20.1 and Foolbox 3.3.4 do to it through PyTorch 2.15.0 and ONNX
 * Runtime 1.32.0: test/fixtures/onnx/textDirection/textDirection.py.
 */

interface Expected {
  /** Classes of all images by ONNX Runtime, and logits by PyTorch in float64. */
  readonly classes: string;
  readonly logits: readonly (readonly number[])[];
  /** By library and strength in 255ths: a digit for each image, 1 where PGD broke it. */
  readonly pgd: Readonly<Record<'art' | 'foolbox', Readonly<Record<string, string>>>>;
  readonly hopSkipJump: Readonly<
    Record<
      'brief' | 'short' | 'long',
      { readonly settings: Readonly<Record<string, number>>; readonly distances: readonly number[] }
    >
  >;
}

const folder = 'test/fixtures/onnx/textDirection';
const expected: Expected = JSON.parse(readFileSync(`${folder}/expected.json`, 'utf8'));
const SHAPE = [3, 48, 192] as const;
const PIXELS = elements(SHAPE);
const PLANE = PIXELS / 3;
const COUNT = expected.classes.length;

const device = useDevice();
let classifier: Classifier;
let all: Samples;

beforeAll(async () => {
  const half = [0.5, 0.5, 0.5];
  const { model, weights, probabilities } = loadOnnx(
    new Uint8Array(readFileSync(`${folder}/ch_ppocr_mobile_v2.0_cls_infer.onnx`)),
    { images: [...SHAPE], channels: 'bgr', normalise: { mean: half, standardDeviation: half } },
  );
  expect(probabilities).toBe('softmax');
  const shape = [...SHAPE] as const;
  classifier = await createClassifier(device(), model, upload(device(), model, weights), { shape, defence: noDefence });
  // All images one below the other.
  const { data } = decode(readFileSync(`${folder}/images.png`));
  const images = Float32Array.from({ length: COUNT * PIXELS }, (_, i) => {
    const [image, channel, at] = [Math.floor(i / PIXELS), Math.floor(i / PLANE) % 3, i % PLANE];
    return data[(image * PLANE + at) * 3 + channel] / 255;
  });
  all = { images, labels: Int32Array.from(expected.classes, Number) };
});

const first = (count: number): Samples => ({
  images: all.images.slice(0, count * PIXELS),
  labels: all.labels.slice(0, count),
});

test('classes are those of ONNX Runtime for the file as it is, logits those of PyTorch', async () => {
  const logits = await classifier.logits(first(20).images);
  const largest = Math.max(...expected.logits.flat().map(Math.abs));
  expected.logits
    .slice(0, 20)
    .flat()
    .forEach((value, i) => {
      // Some hundred roundings of 6e-8.
      expect(Math.abs(logits[i] - value) / largest).toBeLessThan(1e-4);
    });
});

test('PGD breaks the images that it breaks by ART and by Foolbox', async () => {
  const count = 20;
  const strength = '1';
  const eps = Number(strength) / 255;
  const options = { norm: 'inf', eps, epsStep: eps / 4, maxIter: 10, numRandomInit: 0, seed: 0 } as const;
  const { cleanAccuracy, records } = await pgd.run(classifier, first(count), options);
  expect(cleanAccuracy).toBe(1);
  const broken = records.map(({ success }) => Number(success)).join('');
  // Without random numbers: of all 60 images none differs at any of the four strengths.
  expect({ strength, broken }).toEqual({ strength, broken: expected.pgd.art[strength].slice(0, count) });
  expect(expected.pgd.foolbox[strength]).toBe(expected.pgd.art[strength]);
});

test('HopSkipJump ends as near as ART’s', async () => {
  const count = 6;
  const { settings, distances } = expected.hopSkipJump.brief;
  const { max_iter: maxIter, init_eval: initEval, max_eval: maxEval, init_size: initSize } = settings;
  const options = { norm: '2', maxIter, initEval, maxEval, initSize, seed: 1 } as const;
  const { records } = await hopSkipJump.run(classifier, first(count), options);
  expect(records.every(({ success }) => success)).toBe(true);
  const ratios = records.map((record, i) => Math.log(record.distances.l2 / distances[i]));
  const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / count;
  // Both are random: on 20 images the logarithm of the ratio has a deviation of 0.43. Four standard errors of the mean.
  expect(Math.abs(mean)).toBeLessThan((4 * 0.43) / Math.sqrt(count));
});
