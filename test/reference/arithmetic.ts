/** The meaning of each operation stands with the fidelity suite, which is part of the program. */
export { meanings } from '../../bench/fidelity/arithmetic.ts';
export { exponential, logarithm } from '../../bench/fidelity/exact.ts';
export { precisions } from '../../bench/fidelity/formats.ts';
