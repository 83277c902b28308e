import type { Attributes, KernelCall, Node, Operand } from '../../graph/op.ts';
import { elements, sameShape, type TensorType } from '../../graph/shape.ts';
import { isWhole } from '../../graph/view.ts';
import { isBatchNormInference } from '../batchNorm/batchNorm.ts';
import { constantsOf } from '../batchNorm/operands.ts';
import { fusedParts } from '../elementwise/fused.ts';

/**
 * What convolutions' kernels do to their result before they store it: a batch norm with constants, or what loaded networks have instead,
 * the bias of each channel, with a residual and a bounded activation.
 */

/** A bias, with what may follow it: where the operands are among the op's inputs, of which 0 is the convolution's result. */
interface Biased {
  readonly bias: number;
  /** null: there is none. */
  readonly residual: number | null;
  readonly relu: boolean;
  readonly low: number;
  readonly high: number;
}

/** Whether a view gives every element of a channel the same number of [C], those of each channel its own. */
const isOfChannels = (strides: readonly number[], shape: readonly number[]): boolean =>
  strides.length === 4 && strides.every((stride, axis) => shape[axis] === 1 || stride === (axis === 1 ? 1 : 0));

/** relu or clamp as ReLU and bounds, whose infinities bound nothing; null: another operation. */
function activationOf(op: string, { low, high }: Attributes): Pick<Biased, 'relu' | 'low' | 'high'> | null {
  if (op === 'relu') return { relu: true, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  return op === 'clamp' ? { relu: false, low: low as number, high: high as number } : null;
}

const NO_ACTIVATION = { relu: false, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };

/** An elementwise kernel as a bias and what may follow it; null where it does anything else. */
function biasedBy(node: Pick<Node, 'op' | 'attributes'>, inputs: readonly TensorType[]): Biased | null {
  const parts = fusedParts(node);
  const [result] = inputs;
  if (parts === null || result.shape.length !== 4 || inputs.some(({ dtype }) => dtype !== 'f32')) return null;
  const { views, operations } = parts;
  const isResult = (view: number) => views[view]?.input === 0 && isWhole(views[view], result.shape);
  /** The other operand of a sum with `of`. */
  const addedTo = (of: (operand: number) => boolean, at: number): number | undefined => {
    const { op, operands } = operations[at] ?? {};
    if (op !== 'add' || operands === undefined) return undefined;
    const [a, b] = operands;
    return of(a) ? b : of(b) ? a : undefined;
  };
  const isOperation = (at: number) => (operand: number) => operand === views.length + at;
  const bias = views[addedTo(isResult, 0) ?? -1];
  if (bias === undefined || bias.input === 0 || bias.offset !== 0) return null;
  if (elements(inputs[bias.input].shape) !== result.shape[1] || !isOfChannels(bias.strides, result.shape)) return null;
  const residual = views[addedTo(isOperation(0), 1) ?? -1];
  if (residual !== undefined) {
    const { shape } = inputs[residual.input];
    if (residual.input === 0 || !sameShape(shape, result.shape) || !isWhole(residual, shape)) return null;
  }
  const sums = residual === undefined ? 1 : 2;
  const last = operations[sums];
  const activation = last === undefined ? NO_ACTIVATION : activationOf(last.op, last.attributes);
  const isAll = operations.length === sums + (last === undefined ? 0 : 1) && views.length === inputs.length;
  if (activation === null || !isAll || (last !== undefined && !isOperation(sums - 1)(last.operands[0]))) return null;
  return { bias: bias.input, residual: residual?.input ?? null, ...activation };
}

/** Whether an op is a bias of each channel, perhaps with a residual and a bounded activation, in f32. */
export const isBiased = (after: Node): boolean => biasedBy(after, after.inputs) !== null;

/** Whether an op is a batch norm with constants, or a bias of each channel with what may follow it. */
export const isFinished = (after: Node): boolean => isBatchNormInference(after) || isBiased(after);

/** A call of a kernel that does to its result, before it stores it in y, what y asks for. */
export function finishedAlong(plain: KernelCall, y: Operand): KernelCall {
  const { through } = y;
  if (through === undefined) return plain;
  if (isBatchNormInference(through)) {
    const { residual, epsilon, relu, ...ofChannels } = constantsOf(through);
    return {
      ...plain,
      constants: { ...plain.constants, NORMALISED: 1, RESIDUAL: residual === undefined ? 0 : 1 },
      bind: { ...plain.bind, ...ofChannels, ...(residual === undefined ? {} : { residual }) },
      sizes: { ...plain.sizes, epsilon, relu: relu ? 1 : 0 },
    };
  }
  const biased = biasedBy(through, [y, ...through.operands]);
  if (biased === null) throw new Error(`a convolution cannot compute ${through.op.name} along`);
  const { bias, residual, relu, low, high } = biased;
  const operand = (input: number) => through.operands[input - 1];
  return {
    ...plain,
    constants: { ...plain.constants, BIASED: 1, RESIDUAL: residual === null ? 0 : 1 },
    bind: { ...plain.bind, bias: operand(bias), ...(residual === null ? {} : { residual: operand(residual) }) },
    sizes: { ...plain.sizes, relu: relu ? 1 : 0, low, high },
  };
}
