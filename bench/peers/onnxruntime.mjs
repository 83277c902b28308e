/** ONNX Runtime on its own WebGPU, inference only. Usage: node onnxruntime.mjs FOLDER WORKLOAD */
import { elements, fill, images, networkOf } from './network.mjs';
import { convolutionModel, matmulModel, networkModel } from './onnxModel.mjs';
import { load, versionOf, workload } from './package.mjs';
import { serve } from './serve.mjs';

const ort = load('onnxruntime-node');

function modelAndInput() {
  if (workload === 'W1') return { model: matmulModel(), shape: [1024, 1024] };
  if (workload === 'W2f') return { model: convolutionModel(), shape: [16, 64, 32, 32] };
  const network = networkOf(workload);
  const { batch, channels, side } = network;
  return { model: networkModel(network), shape: [batch, channels, side, side], data: images(network) };
}

const { model, shape, data = fill(1, elements(shape)) } = modelAndInput();
const session = await ort.InferenceSession.create(model, { executionProviders: ['webgpu'] });
const x = new ort.Tensor('float32', data, shape);
await serve(versionOf('onnxruntime-node'), async (times) => {
  let value = Number.NaN;
  // Its interface uploads the input and reads the output of every call.
  for (let i = 0; i < times; i++) value = (await session.run({ x })).y.data[0];
  return value;
});
process.exit();
