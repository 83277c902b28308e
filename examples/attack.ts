/** Attacks a model with projected gradient descent and says what that cost: `attack [TRAINING IMAGES]`. */
import { release, resnet, splitDataset, toFloat, train } from 'outlast/models';
import { loadDataset, openDevice } from 'outlast/node';
import { createClassifier, noDefence, pgd } from 'outlast/robustness';

const images = Number(process.argv[2] ?? 2000);
const mnist = await loadDataset({ name: 'mnist' });
const { test, ...dataset } = splitDataset(mnist, { split: 'standard', train: images, test: 20 }, 0);
const device = await openDevice();
const model = resnet({ depth: 18, width: 8, stem: 'cifar', inChannels: 1, classes: 10 });
const training = { epochs: 1, batchSize: 32, learningRate: 0.1, seed: 0 };
const { weights } = await train(device, model, { ...dataset, test }, training);
const classifier = createClassifier(device, model, weights, { shape: [1, 28, 28], defence: noDefence });
const places = Array.from({ length: test.count }, (_, i) => i);
const samples = { images: toFloat(test, places), labels: Int32Array.from(test.labels) };
const { cleanAccuracy, robustAccuracy, records } = await pgd.run(classifier, samples, {
  ...{ norm: 'inf', eps: 0.1, epsStep: 0.02, maxIter: 10, numRandomInit: 1, seed: 0 },
});
const broken = records.filter(({ success }) => success);
const flops = broken.map(({ cost }) => cost.flops);
console.log(JSON.stringify({ cleanAccuracy, robustAccuracy, broken: broken.length, flops }));
classifier.free();
release(weights);
device.destroy();
