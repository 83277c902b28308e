import fixtures from '../fixtures/ops/pytorch.json';
import type { Operand } from './checkOp.ts';

/** What PyTorch computed (test/fixtures/ops/README.md). */
export const pytorch = fixtures;

/** A tensor of PyTorch's as an operand. */
export const recorded = ({ shape, data }: { shape: number[]; data: number[] }): Operand => ({
  shape,
  data: Float32Array.from(data),
});
