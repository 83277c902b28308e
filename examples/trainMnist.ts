/** Trains a narrow ResNet-18 on some images of MNIST, and tests it: `trainMnist [IMAGES]`. */
import { evaluate, release, resnet, splitDataset, train } from 'outlast/models';
import { loadDataset, openDevice } from 'outlast/node';

const images = Number(process.argv[2] ?? 2000);
const mnist = await loadDataset({ name: 'mnist' });
const dataset = splitDataset(mnist, { split: 'standard', train: images, test: 500 }, 0);
const device = await openDevice();
const model = resnet({ depth: 18, width: 8, stem: 'cifar', inChannels: 1, classes: 10 });
const { weights, epochs, seconds } = await train(device, model, dataset, {
  ...{ epochs: 1, batchSize: 32, learningRate: 0.1, seed: 0 },
  onProgress: ({ step, steps, loss }) => process.stderr.write(`${step}/${steps} loss ${loss.toFixed(3)}\n`),
});
const { accuracy } = await evaluate(device, model, weights, dataset.test, [1, 28, 28]);
console.log(JSON.stringify({ images, accuracy, loss: epochs[0].loss, seconds }));
release(weights);
device.destroy();
