/** One sum of products in four number formats: (1 + 2⁻¹²)² − 1, whose exact value is 2⁻¹¹ + 2⁻²⁴. */
import { add, compile, type DType, multiply, negate, spec } from 'outlast/engine';
import { openDevice } from 'outlast/node';

const device = await openDevice();
const results: Record<string, number> = {};
for (const dtype of ['f16', 'f32', 'f32x2', 'f64'] satisfies DType[]) {
  const compiled = await compile(
    ({ x, one }) => ({ y: add(multiply(x, x), negate(one)) }),
    { x: spec([1], dtype), one: spec([1], dtype) },
    { device },
  );
  const Numbers = dtype === 'f16' || dtype === 'f32' ? Float32Array : Float64Array;
  const { y } = compiled.run({ x: Numbers.of(1 + 2 ** -12), one: Numbers.of(1) });
  results[dtype] = (await y.read())[0];
  compiled.free();
}
console.log(JSON.stringify(results));
device.destroy();
