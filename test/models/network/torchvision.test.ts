import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { spec } from '../../../src/engine/graph/graph.ts';
import { elements } from '../../../src/engine/graph/shape.ts';
import { compile } from '../../../src/engine/run/compile.ts';
import { readCheckpoint } from '../../../src/models/checkpoint/file.node.ts';
import { fromCheckpoint } from '../../../src/models/network/savedModel.ts';
import { upload } from '../../../src/models/network/weights.ts';
import { useDevice } from '../../support/checkOp.ts';

interface Fixture {
  readonly width: number;
  readonly classes: number;
  readonly shape: readonly number[];
  readonly logits: readonly (readonly number[])[];
}

const folder = 'test/fixtures/torchvision';
const fixture: Fixture = JSON.parse(readFileSync(`${folder}/resnet50.json`, 'utf8'));
const device = useDevice();

/** As in resnet50.py. */
const pixels = (count: number) =>
  Float32Array.from({ length: count }, (_, i) => ((((i * i) % 65536) * 7 + i * 13) % 256) / 255);

test('a ResNet-50 that PyTorch saved gives the logits of PyTorch in float64', async () => {
  const file = `${folder}/resnet50.safetensors`;
  const { options, model, weights } = fromCheckpoint(await readCheckpoint(file), file);
  expect(options).toEqual({
    family: 'resnet',
    depth: 50,
    width: fixture.width,
    stem: 'imagenet',
    inChannels: 3,
    classes: fixture.classes,
  });
  const executable = await compile(
    ({ parameters, state, x }) => ({ logits: model.forward(parameters, state, x, { training: false }).logits }),
    { parameters: model.parameters, state: model.state, x: spec(fixture.shape) },
    { device: device() },
  );
  const feeds = { ...upload(device(), model, weights), x: pixels(elements(fixture.shape)) };
  const logits = await executable.run(feeds).logits.read();
  const expected = fixture.logits.flat();
  const largest = Math.max(...expected.map(Math.abs));
  const worst = Math.max(...expected.map((value, i) => Math.abs(logits[i] - value))) / largest;
  // PyTorch's own float32 is 3.1e-7 of the largest logit off: 53 convolutions and as many normalisations, 6e-8 each.
  expect(worst).toBeLessThan(1e-6);
});
