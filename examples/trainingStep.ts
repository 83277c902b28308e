/** A training step of a linear layer, compiled into one submit: parameters are updated where they lie. */
import { compile, gradients, linear, mean, multiply, softmaxCrossEntropy, spec, subtract } from 'outlast/engine';
import { openDevice } from 'outlast/node';

const device = await openDevice();
const step = await compile(
  ({ params: { weight, bias }, x, labels, rate }) => {
    const loss = mean(softmaxCrossEntropy(linear(x, weight, bias), labels));
    const [dWeight, dBias] = gradients(loss, [weight, bias]).map((gradient) => multiply(rate, gradient));
    return { loss, params: { weight: subtract(weight, dWeight), bias: subtract(bias, dBias) } };
  },
  { params: { weight: spec([2, 2]), bias: spec([2]) }, x: spec([4, 2]), labels: spec([4], 'i32'), rate: spec([]) },
  { device, donate: { params: 'params' } },
);
const batch = { x: Float32Array.of(1, 0, 0, 1, 1, 0.5, 0, 2), labels: Int32Array.of(0, 1, 0, 1) };
const rate = Float32Array.of(1);
let { loss, params } = step.run({ params: { weight: new Float32Array(4), bias: new Float32Array(2) }, ...batch, rate });
const losses = [(await loss.read())[0]];
for (let i = 0; i < 2; i++) {
  ({ loss, params } = step.run({ params, ...batch, rate }));
  losses.push((await loss.read())[0]);
}
console.log(JSON.stringify({ losses }));
device.destroy();
