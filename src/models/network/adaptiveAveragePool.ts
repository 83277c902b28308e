import { hostArray, literal, matmul, type Node, reshape, transpose } from '../../engine/index.ts';
import type { Layer } from './layers.ts';

/**
 * Mean over windows that cover the plane: [N, C, H, W] → [N, C, side, side], as PyTorch's `AdaptiveAvgPool2d`. Window i begins at
 * ⌊i · length / side⌋ and ends before ⌈(i + 1) · length / side⌉.
 */
export const adaptiveAveragePool = (side: number): Layer => ({
  parameters: {},
  state: {},
  forward: (x, { storing }) => {
    const [count, channels, height, width] = x.shape;
    if (height === side && width === side) return { output: x, observed: {} };
    const rows = meansOfRows(reshape(x, [count * channels * height, width]), side);
    const turned = transpose(reshape(rows, [count * channels, height, side]), [0, 2, 1]);
    const columns = meansOfRows(reshape(turned, [count * channels * side, height]), side);
    const output = transpose(reshape(columns, [count, channels, side, side]), [0, 1, 3, 2]);
    return { output: storing.activation(output), observed: {} };
  },
});

/** [rows, length] → [rows, side]: means of windows of each row, as a product with a matrix of their weights. */
function meansOfRows(x: Node, side: number): Node {
  const length = x.shape[1];
  const weights = hostArray(x.dtype, side * length);
  for (let i = 0; i < side; i++) {
    const [start, end] = [Math.floor((i * length) / side), Math.ceil(((i + 1) * length) / side)];
    for (let at = start; at < end; at++) weights[i * length + at] = 1 / (end - start);
  }
  return matmul(x, literal(weights, [side, length], x.dtype), { transposeB: true });
}
