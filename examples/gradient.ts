/** The gradient of a function, and the gradient of that: f(x) = sum of x³, f' = 3x², and along ones f'' = 6x. */
import { compile, gradients, multiply, type Node, spec, sum } from 'outlast/engine';
import { openDevice } from 'outlast/node';

const cubes = (x: Node) => sum(multiply(x, multiply(x, x)));

const device = await openDevice();
const compiled = await compile(
  ({ x }) => {
    const [first] = gradients(cubes(x), [x]);
    const [second] = gradients(sum(first), [x]);
    return { first, second };
  },
  { x: spec([3]) },
  { device },
);
const { first, second } = compiled.run({ x: new Float32Array([1, 2, 3]) });
console.log(JSON.stringify({ first: [...(await first.read())], second: [...(await second.read())] }));
compiled.free();
device.destroy();
