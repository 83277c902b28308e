import type { HostTensor } from '../format/tensor.ts';
import type { Call } from '../graph/call.ts';
import type { Value } from '../graph/value.ts';

/** An operator of ONNX: all that there is to know of it. */
export interface Operator {
  readonly name: string;
  /** Opsets whose definition it follows, the first of them the oldest that is read. */
  readonly since: readonly number[];
  /** What is not read of it, for the documentation. */
  readonly without?: string;
  /** Marks an operator whose results are elements of its inputs: no precision rounds them again. */
  readonly moves?: true;
  /** The operator in the engine's ops, one value for each output that is supported. @throws InputError */
  lower(call: Call): Value | readonly Value[];
  /** Computes the first output on the host, from inputs that are all known. Left out, or undefined: the device computes it. */
  fold?(call: Call, inputs: readonly (HostTensor | undefined)[]): HostTensor | undefined;
}

/** An operator for the catalogue. */
export const defineOperator = (operator: Operator): Operator => operator;
