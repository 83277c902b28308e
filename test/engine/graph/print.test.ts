import { expect, it } from 'vitest';
import { spec, trace } from '../../../src/engine/graph/graph.ts';
import { print } from '../../../src/engine/graph/print.ts';
import { add, multiply, relu, scale } from '../../../src/engine/ops/elementwise/elementwise.ts';
import { sum } from '../../../src/engine/ops/reduce/sum.ts';
import { reshape } from '../../../src/engine/ops/shape/shape.ts';
import { fuse } from '../../../src/engine/passes/fuse.ts';

const graph = trace(
  ({ x, gain }) => {
    const y = relu(add(multiply(x, reshape(gain, [3, 1])), scale(x, 0.5)));
    return { y, total: sum(y) };
  },
  { x: spec([2, 3, 4]), gain: spec([3]) },
  'layer',
);

it('prints a graph, a node a line', () => {
  expect(print(graph)).toBe(
    [
      'layer(x: f32[2, 3, 4], gain: f32[3]) {',
      '  %0 = input() {"name":"x"} : f32[2, 3, 4]',
      '  %1 = input() {"name":"gain"} : f32[3]',
      '  %2 = reshape(%1) {"shape":[1,3,1]} : f32[1, 3, 1]',
      '  %3 = expand(%2) {"shape":[2,3,4]} : f32[2, 3, 4]',
      '  %4 = multiply(%0, %3) : f32[2, 3, 4]',
      '  %5 = scale(%0) {"factor":0.5} : f32[2, 3, 4]',
      '  %6 = add(%4, %5) : f32[2, 3, 4]',
      '  %7 = relu(%6) : f32[2, 3, 4]',
      '  %8 = sum(%7) {"axes":[0,1,2]} : f32[]',
      '  return y: %7, total: %8',
      '}',
    ].join('\n'),
  );
});

it('prints fused nodes as what they compute', () => {
  const { y, total } = graph.outputs;
  const [fusedY, fusedTotal] = fuse([y, total]);
  expect(print({ ...graph, outputs: { y: fusedY, total: fusedTotal } })).toBe(
    [
      'layer(x: f32[2, 3, 4], gain: f32[3]) {',
      '  %0 = input() {"name":"x"} : f32[2, 3, 4]',
      '  %1 = input() {"name":"gain"} : f32[3]',
      '  %2 = relu(add(multiply(%0, %1), scale(%0, 0.5))) : f32[2, 3, 4]',
      '  %3 = sum(%2) {"axes":[0,1,2]} : f32[]',
      '  return y: %2, total: %3',
      '}',
    ].join('\n'),
  );
});
