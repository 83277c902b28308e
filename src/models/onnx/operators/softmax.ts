import { elements, logSoftmax, type Node, reshape, softmax, transpose } from '../../../engine/index.ts';
import { axisOf } from '../graph/axes.ts';
import { defineOperator, type Operator } from './defineOperator.ts';

/** Before opset 13, softmax is over all axes from the one named on. */
const overAxis = (name: string, compute: (x: Node) => Node): Operator =>
  defineOperator({
    name,
    since: [6, 13],
    lower: (call) => {
      const x = call.node(0);
      const rank = x.shape.length;
      const axis = axisOf(call, call.int('axis', call.opset < 13 ? 1 : -1), rank);
      if (call.opset < 13) {
        const rows = elements(x.shape.slice(0, axis));
        return call.output(reshape(compute(reshape(x, [rows, x.size / rows])), x.shape));
      }
      if (axis === rank - 1) return call.output(compute(x));
      const swapped = x.shape.map((_, i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i));
      return call.output(transpose(compute(transpose(x, swapped)), swapped));
    },
  });

export const softmaxes: readonly Operator[] = [overAxis('Softmax', softmax), overAxis('LogSoftmax', logSoftmax)];
