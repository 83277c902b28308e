import shader from '../../../shaders/normalise/standardise.wgsl';
import { ShapeError } from '../../errors.ts';
import { formats, isWide } from '../../graph/dtype.ts';
import { defineOp } from '../../graph/graph.ts';
import type { KernelOp, Node, Op } from '../../graph/op.ts';
import { describe } from '../../graph/shape.ts';
import { foldedGrid } from '../../kernels/grid.ts';
import { laneConstants } from '../../kernels/lanes.ts';
import { add, divide, multiply, negate, offset, sqrt, square, subtract } from '../elementwise/elementwise.ts';
import { mean } from '../reduce/reduce.ts';

type StandardiseAttributes = { readonly epsilon: number };

/**
 * Rows of x […, length] with mean 0 and variance 1: (x - mean) / √(variance + epsilon). The variance is the mean of squares of
 * differences from the mean, biased as PyTorch's in its normalisations.
 * @throws ShapeError
 */
export const standardise = (x: Node, epsilon: number): Node => standardiseOp([x], { epsilon });

const meanOfRow = (x: Node): Node => mean(x, [-1], { keepDims: true });

/** x less its mean, and √(variance + epsilon), by row. */
function moments(x: Node, epsilon: number): { readonly centred: Node; readonly deviation: Node } {
  const centred = subtract(x, meanOfRow(x));
  return { centred, deviation: sqrt(offset(meanOfRow(square(centred)), epsilon)) };
}

const standardiseOp: Op<StandardiseAttributes> = defineOp({
  name: 'standardise',
  infer([x]) {
    if (x.shape.length === 0 || !formats[x.dtype].floating)
      throw new ShapeError(`standardise takes rows of floats, not ${describe(x)}`);
    return { shape: x.shape, dtype: x.dtype };
  },
  derivative: ({ inputs: [x], gradient, attributes }) => [gradientOp([x, gradient], attributes)],
  composite: ([x], { epsilon }) => {
    if (!isWide(x.dtype)) return null;
    const { centred, deviation } = moments(x, epsilon);
    return divide(centred, deviation);
  },
  kernel: rowKernel('standardise', ['x']),
  cost: ({ inputs: [x], output }) => ({ flops: 6 * x.size, bytes: x.bytes + output.bytes }),
});

/** Gradient by x of Σ gradient · standardise(x). */
const gradientOp: Op<StandardiseAttributes> = defineOp({
  name: 'standardiseGradient',
  infer: ([x]) => ({ shape: x.shape, dtype: x.dtype }),
  // With y the standardised row, s its deviation, u the outer gradient and ⟨ ⟩ means of the row: the op is linear in g and symmetric, and
  // n ⟨u op(g)⟩ = n / s · (⟨ug⟩ - ⟨u⟩⟨g⟩ - ⟨uy⟩⟨gy⟩), whose slopes by x come from those of 1 / s, which are -y / (n s²), and of y.
  derivative: ({ inputs: [x, g], gradient: u, attributes }) => {
    const { centred, deviation } = moments(x, attributes.epsilon);
    const y = divide(centred, deviation);
    const [uy, gy] = [u, g].map((each) => meanOfRow(multiply(each, y)));
    const both = subtract(meanOfRow(multiply(u, g)), add(multiply(meanOfRow(u), meanOfRow(g)), multiply(uy, gy)));
    const byDeviation = divide(multiply(y, both), square(deviation));
    const byRow = divide(gradientOp([x, add(multiply(u, gy), multiply(g, uy))], attributes), deviation);
    return [negate(add(byDeviation, byRow)), gradientOp([x, u], attributes)];
  },
  composite: ([x, g], { epsilon }) => {
    if (!isWide(x.dtype)) return null;
    const { centred, deviation } = moments(x, epsilon);
    const y = divide(centred, deviation);
    const rest = subtract(subtract(g, meanOfRow(g)), multiply(y, meanOfRow(multiply(g, y))));
    return divide(rest, deviation);
  },
  kernel: rowKernel('standardise_gradient', ['x', 'gradient']),
  cost: ({ inputs: [x, g], output }) => ({ flops: 12 * x.size, bytes: x.bytes + g.bytes + output.bytes }),
});

/** A workgroup for each row; `variables` are the shader's names of the inputs. */
function rowKernel(entry: string, variables: readonly string[]): KernelOp<StandardiseAttributes>['kernel'] {
  return ({ inputs, output, capabilities, attributes: { epsilon } }) => {
    const length = output.shape[output.shape.length - 1];
    const rows = output.size / length;
    return {
      shader,
      entry,
      constants: laneConstants(capabilities),
      bind: { ...Object.fromEntries(variables.map((variable, i) => [variable, inputs[i]])), output },
      sizes: { rows, length, epsilon },
      grid: foldedGrid(rows),
    };
  };
}
