/** An attack of the lab, in Node: what is attacked is read from standard input as JSON, and so is printed what it came to. */
import { readFileSync } from 'node:fs';
import { createClassifier, noDefence, runNamed } from '../../src/analysis/robustness/index.ts';
import { openDevice } from '../../src/engine/open.node.ts';
import { decodeSafetensors, fromCheckpoint, loadOnnx, upload } from '../../src/models/index.ts';
import type { AttackedInNode } from './attackedInNode.ts';

const { file, shape, image, label, settings }: AttackedInNode = JSON.parse(readFileSync(0, 'utf8'));
const device = await openDevice();
const bytes = readFileSync(file);
const { model, weights } = file.endsWith('.onnx')
  ? loadOnnx(bytes, { file })
  : fromCheckpoint(decodeSafetensors(bytes, file), file);
const classifier = createClassifier(device, model, upload(device, model, weights), { shape, defence: noDefence });
const images = Float32Array.from(image);
const before = await classifier.logits(images);
// As in the lab: of an image without a label, whatever the network answers counts as true.
const labels = Int32Array.of(label ?? before.indexOf(Math.max(...before)));
const { records, images: adversarial } = await runNamed(
  'pgd',
  classifier,
  { images, labels },
  { ...settings, seed: 0 },
);
const logits = await classifier.logits(adversarial);
process.stdout.write(
  JSON.stringify({ adapter: device.adapter, record: records[0], image: [...adversarial], logits: [...logits] }),
);
device.destroy();
