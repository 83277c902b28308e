/** A classifier in an ONNX file by ONNX Runtime, one image at a time. Usage: node onnxFile.mjs FOLDER FILE PROVIDER */
import { memoryOf } from './memory.mjs';
import { elements, fill } from './network.mjs';
import { load, versionOf, workload } from './package.mjs';
import { serve } from './serve.mjs';

const ort = load('onnxruntime-node');
const [, , , , provider] = process.argv;
const idleBytes = memoryOf('VmRSS');
const session = await ort.InferenceSession.create(workload, { executionProviders: [provider] });
const [input] = session.inputNames;
const [{ shape: declared }] = session.inputMetadata;
// A batch that is open is a name.
const shape = declared.map((/** @type {number | string} */ length) =>
  typeof length === 'number' && length > 0 ? length : 1,
);
const pixels = fill(1000, elements(shape)).map((value) => (value + 1) / 2);
const [output] = session.outputNames;
await serve(
  versionOf('onnxruntime-node'),
  async (times) => {
    let value = Number.NaN;
    for (let i = 0; i < times; i++) {
      const x = new ort.Tensor('float32', pixels, shape);
      value = (await session.run({ [input]: x }))[output].data[0];
    }
    return value;
  },
  { idleBytes },
);
process.exit();
