/** The meaning of each operation stands with the fidelity suite, which is part of the program. */
export { meanings, precisions } from '../../bench/fidelity/arithmetic.ts';
export { exponential, logarithm } from '../../bench/fidelity/exact.ts';
