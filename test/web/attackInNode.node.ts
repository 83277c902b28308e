/** The attack that the lab begins with, on the first test image of MNIST, in Node: prints what it came to as JSON. */
import { pgd } from '../../src/analysis/robustness/attacks/gradient/pgd.ts';
import { createClassifier } from '../../src/analysis/robustness/classifier/classifier.ts';
import { noDefence } from '../../src/analysis/robustness/defences/none.ts';
import { readBytes } from '../../src/base/files.node.ts';
import { openDevice } from '../../src/engine/open.node.ts';
import { decodeSafetensors } from '../../src/models/checkpoint/safetensors.ts';
import { toFloat } from '../../src/models/data/dataset.ts';
import { loadDataset } from '../../src/models/data/load.node.ts';
import { fromCheckpoint } from '../../src/models/network/savedModel.ts';
import { upload } from '../../src/models/network/weights.ts';

const device = await openDevice();
const file = 'src/web/models/mnist-cnn.safetensors';
const { model, weights } = fromCheckpoint(decodeSafetensors(await readBytes(file), file), file);
const { test } = await loadDataset({ name: 'mnist' });
const classifier = createClassifier(device, model, upload(device, model, weights), {
  shape: [1, 28, 28],
  defence: noDefence,
});
const samples = { images: toFloat(test, [0]), labels: Int32Array.from(test.labels.subarray(0, 1)) };
const { records, images } = await pgd.run(classifier, samples, { norm: 'inf', eps: 0.2, epsStep: 0.03, maxIter: 20 });
const logits = await classifier.logits(images);
process.stdout.write(
  JSON.stringify({ adapter: device.adapter, record: records[0], image: [...images], logits: [...logits] }),
);
device.destroy();
