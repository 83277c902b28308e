import { statSync } from 'node:fs';
import { compile, type Device, elements, spec } from '../../src/engine/index.ts';
import { loadOnnx, release, upload, WEIGHTS } from '../../src/models/index.ts';
import { readOnnxFile } from '../../src/models/onnx/file.node.ts';
import { memoryOf } from '../peers/memory.mjs';
import { fill } from '../peers/network.mjs';
import type { Prepared, Workload } from '../workload.ts';

/** The classifier of an ONNX file on one image, with its upload and the reading of its answer, as the other systems' interfaces have it. */
export const fileWorkload = (path: string): Workload => ({
  name: path,
  description: 'one image, its upload and the reading of the answer included',
  metric: 'images/s',
  fileBytes: statSync(path).size,
  prepare: (device) => prepareFile(device, path),
});

async function prepareFile(device: Device, path: string): Promise<Prepared> {
  const idleBytes = memoryOf('VmRSS');
  const { bytes, ...source } = await readOnnxFile(path);
  const { model, weights: host, images, probabilities } = loadOnnx(bytes, source);
  const weights = upload(device, model, host);
  const specs = { parameters: model.parameters, state: model.state, x: spec([1, ...images]) };
  const executable = await compile(
    ({ parameters, state, x }) => ({ logits: model.forward(parameters, state, x, { training: false }).logits }),
    specs,
    { device, name: path, constants: WEIGHTS },
  );
  const x = fill(1000, elements(images)).map((value) => (value + 1) / 2);
  let answer: ArrayLike<number> = [];
  return {
    amount: 1,
    flops: executable.plan.flops,
    idleBytes,
    run: async () => {
      answer = await executable.run({ ...weights, x }).logits.read();
    },
    // The file's own number, with the softmax or sigmoid that is left out.
    read: async () => {
      const exponentials = Array.from(answer, Math.exp);
      if (probabilities === 'softmax') return exponentials[0] / exponentials.reduce((sum, each) => sum + each, 0);
      return probabilities === 'sigmoid' ? exponentials[0] / (1 + exponentials[0]) : answer[0];
    },
    free: () => {
      executable.free();
      release(weights);
    },
  };
}
